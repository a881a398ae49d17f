#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lattice/codec/json_bounds.hpp>
#include <lattice/codec/json_fields.hpp>
#include <lattice/codec/json_scan.hpp>
#include <lattice/core/message_id.hpp>

namespace lattice::inline v0 {

/// Ids in one list. The reference holds 1,000 messages; longer lists come in pages.
inline constexpr std::size_t json_ids_max = 10'000;

/// Largest text of a list: what a client reads of an answer. Room for a list that was printed with white space.
inline constexpr std::size_t json_ids_text_max = json_ids_max * 80;

/// A list of ids, as `GET /api/gossip/message_ids` answers it.
///
///     {"message_ids": ["<64 lower-case hexadecimal digits>", ...],
///      "complete": false}                                         ours; absent when there is nothing beyond
struct JsonIds {
    JsonError error;             ///< Why there is no list.
    std::vector<MessageId> ids;  ///< In the order of the text, repetitions included; empty on error.
    bool complete{true};         ///< Whether the answerer holds nothing beyond.

    explicit operator bool() const noexcept { return !error; }
};

/// The ids as JSON; those beyond `json_ids_max` are left out, and the list is then not complete. Throws std::bad_alloc.
inline std::string encode_json_ids(std::span<const MessageId> ids, bool complete = true) {
    constexpr std::size_t per_id = 2 * MessageId::size + 3;
    const bool cut = ids.size() > json_ids_max;
    if (cut) {
        ids = ids.first(json_ids_max);
    }
    std::string out;
    out.reserve(ids.size() * per_id + 64);
    out += R"({"message_ids":[)";
    for (const MessageId& id : ids) {
        out += out.back() == '[' ? "\"" : ",\"";
        json_field::append_hex(out, id.bytes);
        out += '"';
    }
    out += complete && !cut ? "]}" : R"(],"complete":false})";
    return out;
}

namespace detail {

/// Collects the ids of one list.
class JsonIdsVisitor : public JsonVisitor {
   public:
    explicit JsonIdsVisitor(JsonIds& result) noexcept : result_(result) {}

    JsonError open(bool is_object, std::size_t depth, std::size_t) noexcept {
        if (depth == 0) {
            return is_object ? JsonError{} : JsonError{JsonFault::not_an_object};
        }
        const bool list = field_ == Field::ids && depth == 1 && !is_object;
        found_ = found_ || list;
        return list || field_ == Field::unknown ? JsonError{} : wrong_type();
    }

    JsonError key(const std::string& text, std::size_t depth) noexcept {
        if (depth == 1) {
            field_ = text == "message_ids" ? Field::ids : (text == "complete" ? Field::complete : Field::unknown);
        }
        return {};
    }

    JsonError value(const JsonScalar& scalar, std::size_t depth) {
        if (depth == 0) {
            return {JsonFault::not_an_object};
        }
        switch (field_) {
            case Field::ids:
                return read_id(scalar, depth);
            case Field::complete:
                return read_complete(scalar);
            case Field::unknown:
                return {};
        }
        return {};
    }

    [[nodiscard]] JsonError missing() const noexcept {
        return found_ ? JsonError{} : JsonError{JsonFault::missing, "message_ids"};
    }

   private:
    enum class Field : std::uint8_t { ids, complete, unknown };

    [[nodiscard]] JsonError wrong_type() const noexcept {
        return {JsonFault::wrong_type, field_ == Field::ids ? "message_ids" : "complete"};
    }

    JsonError read_id(const JsonScalar& scalar, std::size_t depth) {
        if (depth != 2 || scalar.kind != JsonScalar::Kind::string) {
            return wrong_type();
        }
        const auto id = message_id_from_hex(*scalar.text);
        if (!id) {
            return {JsonFault::invalid, "message_ids"};
        }
        if (result_.ids.size() == json_ids_max) {
            return {JsonFault::too_many_values};
        }
        result_.ids.push_back(*id);
        return {};
    }

    JsonError read_complete(const JsonScalar& scalar) noexcept {
        result_.complete = scalar.boolean;
        return scalar.kind == JsonScalar::Kind::boolean ? JsonError{} : wrong_type();
    }

    JsonIds& result_;
    Field field_{Field::unknown};
    bool found_{false};
};

}  // namespace detail

/// Reads a list of ids that a peer sent. Throws only std::bad_alloc. A single entry that is no id spoils the list: its
/// sender does not speak our language.
inline JsonIds decode_json_ids(std::string_view text) {
    JsonIds result;
    JsonBounds bounds;
    bounds.values_max += 16;  // the ids, the list, the object, and fields that are not known here
    if (text.size() > json_ids_text_max) {
        result.error = {JsonFault::too_large};
        return result;
    }
    detail::JsonIdsVisitor visitor(result);
    JsonError error = scan_json(text, bounds, visitor);
    if (error || (error = visitor.missing())) {
        result = {};
        result.error = error;
    }
    return result;
}

}  // namespace lattice::inline v0
