/// The binary codec on bytes from anywhere: no read beyond them, nothing accepted that is out of bounds, what is
/// accepted survives a round trip, and a stream gives the same frames however it is split.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <lattice/codec/binary.hpp>

namespace {

using namespace lattice;

void expect(bool holds) {
    if (!holds) std::abort();
}

void check_frame(const Decoded& decoded, WireLimits limits) {
    if (const Message* message = message_of(decoded.frame)) {
        expect(message->payload().size() <= limits.payload_max);
        expect(is_identifier(message->type(), ceiling::type));
        expect(is_identifier(message->origin(), ceiling::node_id));
        expect(wire::is_time(message->timestamp()));
    }
    const Bytes canonical = encode(decoded.frame);
    expect(encoded_size(decoded.frame) == canonical.size());
    expect(encode_shared(decoded.frame).size() == canonical.size());
    const Decoded again = decode(canonical.view(), limits);
    expect(again.status == DecodeStatus::frame && again.size == canonical.size());
    expect(encode(again.frame) == canonical);
}

/// What a stream turned out to hold: its frames as bytes, and how it ended.
struct Outcome {
    std::vector<Bytes> frames;
    std::size_t skipped{0};
    FrameFault fault{FrameFault::none};

    void operator()(const Decoded& decoded) {
        fault = decoded.fault;
        skipped += decoded.status == DecodeStatus::skipped ? 1 : 0;
        if (decoded.status == DecodeStatus::frame) frames.push_back(encode(decoded.frame));
    }
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome fed_in_pieces(ByteView bytes, std::size_t piece, WireLimits limits) {
    StreamDecoder decoder(limits, 64);
    Outcome outcome;
    while (!bytes.empty()) {
        const std::size_t size = std::min(piece, bytes.size());
        if (!decoder.feed(bytes.first(size), outcome)) break;
        bytes = bytes.subspan(size);
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
    WireLimits limits;
    limits.payload_max = 100;

    const Decoded decoded = decode(bytes, limits);
    if (decoded.status == DecodeStatus::frame) check_frame(decoded, limits);

    const Outcome whole = fed_in_pieces(bytes, size + 1, limits);
    expect(whole == fed_in_pieces(bytes, 1, limits));
    expect(whole == fed_in_pieces(bytes, 7, limits));
    return 0;
}
