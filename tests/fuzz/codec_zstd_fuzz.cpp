/// Packed frames that a TCP peer may send: they are refused or unpacked within their declared size, and what was packed here
/// comes back.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include <lattice/codec/decode.hpp>
#include <lattice/codec/encode.hpp>
#include <lattice/codec/zstd.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/packed_frame.hpp>

namespace {

using namespace lattice;

void expect(bool holds) {
    if (!holds) std::abort();
}

void unpack(ByteView bytes, Compression& compression) {
    WireLimits limits;
    limits.payload_max = 2'000;
    tcp::Unpacker unpacker;
    const auto unpacked = unpacker.unpack(bytes, limits, compression);
    expect(unpacker.capacity() <= (64U << 10U) || unpacker.capacity() <= limits.frame_max());
    if (unpacked) {
        expect(unpacked->size() <= limits.frame_max());
        expect(decode(*unpacked, limits).size <= limits.frame_max() + 8);
    }
}

void pack(ByteView payload, Compression& compression) {
    MessageFields fields;
    fields.type = "t";
    fields.origin = "o";
    fields.payload = payload;
    const Frame frame = Push{Message::claimed({}, fields), {1, 0}};
    tcp::FrameWriter writer;
    const auto wire = writer.write_packed(frame, compression);
    if (wire) {
        expect(wire->size < encoded_size(frame));
        const FrameSlice slice = slice_frame({wire->data, wire->size}, {});
        tcp::Unpacker unpacker;
        const auto unpacked = unpacker.unpack(slice.fields, {}, compression);
        expect(unpacked.has_value() && as_text(*unpacked) == encode(frame).text());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static ZstdCompression plain;
    static ZstdCompression with_dictionary({.dictionary = Bytes(std::string_view("{\"type\":\"block\",\"height\":"))});
    const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
    unpack(bytes, plain);
    unpack(bytes, with_dictionary);
    pack(bytes, plain);
    pack(bytes, with_dictionary);
    return 0;
}
