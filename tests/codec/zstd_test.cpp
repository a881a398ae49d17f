#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include <lattice/codec/zstd.hpp>
#include <lattice/core/random.hpp>

#include "support/catch.hpp"

using namespace lattice;

namespace {

std::string record(std::size_t number) {
    return R"({"type":"block","height":)" + std::to_string(number) + R"(,"status":"accepted","node":"validator-)" +
           std::to_string(number % 7) + R"(","fee":null,"memo":"none"})";
}

std::vector<std::byte> compressed(Compression& compression, std::string_view text) {
    std::vector<std::byte> to(text.size() + 100);
    to.resize(compression.compress(as_bytes(text), to));
    return to;
}

}  // namespace

TEST_CASE("what zstd made smaller comes back as it was") {
    ZstdCompression zstd;
    for (const std::size_t size : {1U, 100U, 1'000U, 300'000U}) {
        std::string text;
        while (text.size() < size) {
            text += record(text.size());
        }
        const auto small = compressed(zstd, text);
        REQUIRE(!small.empty());
        CHECK(small.size() < text.size());
        std::vector<std::byte> back(text.size());
        REQUIRE(zstd.decompress(small, back));
        CHECK(as_text(back) == text);
    }
}

TEST_CASE("a form that would not fit is not made") {
    ZstdCompression zstd;
    Random random(1);
    std::vector<std::byte> noise(2'000);
    for (std::byte& byte : noise) {
        byte = static_cast<std::byte>(random.below(256));
    }
    std::vector<std::byte> to(noise.size() * 9 / 10);
    CHECK(zstd.compress(noise, to) == 0);
}

TEST_CASE("bytes that are no form of exactly so many are refused, and nothing is written beyond the end") {
    ZstdCompression zstd;
    const std::string text(100'000, 'x');
    const auto small = compressed(zstd, text);
    for (const std::size_t size : {std::size_t{1}, std::size_t{50'000}, text.size() - 1, text.size() + 1}) {
        std::vector<std::byte> back(size);
        CHECK_FALSE(zstd.decompress(small, back));
    }
    std::vector<std::byte> back(text.size());
    for (std::size_t cut = 0; cut < small.size(); ++cut) {
        CHECK_FALSE(zstd.decompress(ByteView(small).first(cut), back));
    }
    CHECK_FALSE(zstd.decompress(as_bytes("no zstd at all"), back));
    CHECK(zstd.decompress(small, back));
}

TEST_CASE("a dictionary makes small payloads smaller, and is named by its content") {
    std::string samples;
    for (std::size_t i = 0; i < 40; ++i) {
        samples += record(i);
    }
    ZstdCompression plain;
    ZstdCompression with({.dictionary = Bytes(samples)});
    ZstdCompression same({.level = 3, .dictionary = Bytes(samples)});
    ZstdCompression other({.dictionary = Bytes(samples + "x")});
    CHECK(plain.kind() == CompressionKind{1, 0});
    CHECK(with.kind().dictionary != 0);
    CHECK(with.kind() == same.kind());
    CHECK(with.kind() != other.kind());

    const std::string text = record(123'456);
    const auto small = compressed(with, text);
    CHECK(2 * small.size() < compressed(plain, text).size());
    std::vector<std::byte> back(text.size());
    REQUIRE(same.decompress(small, back));
    CHECK(as_text(back) == text);
    CHECK_FALSE((plain.decompress(small, back) && as_text(back) == text));
}

TEST_CASE("a level that zstd has not is refused at once") {
    CHECK_THROWS_AS(ZstdCompression({.level = 100}), std::invalid_argument);
}
