#include <lattice/reconcile/byte_io.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

TEST_CASE("numbers survive, least significant byte first") {
    std::vector<std::byte> bytes;
    ByteWriter writer(bytes);
    writer.u8(0xab);
    writer.u16(0x1234);
    writer.u32(0xdeadbeef);
    writer.u64(0x0123456789abcdefU);
    CHECK(hex(bytes) == "ab3412efbeaddeefcdab8967452301");
    ByteReader reader(bytes);
    CHECK(reader.u8() == 0xab);
    CHECK(reader.u16() == 0x1234);
    CHECK(reader.u32() == 0xdeadbeef);
    CHECK(reader.u64() == 0x0123456789abcdefU);
    CHECK(reader.ok());
    CHECK(reader.remaining() == 0);
}

TEST_CASE("varints have one form each") {
    for (unsigned bit = 0; bit < 64; ++bit) {
        for (const std::uint64_t value :
             {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, ~std::uint64_t{0} >> bit}) {
            std::vector<std::byte> bytes;
            ByteWriter(bytes).varint(value);
            ByteReader reader(bytes);
            REQUIRE(reader.varint() == value);
            REQUIRE(reader.ok());
            REQUIRE(reader.remaining() == 0);
        }
    }
    for (const char* refused : {"", "80", "8000", "808000", "ffffffffffffffffff02", "ffffffffffffffffffff01"}) {
        const auto bytes = from_hex(refused);
        ByteReader reader(bytes);
        LATTICE_SHOW(refused);
        CHECK(reader.varint() == 0);
        CHECK_FALSE(reader.ok());
    }
}

TEST_CASE("past the end everything is 0, for good") {
    const auto bytes = from_hex("0102");
    ByteReader reader(bytes);
    CHECK(reader.u32() == 0);
    CHECK_FALSE(reader.ok());
    CHECK(reader.u8() == 0);
    CHECK(reader.take(0).empty());
    CHECK_FALSE(reader.ok());
}
