#pragma once

#include <cstddef>
#include <cstdint>

#include <lattice/core/bytes.hpp>

namespace lattice::inline v0 {

/// Unsigned numbers of one to ten bytes: seven bits per byte, the lowest first, the top bit set on all but the last
/// byte (LEB128, as in Protocol Buffers and WebAssembly).
///
/// Canonical: a number has exactly one encoding, the shortest. Readers refuse every other one, so that equal frames
/// have equal bytes and nobody can pad a length to confuse two parsers.
namespace varint {

/// Bytes of the longest number.
inline constexpr std::size_t size_max = 10;

/// Bytes that `value` takes.
constexpr std::size_t size(std::uint64_t value) noexcept {
    std::size_t bytes = 1;
    for (; value >= 0x80; value >>= 7U) {
        ++bytes;
    }
    return bytes;
}

/// Writes `size(value)` bytes; gives the position behind them.
inline std::byte* write(std::byte* at, std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7U) {
        *at++ = static_cast<std::byte>(value | 0x80U);
    }
    *at++ = static_cast<std::byte>(value);
    return at;
}

enum class Status : std::uint8_t {
    read,        ///< A number was read.
    incomplete,  ///< The bytes end within a number.
    malformed,   ///< Not the shortest form, or more than 64 bits.
};

struct Result {
    Status status{Status::incomplete};
    std::uint64_t value{};
    std::size_t size{};  ///< Bytes read; 0 unless `status` is read.
};

/// Reads the number at the front of `bytes`, and never more than `size_max` bytes.
inline Result read(ByteView bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = std::to_integer<std::uint64_t>(bytes[i]);
        const bool too_large = i == size_max - 1 && byte > 1;
        const bool padded = i > 0 && byte == 0;
        if (too_large || padded) {
            return {Status::malformed};
        }
        value |= (byte & 0x7fU) << (7 * i);
        if (byte < 0x80) {
            return {Status::read, value, i + 1};
        }
    }
    return {};
}

}  // namespace varint

}  // namespace lattice::inline v0
