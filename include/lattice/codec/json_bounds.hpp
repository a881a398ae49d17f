#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <lattice/codec/base64.hpp>
#include <lattice/core/limits.hpp>

namespace lattice::inline v0 {

/// What a peer's JSON may be, checked while it is read: JSON parsers have none of these bounds, and copying or printing
/// a document of 100,000 levels overflows the stack of most.
struct JsonBounds {
    /// Objects and arrays within each other; the document itself is the first.
    std::size_t depth_max{16};
    /// Objects, arrays, strings, numbers, booleans and nulls in the whole document.
    std::size_t values_max{10'000};
    /// Keys of one object. They are compared with each other, so this bounds that work too.
    std::size_t keys_max{256};
    /// Characters of one number. No double needs more than 24.
    std::size_t number_max{64};
    /// Memory that the decoded document would take, per byte of text: 16 bytes for a value, and for a string, a key or
    /// a container 16 more and its characters. Documents of nothing but tiny values are large in memory, in most
    /// parsers twice as large as that.
    std::size_t expansion_max{8};
    /// Memory on top, so that small documents of few bytes are not refused.
    std::size_t expansion_free{4'096};
};

/// What the JSON codec accepts of a message.
struct JsonLimits {
    JsonBounds bounds{};
    /// Largest payload, bytes, whether it travels as an object or as base64.
    std::size_t payload_max{Limits{}.payload_max};

    JsonLimits() = default;
    explicit constexpr JsonLimits(const Limits& limits) noexcept : payload_max(limits.payload_max) {}

    /// Largest text of a message: a payload as base64, and the rest. What a server reads of a body.
    [[nodiscard]] constexpr std::size_t text_max() const noexcept {
        return base64::encoded_size(payload_max) + ceiling::frame_overhead;
    }
};

/// Why a peer's JSON is refused.
enum class JsonFault : std::uint8_t {
    none,
    too_large,
    byte_order_mark,
    not_json,
    number_out_of_range,
    not_an_object,
    too_deep,
    too_many_values,
    too_many_keys,
    number_too_long,
    repeated_key,
    expands_too_much,
    missing,
    wrong_type,
    invalid,
};

/// A fault and the field that it is about; `field` is empty when it is about the document, and never a peer's text.
struct JsonError {
    JsonFault fault{JsonFault::none};
    std::string_view field{};

    explicit operator bool() const noexcept { return fault != JsonFault::none; }
};

/// What follows "the document" or a field's name in a sentence.
constexpr std::string_view describe(JsonFault fault) noexcept {
    switch (fault) {
        case JsonFault::none:
            return "is well";
        case JsonFault::too_large:
            return "is larger than allowed";
        case JsonFault::byte_order_mark:
            return "begins with a byte order mark";
        case JsonFault::not_json:
            return "is not JSON";
        case JsonFault::number_out_of_range:
            return "holds a number that no double can hold";
        case JsonFault::not_an_object:
            return "is not an object";
        case JsonFault::too_deep:
            return "is nested too deeply";
        case JsonFault::too_many_values:
            return "holds too many values";
        case JsonFault::too_many_keys:
            return "holds an object with too many keys";
        case JsonFault::number_too_long:
            return "holds a number with too many digits";
        case JsonFault::repeated_key:
            return "repeats a key";
        case JsonFault::expands_too_much:
            return "takes too much memory for its size";
        case JsonFault::missing:
            return "is missing";
        case JsonFault::wrong_type:
            return "has the wrong type";
        case JsonFault::invalid:
            return "is not valid";
    }
    return "is refused";
}

/// One sentence for the body of a refusal.
inline std::string describe(const JsonError& error) {
    std::string text(error.field.empty() ? std::string_view("the document") : error.field);
    text += ' ';
    text += describe(error.fault);
    return text;
}

}  // namespace lattice::inline v0
