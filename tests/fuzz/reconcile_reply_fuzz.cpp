/// Replies from anywhere, given to an initiator of each kind: they end or go on within two rounds, what they say is
/// missing elsewhere is held here, and what is missing here is not.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/reconcile/initiator.hpp>

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
        for (std::uint32_t i = 0; i < 100; ++i) {
            MessageId id;
            for (auto& byte : id.bytes) byte = static_cast<std::byte>(random.next() >> 56U);
            set.add(id, i);
        }
        return set;
    }();
    return summary;
}

void check_decoder(ByteView bytes, std::uint64_t from) {
    const auto reply = decode_reply(bytes, from);
    if (!reply) return;
    std::vector<std::byte> canonical;
    encode(*reply, from, canonical);
    const auto again = decode_reply(canonical, from);
    expect(again.has_value());
    std::vector<std::byte> once_more;
    encode(*again, from, once_more);
    expect(once_more == canonical);
}

void check_session(ByteView bytes, InitiatorOptions options) {
    Initiator initiator(options);
    for (int round = 0;; ++round) {
        expect(round < 2);
        expect(decode_request(initiator.request(some_set())).has_value());
        if (initiator.take(some_set(), bytes) == Initiator::Step::done) break;
    }
    for (const std::uint64_t id : initiator.outcome().missing_here) expect(!some_set().contains(id));
    for (const std::uint64_t id : initiator.outcome().missing_there) expect(some_set().contains(id));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
    check_decoder(bytes, 0);
    check_decoder(bytes, std::uint64_t{1} << 63U);
    for (const Strategy strategy : {Strategy::automatic, Strategy::ids, Strategy::bloom}) {
        InitiatorOptions options;
        options.strategy = strategy;
        check_session(bytes, options);
    }
    InitiatorOptions further;
    further.strategy = Strategy::ids;
    further.from = std::uint64_t{1} << 63U;
    check_session(bytes, further);
    return 0;
}
