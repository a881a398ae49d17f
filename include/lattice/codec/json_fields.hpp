#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <lattice/codec/json_scan.hpp>
#include <lattice/codec/wire.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// The single fields of a JSON message: what the reference writes as floats and hexadecimal digits.
namespace json_field {

/// Appends a string; everything that JSON requires to be escaped is.
inline void append_string(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back('"');
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (code < 0x20) {
            out += "\\u00";
            out.push_back(digits[code >> 4U]);
            out.push_back(digits[code & 15U]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

inline void append_number(std::string& out, std::int64_t value) {
    std::array<char, 24> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    out.append(buffer.data(), end);
}

/// Appends lower-case hexadecimal digits, without quotes.
inline void append_hex(std::string& out, ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::byte byte : bytes) {
        out.push_back(digits[std::to_integer<std::size_t>(byte >> 4)]);
        out.push_back(digits[std::to_integer<std::size_t>(byte & std::byte{15})]);
    }
}

/// Reads exactly `2 * out.size()` hexadecimal digits of either case.
inline bool read_hex(std::string_view text, std::span<std::byte> out) noexcept {
    if (text.size() != 2 * out.size()) {
        return false;
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        std::uint8_t value = 0;
        const char* at = text.data() + 2 * i;
        const auto read = std::from_chars(at, at + 2, value, 16);
        if (read.ec != std::errc{} || read.ptr != at + 2) {
            return false;
        }
        out[i] = std::byte{value};
    }
    return true;
}

/// Appends seconds with six decimals. Every double between 1970 and 2106 that was printed from whole microseconds reads
/// back to the same, so the digits survive relays that hold a float.
inline void append_time(std::string& out, WallTime time) {
    constexpr std::int64_t per_second = 1'000'000;
    const std::int64_t microseconds = time.time_since_epoch().count();
    append_number(out, microseconds / per_second);
    const std::size_t point = out.size();
    append_number(out, per_second + microseconds % per_second);  // a leading 1 keeps the zeros
    out[point] = '.';
}

namespace detail {

inline constexpr std::int64_t microseconds_max = std::int64_t{1} << 53;

/// Digits with at most one point among them, as microseconds, rounded to the nearest; nothing for other texts and
/// beyond the range. Not through a double: near the end of the range that would be off by a microsecond.
inline std::optional<std::int64_t> decimal_microseconds(std::string_view digits) noexcept {
    constexpr int decimals_kept = 6;
    std::int64_t value = 0;
    int decimals = -1;  // -1 before the point
    bool round_up = false;
    for (const char c : digits) {
        if (c == '.' && decimals < 0) {
            decimals = 0;
        } else if (c < '0' || c > '9') {
            return std::nullopt;
        } else if (decimals < decimals_kept) {
            value = 10 * value + (c - '0');
            decimals += decimals < 0 ? 0 : 1;
        } else if (decimals++ == decimals_kept) {
            round_up = c >= '5';
        }
        if (value > microseconds_max) {
            return std::nullopt;
        }
    }
    for (int i = decimals < 0 ? 0 : decimals; i < decimals_kept; ++i) {
        value *= 10;  // no overflow: it was 2^53 at most
        if (value > microseconds_max) {
            return std::nullopt;
        }
    }
    return value + (round_up ? 1 : 0);
}

inline std::optional<std::int64_t> real_microseconds(const JsonScalar& scalar) noexcept {
    if (scalar.digits.find_first_of("eE-") == std::string_view::npos) {
        return decimal_microseconds(scalar.digits);
    }
    const double microseconds = scalar.real * 1e6;
    if (!(microseconds >= 0 && microseconds <= static_cast<double>(microseconds_max))) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(std::llround(microseconds));
}

inline std::optional<std::int64_t> integer_microseconds(std::int64_t seconds) noexcept {
    if (seconds < 0 || seconds > microseconds_max / 1'000'000) {
        return std::nullopt;
    }
    return seconds * 1'000'000;
}

}  // namespace detail

/// Reads seconds since the epoch, from a float or an integer.
inline JsonError read_time(const JsonScalar& scalar, std::string_view field, WallTime& time) noexcept {
    const bool real = scalar.kind == JsonScalar::Kind::real;
    if (!real && scalar.kind != JsonScalar::Kind::integer) {
        return {JsonFault::wrong_type, field};
    }
    const auto microseconds = real ? detail::real_microseconds(scalar) : detail::integer_microseconds(scalar.integer);
    time = WallTime(std::chrono::microseconds(microseconds.value_or(-1)));
    return wire::is_time(time) ? JsonError{} : JsonError{JsonFault::invalid, field};
}

/// Reads an integer into 0 to `most`; what is outside counts as the nearest of them.
inline JsonError read_count(const JsonScalar& scalar, std::string_view field, std::uint8_t most,
                            std::uint8_t& count) noexcept {
    if (scalar.kind != JsonScalar::Kind::integer) {
        return {JsonFault::wrong_type, field};
    }
    const std::int64_t clamped = scalar.integer < 0 ? 0 : (scalar.integer < most ? scalar.integer : most);
    count = static_cast<std::uint8_t>(clamped);
    return {};
}

}  // namespace json_field

}  // namespace lattice::inline v0
