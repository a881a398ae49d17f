#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lattice/core/bytes.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/sha256_x86.hpp>

namespace lattice::inline v0 {

namespace detail {

inline constexpr std::array<std::uint32_t, 64> sha256_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// The big-endian 32-bit word at `at`.
inline std::uint32_t load_big_endian(const std::byte* at) noexcept {
    return (std::to_integer<std::uint32_t>(at[0]) << 24U) | (std::to_integer<std::uint32_t>(at[1]) << 16U) |
           (std::to_integer<std::uint32_t>(at[2]) << 8U) | std::to_integer<std::uint32_t>(at[3]);
}

/// The compression function of FIPS 180-4, section 6.2.2, in portable code.
inline void sha256_compress_portable(std::array<std::uint32_t, 8>& state, const std::byte* block) noexcept {
    std::array<std::uint32_t, 64> w;
    for (std::size_t t = 0; t < 16; ++t) {
        w[t] = load_big_endian(block + 4 * t);
    }
    for (std::size_t t = 16; t < 64; ++t) {
        const std::uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3U);
        const std::uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10U);
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t t = 0; t < 64; ++t) {
        const std::uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const std::uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + sha256_constants[t] + w[t];
        const std::uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const std::uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> working{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) {
        state[i] += working[i];
    }
}

/// Folds whole 64-byte blocks into the state, with the processor's own instructions where it has them.
inline void sha256_compress(std::array<std::uint32_t, 8>& state, const std::byte* blocks, std::size_t count) noexcept {
#ifdef LATTICE_SHA256_X86
    static const bool accelerated = processor_has_sha256();
    if (accelerated) {
        sha256_compress_x86(state.data(), sha256_constants.data(), blocks, count);
        return;
    }
#endif
    for (; count != 0; --count, blocks += 64) {
        sha256_compress_portable(state, blocks);
    }
}

}  // namespace detail

/// SHA-256 (FIPS 180-4), fed piece by piece. Here because ids of messages must be checked without any dependency.
class Sha256 {
   public:
    /// Appends bytes to the hashed text.
    void update(ByteView bytes) noexcept {
        length_ += bytes.size();
        if (buffered_ != 0) {
            const std::size_t taken = bytes.size() < 64 - buffered_ ? bytes.size() : 64 - buffered_;
            append(bytes.first(taken));
            bytes = bytes.subspan(taken);
            if (buffered_ < 64) {
                return;
            }
            detail::sha256_compress(state_, buffer_.data(), 1);
            buffered_ = 0;
        }
        detail::sha256_compress(state_, bytes.data(), bytes.size() / 64);
        append(bytes.subspan(bytes.size() / 64 * 64));
    }

    /// The digest of everything appended. The object is spent afterwards.
    [[nodiscard]] MessageId finish() noexcept {
        const std::uint64_t bits = length_ * 8;
        buffer_[buffered_++] = std::byte{0x80};
        if (buffered_ > 56) {
            std::memset(buffer_.data() + buffered_, 0, 64 - buffered_);
            detail::sha256_compress(state_, buffer_.data(), 1);
            buffered_ = 0;
        }
        std::memset(buffer_.data() + buffered_, 0, 56 - buffered_);
        for (std::size_t i = 0; i < 8; ++i) {
            buffer_[56 + i] = static_cast<std::byte>(bits >> (56 - 8 * i));
        }
        detail::sha256_compress(state_, buffer_.data(), 1);
        MessageId digest;
        for (std::size_t i = 0; i < MessageId::size; ++i) {
            digest.bytes[i] = static_cast<std::byte>(state_[i / 4] >> (24 - 8 * (i % 4)));
        }
        return digest;
    }

   private:
    void append(ByteView bytes) noexcept {
        if (!bytes.empty()) {
            std::memcpy(buffer_.data() + buffered_, bytes.data(), bytes.size());
            buffered_ += bytes.size();
        }
    }

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::byte, 64> buffer_;
    std::size_t buffered_{0};
    std::uint64_t length_{0};
};

/// SHA-256 of one piece.
inline MessageId sha256(ByteView bytes) noexcept {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

}  // namespace lattice::inline v0
