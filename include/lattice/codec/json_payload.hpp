#pragma once

#include <concepts>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include <lattice/codec/json_bounds.hpp>
#include <lattice/codec/json_scan.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/payload_codec.hpp>

namespace lattice::inline v0 {

/// JSON values as payloads: printed canonically (keys sorted, no white space), so that the id survives foreign relays
/// that print JSON anew.
template <>
struct PayloadCodec<nlohmann::json> {
    /// Throws nlohmann::json::type_error for a string that is not UTF-8.
    static Bytes encode(const nlohmann::json& value) { return Bytes(std::string_view(value.dump())); }

    /// Any JSON value within the default JsonBounds.
    static std::optional<nlohmann::json> decode(ByteView payload) {
        const std::string_view text = as_text(payload);
        JsonVisitor accept_all;
        if (scan_json(text, JsonBounds{}, accept_all)) {
            return std::nullopt;
        }
        return nlohmann::json::parse(text, nullptr, false);
    }
};

namespace detail {

/// Types that JSON is made from and read into by functions beside the type, which argument-dependent look-up finds.
template <typename T>
concept JsonConvertible = (std::is_class_v<T> || std::is_enum_v<T>)&&std::default_initializable<T> &&
                          !std::same_as<T, nlohmann::json> &&
                          requires(nlohmann::json & made, const nlohmann::json& given, const T& from, T& into) {
    to_json(made, from);
    from_json(given, into);
};

}  // namespace detail

/// Every type with to_json and from_json, written by hand or by nlohmann's macros.
template <detail::JsonConvertible T>
struct PayloadCodec<T> {
    /// Throws what to_json throws.
    static Bytes encode(const T& value) {
        nlohmann::json json;
        to_json(json, value);
        return PayloadCodec<nlohmann::json>::encode(json);
    }

    /// Nothing when the bytes are not JSON or from_json throws: a peer sent something else under this type.
    static std::optional<T> decode(ByteView payload) {
        const auto json = PayloadCodec<nlohmann::json>::decode(payload);
        if (!json) {
            return std::nullopt;
        }
        try {
            std::optional<T> value(std::in_place);
            from_json(*json, *value);
            return value;
        } catch (const std::exception&) {
            return std::nullopt;
        }
    }
};

}  // namespace lattice::inline v0
