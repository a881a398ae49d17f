#include <array>
#include <string>

#include <lattice/core/random.hpp>
#include <lattice/core/sha256.hpp>

#include "support/catch.hpp"

using namespace lattice;

// Vectors of NIST's "SHA-256 examples" for FIPS 180-4.
TEST_CASE("sha256 gives the published digests") {
    CHECK(to_hex(sha256(as_bytes(""))) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256(as_bytes("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(to_hex(sha256(as_bytes(std::string(1'000'000, 'a')))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256 does not depend on how the text is cut") {
    Random random(7);
    std::string text(1'000, '\0');
    for (char& c : text) {
        c = static_cast<char>(random.below(256));
    }
    for (std::size_t length = 0; length < 300; ++length) {
        const std::string_view whole = std::string_view(text).substr(0, length);
        Sha256 pieces;
        for (std::size_t at = 0; at < length;) {
            const std::size_t piece = static_cast<std::size_t>(random.below(length - at + 1));
            pieces.update(as_bytes(whole.substr(at, piece)));
            at += piece;
        }
        REQUIRE(pieces.finish() == sha256(as_bytes(whole)));
    }
}

TEST_CASE("two texts hashed at once give the digests of each") {
    Random random(13);
    const std::string text = [&] {
        std::string made(1'000, '\0');
        for (char& c : made) {
            c = static_cast<char>(random.below(256));
        }
        return made;
    }();
    for (int round = 0; round < 2'000; ++round) {
        // Every way in which the pieces lie to the edges of blocks, for texts of like and of unlike lengths.
        std::array<std::string_view, 2> texts;
        std::array<std::size_t, 2> cuts{};
        std::array<Sha256, 2> hashes;
        for (std::size_t i = 0; i < 2; ++i) {
            const std::size_t begin = random.below(64);
            texts[i] = std::string_view(text).substr(begin, random.below(random.below(2) == 0 ? 140 : 800));
            cuts[i] = random.below(texts[i].size() + 1);
            hashes[i].update(as_bytes(texts[i].substr(0, cuts[i])));
        }
        const auto both = Sha256::finish_both(hashes[0], as_bytes(texts[0].substr(cuts[0])), hashes[1],
                                              as_bytes(texts[1].substr(cuts[1])));
        REQUIRE(both[0] == sha256(as_bytes(texts[0])));
        REQUIRE(both[1] == sha256(as_bytes(texts[1])));
    }
}

TEST_CASE("the processor's instructions and the portable code agree") {
    Random random(11);
    for (int round = 0; round < 200; ++round) {
        std::array<std::uint32_t, 8> fast{};
        std::array<std::byte, 192> blocks{};
        for (auto& word : fast) {
            word = static_cast<std::uint32_t>(random.next());
        }
        for (auto& byte : blocks) {
            byte = static_cast<std::byte>(random.next());
        }
        std::array<std::uint32_t, 8> portable = fast;
        detail::sha256_compress(fast, blocks.data(), 3);
        for (std::size_t block = 0; block < 3; ++block) {
            detail::sha256_compress_portable(portable, blocks.data() + 64 * block);
        }
        REQUIRE(fast == portable);
        std::array<std::uint32_t, 8> other = portable;
        std::array<std::uint32_t, 8> other_portable = portable;
        detail::sha256_compress_both(fast, blocks.data(), other, blocks.data() + 64, 1);
        detail::sha256_compress_portable(portable, blocks.data());
        detail::sha256_compress_portable(other_portable, blocks.data() + 64);
        REQUIRE(fast == portable);
        REQUIRE(other == other_portable);
    }
}
