#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <lattice/codec/json_bounds.hpp>

namespace lattice::inline v0 {

/// A string, number, boolean or null that stands in a document.
struct JsonScalar {
    enum class Kind : std::uint8_t { null, boolean, integer, real, string };

    Kind kind{Kind::null};
    bool boolean{};
    std::int64_t integer{};  ///< Saturated: what does not fit is the nearest that does.
    double real{};
    std::string* text{nullptr};  ///< Of a string: its characters, which may be moved away.
    std::string_view digits{};   ///< Of a real: as written.
};

/// What `scan_json` calls while it reads, in the order of the text. Depths count the containers that are open around
/// the event; offsets count bytes from the beginning of the text. Every function returns an error, none to go on.
///
/// | function                       | called                                                                   |
/// |--------------------------------|--------------------------------------------------------------------------|
/// | `open(is_object, depth, at)`   | for the bracket that stands at offset `at`                              |
/// | `close(depth, end)`            | for the bracket that ends before offset `end`                            |
/// | `key(text, depth)`             | for a key of the innermost object                                        |
/// | `value(scalar, depth)`         | for everything else                                                      |
///
/// This one accepts everything: scanning with it tells whether a text is JSON within the bounds.
struct JsonVisitor {
    JsonError open(bool, std::size_t, std::size_t) noexcept { return {}; }
    JsonError close(std::size_t, std::size_t) noexcept { return {}; }
    JsonError key(const std::string&, std::size_t) noexcept { return {}; }
    JsonError value(const JsonScalar&, std::size_t) noexcept { return {}; }
};

namespace detail {

/// Iterates over text and notes how far the parser has read, which its SAX interface does not tell.
class TrackingIterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    TrackingIterator(const char* at, const char** reached) noexcept : at_(at), reached_(reached) {}

    reference operator*() const noexcept { return *at_; }
    TrackingIterator& operator++() noexcept {
        *reached_ = ++at_;
        return *this;
    }
    TrackingIterator operator++(int) noexcept {
        TrackingIterator before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const TrackingIterator& a, const TrackingIterator& b) noexcept { return a.at_ == b.at_; }

   private:
    const char* at_;
    const char** reached_;
};

/// Applies the bounds to the parser's events and passes them on to a visitor. The parser keeps no tree and does not
/// recurse, so what a document costs is what stands here: a line per open container and a hash per key in them.
template <typename Visitor>
class BoundedSax {
   public:
    using json = nlohmann::json;

    BoundedSax(std::string_view text, const JsonBounds& bounds, Visitor& visitor)
        : text_(text), reached_(text.data()), bounds_(bounds), visitor_(visitor) {
        levels_.reserve(16);
        keys_.reserve(64);
    }

    /// Reads the whole text.
    JsonError run() {
        const bool accepted = json::sax_parse(TrackingIterator(text_.data(), &reached_),
                                              TrackingIterator(text_.data() + text_.size(), &reached_), this);
        return accepted || error_ ? error_ : JsonError{JsonFault::not_json};
    }

    bool null() { return scalar({}); }
    bool boolean(bool value) {
        JsonScalar found;
        found.kind = JsonScalar::Kind::boolean;
        found.boolean = value;
        return scalar(found);
    }
    bool number_integer(json::number_integer_t value) { return integer(value); }
    bool number_unsigned(json::number_unsigned_t value) {
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        return integer(static_cast<std::int64_t>(value < most ? value : most));
    }
    bool number_float(json::number_float_t value, const std::string& digits) {
        if (digits.size() > bounds_.number_max) {
            return refuse(JsonFault::number_too_long);
        }
        JsonScalar found;
        found.kind = JsonScalar::Kind::real;
        found.real = value;
        found.digits = digits;
        return scalar(found);
    }
    bool string(std::string& text) {
        decoded_ += content_size + text.size();
        JsonScalar found;
        found.kind = JsonScalar::Kind::string;
        found.text = &text;
        return scalar(found);
    }
    bool binary(json::binary_t&) { return refuse(JsonFault::not_json); }

