#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <lattice/core/bytes.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/on_use.hpp>
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

inline void store_big_endian(std::byte* at, std::uint32_t word) noexcept {
    for (std::size_t i = 0; i < 4; ++i) {
        at[i] = static_cast<std::byte>(word >> (24 - 8 * i));
    }
}

/// The compression function of FIPS 180-4, section 6.2.2, in portable code.
template <typename = OnUse>
void sha256_compress_portable(std::array<std::uint32_t, 8>& state, const std::byte* block) noexcept {
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
template <typename = OnUse>
void sha256_compress(std::array<std::uint32_t, 8>& state, const std::byte* blocks, std::size_t count) noexcept {
#ifdef LATTICE_SHA256_X86
    if (sha256_is_accelerated()) {
        sha256_compress_x86<1>({state.data()}, sha256_constants.data(), {blocks}, count);
        return;
    }
#endif
    for (; count != 0; --count, blocks += 64) {
        sha256_compress_portable(state, blocks);
    }
}

/// The same for as many blocks of another text; with the instructions, in the time of one text.
template <typename = OnUse>
void sha256_compress_both(std::array<std::uint32_t, 8>& state, const std::byte* blocks,
                          std::array<std::uint32_t, 8>& other_state, const std::byte* other_blocks,
                          std::size_t count) noexcept {
#ifdef LATTICE_SHA256_X86
    if (sha256_is_accelerated()) {
        sha256_compress_x86<2>({state.data(), other_state.data()}, sha256_constants.data(), {blocks, other_blocks},
                               count);
        return;
    }
#endif
    sha256_compress(state, blocks, count);
    sha256_compress(other_state, other_blocks, count);
}

}  // namespace detail

/// SHA-256 (FIPS 180-4), fed piece by piece. Here because ids of messages must be checked without any dependency.
template <typename>
class BasicSha256 {
   public:
    /// Appends bytes to the hashed text.
    void update(ByteView bytes) noexcept {
        length_ += bytes.size();
        const std::size_t missing = begun_ == 0 ? 0 : 64 - begun_;
        if (bytes.size() < missing) {
            return begin_block(bytes);
        }
        if (missing != 0) {
            begin_block(bytes.first(missing));
            detail::sha256_compress(state_, block_.data(), 1);
            begun_ = 0;
            bytes = bytes.subspan(missing);
        }
        if (const std::size_t whole = bytes.size() / 64; whole != 0) {
            detail::sha256_compress(state_, bytes.data(), whole);
            bytes = bytes.subspan(64 * whole);
        }
        begin_block(bytes);
    }

    /// The digest of everything appended, and of `last` behind it. The object is spent afterwards.
    [[nodiscard]] MessageId finish(ByteView last = {}) noexcept {
        Rest rest;
        lay_out(last, rest);
        fold(rest);
        return digest();
    }

    /// The digests of two texts, each with a last piece appended; where the processor has the instructions, in the time of
    /// the longer one. Both objects are spent afterwards.
    [[nodiscard]] static std::array<MessageId, 2> finish_both(BasicSha256& one, ByteView last_of_one,
                                                              BasicSha256& other, ByteView last_of_other) noexcept {
        Rest rest;
        Rest other_rest;
        one.lay_out(last_of_one, rest);
        other.lay_out(last_of_other, other_rest);
        std::size_t at = 0;
        std::size_t other_at = 0;
        while (at < 3 && other_at < 3) {
            Run& run = rest.runs[at];
            Run& other_run = other_rest.runs[other_at];
            if (const std::size_t count = run.count < other_run.count ? run.count : other_run.count; count != 0) {
                detail::sha256_compress_both(one.state_, run.take(count), other.state_, other_run.take(count), count);
            }
            at += run.count == 0 ? 1 : 0;
            other_at += other_run.count == 0 ? 1 : 0;
        }
        one.fold(rest);
        other.fold(other_rest);
        return {one.digest(), other.digest()};
    }

   private:
    /// Blocks that lie one behind the other.
    struct Run {
        const std::byte* blocks{nullptr};
        std::size_t count{0};

        const std::byte* take(std::size_t taken) noexcept {
            count -= taken;
            return std::exchange(blocks, blocks + 64 * taken);
        }
    };
    /// What is still to be folded of a text, its end included: the block that was begun, blocks where they are, the last.
    struct Rest {
        Run runs[3];
        std::byte tail[128];
    };

    void begin_block(ByteView bytes) noexcept {
        if (!bytes.empty()) {
            std::memcpy(block_.data() + begun_, bytes.data(), bytes.size());
            begun_ += bytes.size();
        }
    }

    void lay_out(ByteView last, Rest& rest) noexcept {
        length_ += last.size();
        std::size_t in_tail = 0;
        if (begun_ != 0 && begun_ + last.size() >= 64) {
            const std::size_t missing = 64 - begun_;
            begin_block(last.first(missing));
            last = last.subspan(missing);
            rest.runs[0] = {block_.data(), 1};
        } else if (begun_ != 0) {
            std::memcpy(rest.tail, block_.data(), begun_);
            in_tail = begun_;
        }
        if (in_tail == 0) {
            rest.runs[1] = {last.data(), last.size() / 64};
            last = last.subspan(last.size() / 64 * 64);
        }
        if (!last.empty()) {
            std::memcpy(rest.tail + in_tail, last.data(), last.size());
            in_tail += last.size();
        }
        rest.tail[in_tail++] = std::byte{0x80};
        const std::size_t size = in_tail <= 56 ? 64 : 128;
        std::memset(rest.tail + in_tail, 0, size - 8 - in_tail);
        const std::uint64_t bits = length_ * 8;
        detail::store_big_endian(rest.tail + size - 8, static_cast<std::uint32_t>(bits >> 32U));
        detail::store_big_endian(rest.tail + size - 4, static_cast<std::uint32_t>(bits));
        rest.runs[2] = {rest.tail, size / 64};
    }

    void fold(const Rest& rest) noexcept {
        for (const Run& run : rest.runs) {
            if (run.count != 0) {
                detail::sha256_compress(state_, run.blocks, run.count);
            }
        }
    }

    [[nodiscard]] MessageId digest() const noexcept {
        MessageId digest;
        for (std::size_t i = 0; i < state_.size(); ++i) {
            detail::store_big_endian(digest.bytes.data() + 4 * i, state_[i]);
        }
        return digest;
    }

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::byte, 64> block_;
    std::size_t begun_{0};  ///< Bytes of `block_` that wait for the rest of it; fewer than 64.
    std::uint64_t length_{0};
};
using Sha256 = BasicSha256<OnUse>;

/// SHA-256 of one piece.
inline MessageId sha256(ByteView bytes) noexcept {
    Sha256 hash;
    return hash.finish(bytes);
}

}  // namespace lattice::inline v0
