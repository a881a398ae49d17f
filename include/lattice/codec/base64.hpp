#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lattice/core/bytes.hpp>

namespace lattice::inline v0 {

/// Base64 with padding (RFC 4648, section 4). Any bytes have exactly one form; decoding refuses every other one: no
/// padding, line breaks, the alphabet of section 5, bits set that belong to no byte.
namespace base64 {

inline constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Characters that `size` bytes take.
constexpr std::size_t encoded_size(std::size_t size) noexcept { return (size + 2) / 3 * 4; }

/// Appends the form of `bytes` to `out`.
inline void append(std::string& out, ByteView bytes) {
    out.reserve(out.size() + encoded_size(bytes.size()));
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = (group << 8U) | (k < count ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out.push_back(k <= count ? alphabet[(group >> (18 - 6 * k)) & 63U] : '=');
        }
    }
}

namespace detail {

inline constexpr std::uint8_t no_digit = 0xff;

/// The value of each character, or no_digit.
inline constexpr auto digits = [] {
    std::array<std::uint8_t, 256> table{};
    for (auto& value : table) {
        value = no_digit;
    }
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return table;
}();

}  // namespace detail

/// The bytes whose form is `text`, or nothing.
inline std::optional<std::vector<std::byte>> decode(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') {
        ++padding;
    }
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < text.size() - padding; ++i) {
        const std::uint8_t digit = detail::digits[static_cast<unsigned char>(text[i])];
        if (digit == detail::no_digit) {
            return std::nullopt;
        }
        group = (group << 6U) | digit;
        if (i % 4 != 0) {
            bytes.push_back(static_cast<std::byte>(group >> (6 - 2 * (i % 4))));
        }
    }
    // The bits of the last digit that are behind the last byte.
    const std::uint32_t unused = padding == 0 ? 0 : (padding == 1 ? 3U : 15U);
    return (group & unused) == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace base64

}  // namespace lattice::inline v0
