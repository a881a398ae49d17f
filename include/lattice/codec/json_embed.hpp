#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <lattice/codec/base64.hpp>
#include <lattice/codec/json_bounds.hpp>
#include <lattice/codec/json_scan.hpp>
#include <lattice/core/bytes.hpp>

namespace lattice::inline v0 {

/// How a payload, which is opaque bytes, stands in a JSON message, where the reference has an object.
///
/// | payload                                         | stands as                       |
/// |-------------------------------------------------|---------------------------------|
/// | the text of a JSON object, within the bounds     | that text, as it is             |
/// | anything else                                   | `{"_bytes": "<base64>"}`        |
/// | the text of an object of just that form          | the same, wrapped once more     |
///
/// Every payload has exactly one form, and every form one payload: a wrapped text that would have travelled as itself
/// is refused.
namespace json_embed {

inline constexpr std::string_view bytes_key = "_bytes";

/// What the text of a payload turned out to be, learned from the scanner's events. `base` is the number of containers
/// that are open around the payload.
class Shape {
   public:
    explicit Shape(std::size_t base = 0) noexcept : inside_(base + 1) {}

    void open(std::size_t depth) noexcept { other_ = other_ || depth == inside_; }
    void key(std::string_view text, std::size_t depth) noexcept {
        other_ = other_ || (depth == inside_ && text != bytes_key);
    }
    void value(const JsonScalar& scalar, std::size_t depth) {
        if (depth == inside_ && scalar.kind == JsonScalar::Kind::string && !other_) {
            base64_ = std::move(*scalar.text);
            has_base64_ = true;
        } else if (depth == inside_) {
            other_ = true;
        }
        exact_ = exact_ && (scalar.kind != JsonScalar::Kind::real || scalar.digits.find_first_of(".eE") < npos);
    }

    /// Whether the object has one key, `_bytes`, and a string under it.
    [[nodiscard]] bool wrapped() const noexcept { return has_base64_ && !other_; }

    /// The string under `_bytes`, when `wrapped`.
    [[nodiscard]] const std::string& base64() const noexcept { return base64_; }

    /// Whether printing the parsed object loses nothing: it holds no integer beyond 64 bits.
    [[nodiscard]] bool exact() const noexcept { return exact_; }

   private:
    static constexpr auto npos = std::string_view::npos;

    std::size_t inside_;
    std::string base64_;
    bool has_base64_{false};
    bool other_{false};  ///< Something else than `_bytes` and its string was seen.
    bool exact_{true};
};

/// Learns the shape of a text that is a payload and nothing else.
class ShapeVisitor : public JsonVisitor {
   public:
    JsonError open(bool is_object, std::size_t depth, std::size_t) noexcept {
        shape_.open(depth);
        return depth == 0 && !is_object ? JsonError{JsonFault::not_an_object} : JsonError{};
    }
    JsonError key(const std::string& text, std::size_t depth) noexcept {
        shape_.key(text, depth);
        return {};
    }
    JsonError value(const JsonScalar& scalar, std::size_t depth) {
        shape_.value(scalar, depth);
        return depth == 0 ? JsonError{JsonFault::not_an_object} : JsonError{};
    }

    [[nodiscard]] const Shape& shape() const noexcept { return shape_; }

   private:
    Shape shape_;
};

/// The bounds of a payload whose message keeps within the default bounds, whatever its other fields are.
constexpr JsonBounds payload_bounds() noexcept {
    JsonBounds bounds;
    bounds.depth_max -= 1;
    bounds.values_max -= 64;
    bounds.expansion_free -= 2'048;
    return bounds;
}

/// Whether a payload stands as itself in a message.
inline bool stands_as_itself(std::string_view text) {
    if (!text.starts_with('{') || !text.ends_with('}')) {
        return false;  // decided without scanning; white space around an object would be lost
    }
    ShapeVisitor visitor;
    return !scan_json(text, payload_bounds(), visitor) && !visitor.shape().wrapped();
}

/// Appends the form of a payload.
inline void append(std::string& out, ByteView payload) {
    const std::string_view text = as_text(payload);
    if (stands_as_itself(text)) {
        out += text;
        return;
    }
    out += R"({"_bytes":")";
    base64::append(out, payload);
    out += R"("})";
}

/// The one text that all relays agree on, however they print JSON: keys sorted, no white space, nothing escaped that
/// need not be, numbers as short as they can be read back. `text` must have been scanned within the bounds.
inline std::string canonical(std::string_view text) {
    using json = nlohmann::json;
    const json parsed = json::parse(text, nullptr, false);
    return parsed.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace json_embed

}  // namespace lattice::inline v0
