/// Requests to reconcile from anywhere: what is accepted survives a round trip, and its answer is bounded and
/// well-formed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/reconcile/request.hpp>
#include <lattice/reconcile/responder.hpp>

namespace {

using namespace lattice;
using namespace lattice::reconcile;

void expect(bool holds) {
    if (!holds) std::abort();
}

const SetSummary& some_set() {
    static const SetSummary summary = [] {
        SetSummary set(Salt{1, 2});
        Random random(1);
        for (std::uint32_t i = 0; i < 300; ++i) {
            MessageId id;
            for (auto& byte : id.bytes) byte = static_cast<std::byte>(random.next() >> 56U);
            set.add(id, i);
        }
        return set;
    }();
    return summary;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto request = decode_request({reinterpret_cast<const std::byte*>(data), size});
    if (!request) return 0;
    std::vector<std::byte> canonical;
    encode(*request, canonical);
    expect(canonical.size() <= size);
    const auto again = decode_request(canonical);
    expect(again.has_value());
    std::vector<std::byte> once_more;
    encode(*again, once_more);
    expect(once_more == canonical);

    // Past the door that the salt's tag is.
    request->salt.reset();
    request->salt_tag = some_set().salt_tag();
    const ResponderLimits limits{8'192};
    const Reply reply = Responder(some_set(), limits).answer(*request);
    std::vector<std::byte> bytes;
    encode(reply, request->from, bytes);
    expect(bytes.size() <= 2 * limits.reply_bytes_max);
    expect(decode_reply(bytes, request->from).has_value());
    return 0;
}
