#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace lattice::inline v0 {

/// The name of a message: 32 bytes, written as 64 lower-case hexadecimal digits.
///
/// For messages made by this library it is the SHA-256 of all immutable fields (see Message); a foreign node may have
/// computed it in another way.
struct MessageId {
    static constexpr std::size_t size = 32;

    std::array<std::byte, size> bytes{};

    /// By bytes, first to last; random names differ in their first eight.
    friend std::strong_ordering operator<=>(const MessageId& a, const MessageId& b) noexcept {
        for (std::size_t index = 0; index < 3; ++index) {
            if (a.word(index) != b.word(index)) {
                return a.rank(index) <=> b.rank(index);
            }
        }
        return a.rank(3) <=> b.rank(3);
    }
    friend bool operator==(const MessageId& a, const MessageId& b) noexcept {
        return std::memcmp(a.bytes.data(), b.bytes.data(), size) == 0;
    }

    /// The eight bytes from `8 * index` on as an integer of the machine's byte order; for hashing only. `index` < 4.
    [[nodiscard]] std::uint64_t word(std::size_t index) const noexcept {
        std::uint64_t value{};
        std::memcpy(&value, bytes.data() + 8 * index, sizeof value);
        return value;
    }

    /// The same eight bytes as a number that grows with the place in the order of names.
    [[nodiscard]] std::uint64_t rank(std::size_t index) const noexcept {
        std::uint64_t value{};
        for (std::size_t i = 0; i < 8; ++i) {
            value = (value << 8U) | std::to_integer<std::uint64_t>(bytes[8 * index + i]);
        }
        return value;
    }
};

/// 64 lower-case hexadecimal digits.
inline std::string to_hex(const MessageId& id) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * MessageId::size);
    for (const std::byte byte : id.bytes) {
        text.push_back(digits[std::to_integer<std::size_t>(byte >> 4)]);
        text.push_back(digits[std::to_integer<std::size_t>(byte & std::byte{0x0f})]);
    }
    return text;
}

/// Reads exactly 64 lower-case hexadecimal digits; nothing else is an id.
template <typename Id = MessageId>
std::optional<Id> message_id_from_hex(std::string_view text) noexcept {
    if (text.size() != 2 * MessageId::size) {
        return std::nullopt;
    }
    const auto nibble = [](char c) -> int {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    Id id;
    for (std::size_t i = 0; i < Id::size; ++i) {
        const int high = nibble(text[2 * i]);
        const int low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        id.bytes[i] = static_cast<std::byte>(high * 16 + low);
    }
    return id;
}

}  // namespace lattice::inline v0
