/// The JSON codec on text from anywhere: what it accepts is JSON and within bounds, and survives a round trip; and any
/// bytes at all survive as a payload.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <lattice/codec/json.hpp>
#include <lattice/codec/json_payload.hpp>

namespace {

using namespace lattice;

void expect(bool holds) {
    if (!holds) std::abort();
}

void check_scanner(std::string_view text) {
    JsonVisitor accept_all;
    const JsonFault fault = scan_json(text, JsonBounds{}, accept_all).fault;
    // The parser alone takes NUL for the end of the text.
    const bool json = text.find('\0') == std::string_view::npos && nlohmann::json::accept(text);
    if (fault == JsonFault::none) expect(json);
    if (fault == JsonFault::not_json) expect(!json);
}

void check_message(std::string_view text) {
    JsonLimits limits;
    limits.payload_max = 300;
    const JsonMessage decoded = decode_json(text, limits);
    expect(static_cast<bool>(decoded) == static_cast<bool>(decoded.message));
    if (!decoded) return;
    const Message& message = decoded.message;
    expect(message.authenticity() != Message::Authenticity::unchecked);
    expect(is_identifier(message.type(), ceiling::type) && is_identifier(message.origin(), ceiling::node_id));
    expect(decoded.envelope.ttl <= ceiling::hops);

    const JsonMessage again = decode_json(encode_json(message, decoded.envelope, "relay"));
    expect(static_cast<bool>(again));
    expect(again.message.key() == message.key() && again.message.id() == message.id());
    expect(equal_bytes(again.message.payload(), message.payload()));
    expect(again.message.timestamp() == message.timestamp() && again.message.expiry() == message.expiry());
    expect(again.envelope.ttl == decoded.envelope.ttl && again.envelope.hops == decoded.envelope.hops);
}

void check_ids(std::string_view text) {
    const JsonIds decoded = decode_json_ids(text);
    if (!decoded) return;
    const JsonIds again = decode_json_ids(encode_json_ids(decoded.ids, decoded.complete));
    expect(again && again.ids == decoded.ids && again.complete == decoded.complete);
}

void check_payload(ByteView bytes) {
    MessageFields fields;
    fields.type = "t";
    fields.origin = "o";
    fields.payload = bytes;
    const Message message = Message::compose(fields);
    const JsonMessage decoded = decode_json(encode_json(message, {1, 0}, "relay"));
    expect(static_cast<bool>(decoded));
    expect(decoded.message.authenticity() == Message::Authenticity::verified);
    expect(equal_bytes(decoded.message.payload(), bytes));
    (void)PayloadCodec<nlohmann::json>::decode(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_scanner(text);
    check_message(text);
    check_ids(text);
    check_payload(as_bytes(text));
    return 0;
}
