/// What a TCP peer may send, byte for byte: a greeting is read whole or not at all, and frames come out of the inbox the
/// same however the bytes arrive, in a buffer that stays within its bound.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <lattice/codec/encode.hpp>
#include <lattice/transport/tcp/handshake.hpp>
#include <lattice/transport/tcp/inbox.hpp>

namespace {

using namespace lattice;
using tcp::Inbox;

void expect(bool holds) {
    if (!holds) std::abort();
}

void check_greeting(ByteView bytes) {
    using tcp::handshake::Parsed;
    const Parsed parsed = tcp::handshake::parse(bytes);
    if (parsed.status == Parsed::Status::read) {
        expect(parsed.greeting.size <= bytes.size());
        expect(tcp::handshake::parse(bytes.first(parsed.greeting.size - 1)).status == Parsed::Status::incomplete);
        if (parsed.greeting.kind != tcp::handshake::Kind::refusal) {
            const auto again = encode(parsed.greeting.kind, parsed.greeting.hello);
            expect(tcp::handshake::parse(again).greeting.hello == parsed.greeting.hello);
        }
    }
}

struct Outcome {
    std::size_t frames{0};
    std::size_t bytes{0};
    std::size_t unknown{0};
    TcpFault fault{TcpFault::none};

    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome feed(ByteView bytes, std::size_t piece) {
    WireLimits limits;
    limits.payload_max = 1'000;
    Inbox inbox;
    Outcome outcome;
    while (!bytes.empty()) {
        const auto [at, room] = inbox.prepare();
        expect(room != 0 && room <= 2 * limits.frame_max());
        const std::size_t size = std::min({room, piece, bytes.size()});
        std::memcpy(at, bytes.data(), size);
        inbox.commit(size);
        bytes = bytes.subspan(size);
        Inbox::Turn turn{Inbox::Turn::End::exhausted, {}};
        while (turn.end == Inbox::Turn::End::exhausted) {
            turn = inbox.take_turn(
                limits,
                [&](Frame&& frame) {
                    ++outcome.frames;
                    outcome.bytes += encoded_size(frame);
                    return true;
                },
                [&](ByteView frame) {
                    outcome.unknown += frame.size();
                    return true;
                },
                [](const Message&) {});
        }
        if (turn.end == Inbox::Turn::End::faulty) {
            outcome.fault = turn.fault;
            break;
        }
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
    check_greeting(bytes);
    const Outcome whole = feed(bytes, size + 1);
    expect(feed(bytes, 1) == whole);
    expect(feed(bytes, 7) == whole);
    return 0;
}
