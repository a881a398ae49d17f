#include <array>
#include <cstdint>
#include <limits>

#include <lattice/codec/varint.hpp>

#include "codec/frames.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

Octets written(std::uint64_t value) {
    std::array<std::byte, varint::size_max> buffer{};
    std::byte* end = varint::write(buffer.data(), value);
    return {buffer.data(), end};
}

}  // namespace

TEST_CASE("a varint takes seven bits per byte") {
    CHECK(written(0) == from_hex("00"));
    CHECK(written(127) == from_hex("7f"));
    CHECK(written(128) == from_hex("8001"));
    CHECK(written(300) == from_hex("ac02"));
    CHECK(written(std::numeric_limits<std::uint64_t>::max()) == from_hex("ffffffffffffffffff01"));
}

TEST_CASE("a varint reads back, at every number of bits and around it") {
    for (unsigned bits = 0; bits < 64; ++bits) {
        for (const std::uint64_t offset : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1}}) {
            const std::uint64_t value = (std::uint64_t{1} << bits) + offset;
            LATTICE_SHOW(value);
            const Octets bytes = written(value);
            CHECK(bytes.size() == varint::size(value));

            const varint::Result read = varint::read(view(bytes));
            REQUIRE(read.status == varint::Status::read);
            CHECK(read.value == value);
            CHECK(read.size == bytes.size());
            for (std::size_t shorter = 0; shorter < bytes.size(); ++shorter) {
                CHECK(varint::read(view(bytes).first(shorter)).status == varint::Status::incomplete);
            }
        }
    }
}

TEST_CASE("a varint in any form but the shortest is refused") {
    for (const std::string_view hex : {"8000", "ff00", "808000", "81808000", "80808080808080808000"}) {
        LATTICE_SHOW(hex);
        CHECK(varint::read(view(from_hex(hex))).status == varint::Status::malformed);
    }
}

TEST_CASE("a varint of more than 64 bits is refused") {
    for (const std::string_view hex :
         {"ffffffffffffffffff02", "ffffffffffffffffff7f", "8080808080808080808001", "ffffffffffffffffffff01"}) {
        LATTICE_SHOW(hex);
        CHECK(varint::read(view(from_hex(hex))).status == varint::Status::malformed);
    }
}

TEST_CASE("what follows a varint is not read") {
    const varint::Result read = varint::read(view(from_hex("ac02ffffff")));
    CHECK(read.status == varint::Status::read);
    CHECK(read.value == 300);
    CHECK(read.size == 2);
}
