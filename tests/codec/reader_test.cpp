#include <array>

#include <lattice/codec/reader.hpp>
#include <lattice/codec/writer.hpp>

#include "codec/frames.hpp"
#include "support/catch.hpp"

using namespace codec_test;

TEST_CASE("a reader gives what a writer wrote") {
    std::array<std::byte, 128> memory{};
    Writer out(memory.data());
    out.byte(0xfe);
    out.varint(300);
    out.fixed64(0x0807060504030201U);
    out.time(at(some_time));
    out.id(repeated_id(7));
    out.text("text");
    out.bytes({});
    const auto size = static_cast<std::size_t>(out.position() - memory.data());

    Reader in(ByteView(memory).first(size));
    CHECK(in.byte() == 0xfe);
    CHECK(in.varint() == 300);
    CHECK(in.fixed64() == 0x0807060504030201U);
    CHECK(in.time() == at(some_time));
    CHECK(in.id() == repeated_id(7));
    CHECK(in.left() == 4);
    CHECK(as_text(in.rest()) == "text");
    CHECK(in.ok());
}

TEST_CASE("fixed numbers stand with the lowest byte first") {
    std::array<std::byte, 8> memory{};
    Writer(memory.data()).fixed64(0x0102030405060708U);
    CHECK(octets(memory) == from_hex("0807060504030201"));
}

TEST_CASE("a reader that ran past the end gives nothing any more") {
    const Octets bytes = from_hex("0102030405");
    Reader in(view(bytes));
    CHECK(in.byte() == 1);
    SECTION("by a fixed number") { CHECK(in.fixed64() == 0); }
    SECTION("by bytes") { CHECK(in.bytes(5).empty()); }
    SECTION("by a huge size") { CHECK(in.bytes(static_cast<std::size_t>(-1)).empty()); }
    SECTION("by an id") { CHECK(in.id() == MessageId{}); }
    CHECK_FALSE(in.ok());
    CHECK(in.left() == 0);
    CHECK(in.byte() == 0);
    CHECK(in.varint() == 0);
    CHECK(in.text(1).empty());
    CHECK_FALSE(in.ok());
}

TEST_CASE("a malformed number stops a reader") {
    const Octets bytes = from_hex("800001");
    Reader in(view(bytes));
    CHECK(in.varint() == 0);
    CHECK_FALSE(in.ok());
    CHECK(in.byte() == 0);
}

TEST_CASE("an empty reader is well until it is asked") {
    Reader in({});
    CHECK(in.ok());
    CHECK(in.rest().empty());
    CHECK(in.ok());
    CHECK(in.byte() == 0);
    CHECK_FALSE(in.ok());
}
