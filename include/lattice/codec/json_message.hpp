#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/codec/base64.hpp>
#include <lattice/codec/json_bounds.hpp>
#include <lattice/codec/json_embed.hpp>
#include <lattice/codec/json_fields.hpp>
#include <lattice/codec/json_message_visitor.hpp>
#include <lattice/codec/json_scan.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/message.hpp>

namespace lattice::inline v0 {

/// A message as a foreign node of the reference's kind reads and writes it.
///
///     {"message_id": "<64 lower-case hexadecimal digits>",   Message::id()
///      "message_type": "proof", "origin_node": "node1",      identifiers (see is_identifier)
///      "payload": {...},                                     an object; for other bytes see json_embed
///      "timestamp": 1700000000.123456,                       seconds since the epoch; rounded to microseconds
///      "ttl": 10,                                            0 to 32; larger counts as 32, absent as 10
///      "seen_by": ["node1"],                                 written for foreign nodes, ignored: nobody vouches for it
///      "public_key": "<hex>", "signature": "<hex>",          32 and 64 bytes; null or absent when there is none
///      "expiry": 1700000060.000000, "hops": 1}               ours; may be absent
///
/// Other fields are ignored, within JsonBounds. A repeated key, a byte order mark and every wrong type are refused.
struct JsonMessage {
    JsonError error;  ///< Why there is no message.
    Message message;  ///< Verified or foreign, never unchecked; empty on error.
    Envelope envelope;

    explicit operator bool() const noexcept { return !error; }
};

/// The message as JSON, with the envelope that it shall travel in. `sender` is this node's id; it and the origin stand
/// in `seen_by`, so that a foreign node does not send the message back to them. The payload is spliced in, never
/// printed anew. Throws std::bad_alloc.
inline std::string encode_json(const Message& message, Envelope envelope, std::string_view sender) {
    using namespace json_field;
    constexpr std::size_t other_fields = 512;
    std::string out;
    out.reserve(message.payload().size() + other_fields);
    out += R"({"message_id":")";
    append_hex(out, message.id().bytes);
    out += R"(","message_type":)";
    append_string(out, message.type());
    out += R"(,"payload":)";
    json_embed::append(out, message.payload());
    out += R"(,"origin_node":)";
    append_string(out, message.origin());
    out += R"(,"timestamp":)";
    append_time(out, message.timestamp());
    out += R"(,"ttl":)";
    append_number(out, envelope.ttl);
    out += R"(,"hops":)";
    append_number(out, envelope.hops);
    out += R"(,"seen_by":[)";
    append_string(out, message.origin());
    if (sender != message.origin()) {
        out += ',';
        append_string(out, sender);
    }
    out += ']';
    if (const auto expiry = message.expiry()) {
        out += R"(,"expiry":)";
        append_time(out, *expiry);
    }
    if (!message.public_key().empty()) {
        out += R"(,"public_key":")";
        append_hex(out, message.public_key());
        out += '"';
    }
    if (!message.signature().empty()) {
        out += R"(,"signature":")";
        append_hex(out, message.signature());
        out += '"';
    }
    out += '}';
    return out;
}

namespace detail {

/// The message with the claim about its id settled: verified when the fields with this payload hash to it.
inline Message verified_or_empty(const MessageId& id, MessageFields fields, ByteView payload) {
    fields.payload = payload;
    Message message = Message::compose(fields);
    return message.id() == id ? message : Message{};
}

/// Settles a message whose payload stands as a JSON object.
///
/// The text as it came is what our nodes hashed. A foreign relay prints JSON anew (other white space, order, escapes),
/// so the canonical text comes next: it is what PayloadCodec<nlohmann::json> broadcasts. When neither fits, the message
/// is foreign, and keeps the canonical text, so that all copies have the same bytes whoever relayed them; but not where
/// printing would lose digits.
inline Message settle_object(const JsonMessageVisitor& visitor, std::string_view text) {
    if (Message message = verified_or_empty(visitor.id(), visitor.fields(), as_bytes(text))) {
        return message;
    }
    const std::string canonical = visitor.shape().exact() ? json_embed::canonical(text) : std::string(text);
    MessageFields fields = visitor.fields();
    fields.payload = as_bytes(canonical);
    return Message::authenticated(Message::claimed(visitor.id(), fields));
}

inline JsonMessage settle_wrapped(const JsonMessageVisitor& visitor, std::size_t payload_max) {
    const auto bytes = base64::decode(visitor.shape().base64());
    if (!bytes || json_embed::stands_as_itself(as_text(*bytes))) {
        return {{JsonFault::invalid, "payload"}, {}, {}};
    }
    if (bytes->size() > payload_max) {
        return {{JsonFault::too_large, "payload"}, {}, {}};
    }
    MessageFields fields = visitor.fields();
    fields.payload = *bytes;
    return {{}, Message::authenticated(Message::claimed(visitor.id(), fields)), visitor.envelope()};
}

}  // namespace detail

/// Reads a message object that a peer sent. Throws only std::bad_alloc; what it allocates is bounded by the length of
/// the text (see JsonBounds). An error names a field and never repeats the peer's text.
inline JsonMessage decode_json(std::string_view text, const JsonLimits& limits = {}) {
    if (text.size() > limits.text_max()) {
        return {{JsonFault::too_large}, {}, {}};
    }
    detail::JsonMessageVisitor visitor;
    JsonError error = scan_json(text, limits.bounds, visitor);
    if (error || (error = visitor.missing())) {
        return {error, {}, {}};
    }
    if (visitor.shape().wrapped()) {
        return detail::settle_wrapped(visitor, limits.payload_max);
    }
    const std::string_view payload = visitor.payload_of(text);
    if (payload.size() > limits.payload_max) {
        return {{JsonFault::too_large, "payload"}, {}, {}};
    }
    Message message = detail::settle_object(visitor, payload);
    if (message.payload().size() > limits.payload_max) {  // printing may lengthen numbers
        return {{JsonFault::too_large, "payload"}, {}, {}};
    }
    return {{}, std::move(message), visitor.envelope()};
}

}  // namespace lattice::inline v0
