#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <lattice/codec/json_bounds.hpp>
#include <lattice/codec/json_embed.hpp>
#include <lattice/codec/json_fields.hpp>
#include <lattice/codec/json_scan.hpp>
#include <lattice/core/limits.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/message_id.hpp>

namespace lattice::inline v0 {

namespace detail {

/// The fields of a message object that mean something.
enum class JsonField : std::uint8_t {
    message_id,
    message_type,
    payload,
    origin_node,
    timestamp,
    ttl,
    seen_by,
    signature,
    public_key,
    expiry,
    hops,
    unknown,
};

inline constexpr std::array<std::string_view, 11> json_field_names{
    "message_id", "message_type", "payload",    "origin_node", "timestamp", "ttl",
    "seen_by",    "signature",    "public_key", "expiry",      "hops"};

inline JsonField json_field_of(std::string_view name) noexcept {
    std::size_t i = 0;
    while (i < json_field_names.size() && json_field_names[i] != name) {
        ++i;
    }
    return static_cast<JsonField>(i);
}

/// Collects the fields of one message object.
class JsonMessageVisitor : public JsonVisitor {
   public:
    JsonError open(bool is_object, std::size_t depth, std::size_t at) {
        if (depth == 0) {
            return is_object ? JsonError{} : JsonError{JsonFault::not_an_object};
        }
        if (depth == 1 && field_ == JsonField::payload && is_object) {
            payload_begin_ = at;
            return {};
        }
        if (depth > 1 && field_ == JsonField::payload) {
            shape_.open(depth);
            return {};
        }
        const bool list = depth == 1 && field_ == JsonField::seen_by && !is_object;
        return list || field_ == JsonField::unknown ? JsonError{} : wrong_type();
    }

    JsonError close(std::size_t depth, std::size_t end) noexcept {
        if (depth == 1 && field_ == JsonField::payload) {
            payload_end_ = end;
        }
        return {};
    }

    JsonError key(const std::string& text, std::size_t depth) noexcept {
        if (depth == 1) {
            field_ = json_field_of(text);
            seen_ |= 1U << static_cast<unsigned>(field_);
        } else if (field_ == JsonField::payload) {
            shape_.key(text, depth);
        }
        return {};
    }

    JsonError value(const JsonScalar& scalar, std::size_t depth) {
        if (depth == 0) {
            return {JsonFault::not_an_object};
        }
        if (depth > 1) {
            return nested(scalar, depth);
        }
        switch (field_) {
            case JsonField::message_id:
                return read_id(scalar);
            case JsonField::message_type:
                return read_identifier(scalar, ceiling::type, type_);
            case JsonField::origin_node:
                return read_identifier(scalar, ceiling::node_id, origin_);
            case JsonField::timestamp:
                return json_field::read_time(scalar, name(), timestamp_);
            case JsonField::expiry:
                return read_expiry(scalar);
            case JsonField::ttl:
                return json_field::read_count(scalar, name(), ceiling::hops, envelope_.ttl);
            case JsonField::hops:
                return json_field::read_count(scalar, name(), 255, envelope_.hops);
            case JsonField::signature:
                return read_key(scalar, signature_, has_signature_);
            case JsonField::public_key:
                return read_key(scalar, public_key_, has_public_key_);
            case JsonField::payload:
            case JsonField::seen_by:
                return wrong_type();
            case JsonField::unknown:
                return {};
        }
        return {};
    }

    /// Whether every field that must be there was.
    [[nodiscard]] JsonError missing() const noexcept {
        for (const JsonField field : {JsonField::message_id, JsonField::message_type, JsonField::payload,
                                      JsonField::origin_node, JsonField::timestamp}) {
            if ((seen_ & (1U << static_cast<unsigned>(field))) == 0) {
                return {JsonFault::missing, json_field_names[static_cast<std::size_t>(field)]};
            }
        }
        return {};
    }

    /// All fields but the payload; valid as long as this is.
    [[nodiscard]] MessageFields fields() const noexcept {
        MessageFields fields;
        fields.type = type_;
        fields.origin = origin_;
        fields.timestamp = timestamp_;
        fields.expiry = expiry_;
        fields.public_key = has_public_key_ ? ByteView(public_key_) : ByteView{};
        fields.signature = has_signature_ ? ByteView(signature_) : ByteView{};
        return fields;
    }

    [[nodiscard]] const MessageId& id() const noexcept { return id_; }
    [[nodiscard]] Envelope envelope() const noexcept { return envelope_; }
    [[nodiscard]] std::string_view payload_of(std::string_view text) const noexcept {
        return text.substr(payload_begin_, payload_end_ - payload_begin_);
    }
    [[nodiscard]] const json_embed::Shape& shape() const noexcept { return shape_; }

   private:
    static constexpr std::uint8_t ttl_default = 10;  // the reference's

    [[nodiscard]] std::string_view name() const noexcept { return json_field_names[static_cast<std::size_t>(field_)]; }
    [[nodiscard]] JsonError wrong_type() const noexcept { return {JsonFault::wrong_type, name()}; }
    [[nodiscard]] JsonError valid_if(bool valid) const noexcept {
        return valid ? JsonError{} : JsonError{JsonFault::invalid, name()};
    }

    JsonError nested(const JsonScalar& scalar, std::size_t depth) {
        if (field_ == JsonField::payload) {
            shape_.value(scalar, depth);
        }
        const bool listed = field_ == JsonField::seen_by;
        return listed && scalar.kind != JsonScalar::Kind::string ? wrong_type() : JsonError{};
    }

    JsonError read_id(const JsonScalar& scalar) noexcept {
        if (scalar.kind != JsonScalar::Kind::string) {
            return wrong_type();
        }
        const auto id = message_id_from_hex(*scalar.text);
        id_ = id.value_or(MessageId{});
        return valid_if(id.has_value());
    }

    JsonError read_identifier(const JsonScalar& scalar, std::size_t most, std::string& out) {
        if (scalar.kind != JsonScalar::Kind::string) {
            return wrong_type();
        }
        out = std::move(*scalar.text);
        return valid_if(is_identifier(out, most));
    }

    JsonError read_expiry(const JsonScalar& scalar) noexcept {
        if (scalar.kind == JsonScalar::Kind::null) {
            return {};
        }
        WallTime time;
        const JsonError error = json_field::read_time(scalar, name(), time);
        expiry_ = time;
        return error ? error : valid_if(time != WallTime{});
    }

    JsonError read_key(const JsonScalar& scalar, std::span<std::byte> out, bool& present) noexcept {
        if (scalar.kind == JsonScalar::Kind::null) {
            return {};
        }
        if (scalar.kind != JsonScalar::Kind::string) {
            return wrong_type();
        }
        present = json_field::read_hex(*scalar.text, out);
        return valid_if(present);
    }

    JsonField field_{JsonField::unknown};
    std::uint32_t seen_{0};  ///< A bit per JsonField.
    MessageId id_;
    std::string type_;
    std::string origin_;
    WallTime timestamp_{};
    std::optional<WallTime> expiry_;
    Envelope envelope_{ttl_default, 0};
    std::array<std::byte, ceiling::public_key> public_key_{};
    std::array<std::byte, ceiling::signature> signature_{};
    bool has_public_key_{false};
    bool has_signature_{false};
    std::size_t payload_begin_{0};
    std::size_t payload_end_{0};
    json_embed::Shape shape_{1};
};

}  // namespace detail

}  // namespace lattice::inline v0