    bool start_object(std::size_t) { return open(true); }
    bool start_array(std::size_t) { return open(false); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(std::string& text) {
        const std::size_t hash = std::hash<std::string_view>{}(text);
        const std::size_t first = levels_.back();
        if (keys_.size() - first >= bounds_.keys_max) {
            return refuse(JsonFault::too_many_keys);
        }
        for (std::size_t i = first; i < keys_.size(); ++i) {
            // Unequal keys with equal hashes are refused as well: that takes a sender who searched for them.
            if (keys_[i] == hash) {
                return refuse(JsonFault::repeated_key);
            }
        }
        keys_.push_back(hash);
        decoded_ += content_size + text.size();
        return fits() && go_on(visitor_.key(text, levels_.size()));
    }

    template <typename Exception>
    bool parse_error(std::size_t, const std::string&, const Exception& exception) {
        constexpr int out_of_range = 406;  // the parser's number for numbers beyond any double
        return refuse(exception.id == out_of_range ? JsonFault::number_out_of_range : JsonFault::not_json);
    }

   private:
    static constexpr std::size_t value_size = 16;
    static constexpr std::size_t content_size = 16;  // of a string, key or container, without its characters

    bool integer(std::int64_t value) {
        JsonScalar found;
        found.kind = JsonScalar::Kind::integer;
        found.integer = value;
        return scalar(found);
    }

    bool scalar(const JsonScalar& found) { return count_value() && go_on(visitor_.value(found, levels_.size())); }

    bool open(bool is_object) {
        if (levels_.size() == bounds_.depth_max) {
            return refuse(JsonFault::too_deep);
        }
        decoded_ += content_size;
        if (!count_value() || !go_on(visitor_.open(is_object, levels_.size(), offset() - 1))) {
            return false;
        }
        levels_.push_back(keys_.size());
        return true;
    }

    bool close() {
        keys_.resize(levels_.back());
        levels_.pop_back();
        return go_on(visitor_.close(levels_.size(), offset()));
    }

    bool count_value() {
        decoded_ += value_size;
        return ++values_ > bounds_.values_max ? refuse(JsonFault::too_many_values) : fits();
    }

    bool fits() {
        const bool fitting = decoded_ <= bounds_.expansion_max * text_.size() + bounds_.expansion_free;
        return fitting || refuse(JsonFault::expands_too_much);
    }

    [[nodiscard]] std::size_t offset() const noexcept { return static_cast<std::size_t>(reached_ - text_.data()); }

    bool refuse(JsonFault fault) { return go_on({fault}); }

    bool go_on(JsonError error) {
        error_ = error;
        return !error;
    }

    std::string_view text_;
    const char* reached_;
    const JsonBounds& bounds_;
    Visitor& visitor_;
    std::vector<std::size_t> levels_;  ///< Per open container: how many keys the containers around it hold.
    std::vector<std::size_t> keys_;    ///< Hashes of the keys of all open objects, the outermost first.
    std::size_t values_{0};
    std::size_t decoded_{0};
    JsonError error_;
};

}  // namespace detail

/// Reads a JSON text (RFC 8259, UTF-8) within `bounds`, and shows it to `visitor`. Stops at the first fault. Throws
/// only std::bad_alloc and what the visitor throws.
template <typename Visitor>
JsonError scan_json(std::string_view text, const JsonBounds& bounds, Visitor& visitor) {
    if (text.starts_with("\xef\xbb\xbf")) {
        return {JsonFault::byte_order_mark};
    }
    if (text.find('\0') != std::string_view::npos) {
        return {JsonFault::not_json};  // the parser takes NUL for the end of the text, whatever follows
    }
    return detail::BoundedSax<Visitor>(text, bounds, visitor).run();
}

}  // namespace lattice::inline v0
