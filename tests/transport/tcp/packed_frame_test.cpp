#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <lattice/codec/decode.hpp>
#include <lattice/codec/zstd.hpp>
#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/packed_frame.hpp>

#include "support/catch.hpp"
#include "transport/tcp/frames.hpp"

using namespace lattice;
using namespace lattice::test;
using tcp::FrameWriter;
using tcp::Unpacker;
using tcp::WireFrame;

namespace {

/// The fields of a packed frame: what a peer may say about a payload, true or not.
std::vector<std::byte> fields(std::uint64_t payload_size, std::string_view head, ByteView packed_payload) {
    std::vector<std::byte> bytes(20 + head.size() + packed_payload.size());
    Writer out(bytes.data());
    out.varint(payload_size);
    out.varint(head.size());
    out.text(head);
    out.bytes(packed_payload);
    bytes.resize(static_cast<std::size_t>(out.position() - bytes.data()));
    return bytes;
}

std::vector<std::byte> compressed(Compression& compression, std::string_view text) {
    std::vector<std::byte> to(text.size() + 100);
    to.resize(compression.compress(as_bytes(text), to));
    return to;
}

}  // namespace

TEST_CASE("a packed frame is smaller, and stands for the frame byte for byte") {
    ZstdCompression zstd;
    FrameWriter writer;
    Unpacker unpacker;
    for (const std::size_t size : {200U, 1'000U, 5'000U, 200'000U}) {
        std::string payload;
        while (payload.size() < size) {
            payload += "entry " + std::to_string(payload.size() * 7) + "; ";
        }
        MessageFields message{"test", "origin", as_bytes(payload)};
        const Frame frame = Push{Message::compose(message), {3, 0, Priority::high}};
        const Bytes plain = encode(frame);
        const std::optional<WireFrame> wire = writer.write_packed(frame, zstd);
        REQUIRE(wire.has_value());
        CHECK(wire->total() < plain.size());
        CHECK(wire->rank == tcp::Rank::high);
        const FrameSlice slice = slice_frame({wire->data, wire->size}, {});
        REQUIRE(slice.size == wire->size);
        REQUIRE(tcp::link_kind::is(slice, tcp::packed::kind));
        const auto unpacked = unpacker.unpack(slice.fields, {}, zstd);
        REQUIRE(unpacked.has_value());
        CHECK(as_text(*unpacked) == plain.text());
    }
}

TEST_CASE("what does not shrink, or shrinks beyond belief, is not packed") {
    ZstdCompression zstd;
    FrameWriter writer;
    MessageFields fields{"test", "origin", {}};
    const std::string monotone(200'000, 'x');
    fields.payload = as_bytes(monotone);
    CHECK_FALSE(writer.write_packed(Push{Message::compose(fields), {3, 0}}, zstd).has_value());
    const std::string ids(as_text(ByteView(Message::compose(fields).id().bytes)));
    fields.payload = as_bytes(ids);
    CHECK_FALSE(writer.write_packed(Push{Message::compose(fields), {3, 0}}, zstd).has_value());
}

TEST_CASE("a bomb is refused before any memory is taken for it") {
    ZstdCompression zstd;
    const WireLimits limits{};
    const auto bomb = compressed(zstd, std::string(200'000, '\0'));
    CHECK(bomb.size() < 200);
    Unpacker unpacker;
    CHECK_FALSE(unpacker.unpack(fields(200'000, "head", bomb), limits, zstd).has_value());  // too good to be true
    CHECK_FALSE(unpacker.unpack(fields(limits.payload_max + 1, "head", bomb), limits, zstd).has_value());
    CHECK_FALSE(unpacker.unpack(fields(~std::uint64_t{0}, "head", bomb), limits, zstd).has_value());
    CHECK_FALSE(unpacker.unpack(fields(0, "head", bomb), limits, zstd).has_value());
    CHECK_FALSE(unpacker.unpack(fields(1, "head", {}), limits, zstd).has_value());
    CHECK_FALSE(unpacker.unpack({}, limits, zstd).has_value());
    CHECK(unpacker.capacity() == 0);
    // It says that it is small and is not: refused within the memory of what it said.
    CHECK_FALSE(unpacker.unpack(fields(5'000, "head", bomb), limits, zstd).has_value());
    CHECK(unpacker.capacity() <= 64U << 10U);
}

TEST_CASE("truncated, mislabelled and foreign forms are refused") {
    ZstdCompression zstd;
    ZstdCompression other({.dictionary = Bytes(std::string("one two three four five six seven eight nine ten"))});
    std::string text;
    for (int i = 0; i < 100; ++i) {
        text += "one two three " + std::to_string(i);
    }
    const auto small = compressed(zstd, text);
    Unpacker unpacker;
    REQUIRE(unpacker.unpack(fields(text.size(), "head", small), {}, zstd).has_value());
    CHECK_FALSE(unpacker.unpack(fields(text.size() - 1, "head", small), {}, zstd).has_value());
    CHECK_FALSE(unpacker.unpack(fields(text.size() + 1, "head", small), {}, zstd).has_value());
    CHECK_FALSE(
        unpacker.unpack(fields(text.size(), "head", ByteView(small).first(small.size() - 1)), {}, zstd).has_value());
    const auto foreign = compressed(other, text);
    const auto wrong = unpacker.unpack(fields(text.size(), "", foreign), {}, zstd);
    CHECK_FALSE((wrong.has_value() && as_text(*wrong) == text));
}

TEST_CASE("memory for a large frame is given back with the next small one") {
    ZstdCompression zstd;
    std::string text;
    for (std::size_t i = 0; text.size() < 200'000; ++i) {
        text += std::to_string(i * i);
    }
    Unpacker unpacker;
    REQUIRE(unpacker.unpack(fields(text.size(), "", compressed(zstd, text)), {}, zstd).has_value());
    CHECK(unpacker.capacity() == text.size());
    const std::string_view part = std::string_view(text).substr(0, 1'000);
    REQUIRE(unpacker.unpack(fields(part.size(), "", compressed(zstd, part)), {}, zstd).has_value());
    CHECK(unpacker.capacity() <= 64U << 10U);
}
