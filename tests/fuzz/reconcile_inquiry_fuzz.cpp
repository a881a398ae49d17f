/// Bytes from anywhere as an inquiry, an answer, or as what a peer wants: what is accepted survives a round trip, and a
/// reconciler that is given them stays within its bounds and in agreement with its cache.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <lattice/core/message_cache.hpp>
#include <lattice/core/random.hpp>
#include <lattice/reconcile/set_reconciler.hpp>

namespace {

using namespace lattice;
using namespace lattice::reconcile;

constexpr WallTime now{std::chrono::seconds(1'700'000'000)};

void expect(bool holds) {
    if (!holds) std::abort();
}

/// A node that holds some messages of the last hours.
struct Side {
    Random random{1};
    MessageCache cache{1'000, 1U << 24U, random};
    SetReconciler reconciler;

    Side() {
        reconciler.attach(cache, 1);
        cache.listen(&reconciler);
        for (int i = 0; i < 60; ++i) {
            const std::string payload = std::to_string(i);
            MessageFields fields;
            fields.type = "t";
            fields.origin = "o";
            fields.payload = as_bytes(payload);
            fields.timestamp = now - std::chrono::minutes(i);
            cache.insert(Message::compose(fields), {}, {});
        }
    }
};

template <typename Decode>
void check_codec(ByteView bytes, Decode&& decode) {
    const auto value = decode(bytes);
    if (!value) return;
    std::vector<std::byte> canonical;
    encode(*value, canonical);
    const auto again = decode(canonical);
    expect(again.has_value());
    std::vector<std::byte> once_more;
    encode(*again, once_more);
    expect(once_more == canonical);
}

void check_reconciler(ByteView bytes) {
    static Side side;
    side.reconciler.begin(now);
    const auto progress = side.reconciler.take(bytes, now);
    expect(progress.wanted <= WindowSession::found_max);
    expect(progress.lacking.size() <= WindowSession::found_max);
    for (const std::uint32_t slot : progress.lacking) expect(side.cache.at(slot) != nullptr);
    if (const auto answer = side.reconciler.answer(bytes, now)) {
        expect(decode_answer(answer->view()).has_value());
        expect(answer->size() <= 3 * ResponderLimits{}.reply_bytes_max);
    }
    const auto named = side.reconciler.named(bytes, 50);
    expect(named.size() <= 50);
    for (const std::uint32_t slot : named) expect(side.cache.at(slot) != nullptr);
    expect(side.reconciler.windows().size() == side.cache.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
    check_codec(bytes, decode_inquiry);
    check_codec(bytes, decode_answer);
    WantsReader wants(bytes);
    std::size_t ids = 0;
    while (const auto wanted = wants.next()) ids += wanted->ids.size();
    expect(8 * ids <= size);
    check_reconciler(bytes);
    return 0;
}
