#include <string>
#include <string_view>
#include <vector>

#include <lattice/codec/json.hpp>
#include <lattice/codec/json_payload.hpp>

#include "codec/json_text.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

struct Refusal {
    std::string_view field;
    std::string_view value;
    JsonFault fault;
};

std::string reprinted(const std::string& text, int indent, bool ascii) {
    return nlohmann::json::parse(text).dump(indent, ' ', ascii);
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

}  // namespace

TEST_CASE("a golden message is written and read to the byte") {
    const std::string text = golden_text("message.json");
    const JsonMessage decoded = decode_json(text);
    REQUIRE(decoded);
    CHECK(decoded.message.authenticity() == Message::Authenticity::verified);
    CHECK(decoded.message.type() == "proof");
    CHECK(decoded.message.origin() == "node1");
    CHECK(decoded.message.timestamp() == at(1'700'000'000'123'400));
    CHECK(decoded.message.expiry() == at(1'700'000'060'123'400));
    CHECK(decoded.message.public_key().size() == 32);
    CHECK(decoded.message.signature().size() == 64);
    CHECK(decoded.envelope.ttl == 9);
    CHECK(decoded.envelope.hops == 1);
    CHECK(encode_json(decoded.message, decoded.envelope, "node2") == text);
}

TEST_CASE("a message verifies after a foreign relay printed it anew") {
    const JsonMessage original = decode_json(golden_text("message.json"));
    for (const char* name : {"message_relayed.json", "message_indented.json"}) {
        LATTICE_SHOW(name);
        const JsonMessage relayed = decode_json(golden_text(name));
        REQUIRE(relayed);
        CHECK(relayed.message.authenticity() == Message::Authenticity::verified);
        CHECK(relayed.message.id() == original.message.id());
        CHECK(equal_bytes(relayed.message.payload(), original.message.payload()));
    }
}

TEST_CASE("a foreign message has one key, whoever printed it") {
    const std::string text = golden_text("message_foreign.json");
    const JsonMessage first = decode_json(text);
    REQUIRE(first);
    CHECK(first.message.authenticity() == Message::Authenticity::foreign);
    CHECK(first.message.payload().size() == std::string_view(R"({"a":[1.0,"é"],"b":1e+16})").size());
    CHECK(as_text(first.message.payload()) == R"({"a":[1.0,"é"],"b":1e+16})");
    CHECK(first.envelope.ttl == 10);
    for (const std::string& again :
         {reprinted(text, -1, false), reprinted(text, 4, true), encode_json(first.message, first.envelope, "relay")}) {
        const JsonMessage other = decode_json(again);
        REQUIRE(other);
        CHECK(other.message.key() == first.message.key());
        CHECK(other.message.id() == first.message.id());
    }
}

TEST_CASE("another content under the same id has another key") {
    const JsonMessage honest = decode_json(MessageText().text());
    const JsonMessage forged = decode_json(MessageText().set("payload", R"({"a":2})").text());
    REQUIRE(honest);
    REQUIRE(forged);
    CHECK(honest.message.id() == forged.message.id());
    CHECK(honest.message.key() != forged.message.key());
}

TEST_CASE("integers that no double holds keep their digits") {
    const std::string big = R"({"n":123456789012345678901234567890})";
    const JsonMessage decoded = decode_json(MessageText().set("payload", big).text());
    REQUIRE(decoded);
    CHECK(as_text(decoded.message.payload()) == big);
}

TEST_CASE("random messages come back through JSON as they were") {
    Random random(9);
    for (int i = 0; i < 500; ++i) {
        const Message message = Message::authenticated(random_message(random));
        const Envelope envelope{static_cast<std::uint8_t>(random.below(33)),
                                static_cast<std::uint8_t>(random.below(256))};
        const JsonMessage decoded = decode_json(encode_json(message, envelope, "relay"));
        REQUIRE(decoded);
        REQUIRE(same_message(decoded.message, message));
        REQUIRE(decoded.message.key() == message.key());
        REQUIRE(same(decoded.envelope, envelope));
    }
}

TEST_CASE("payloads that are JSON or anything else come back to the byte, verified") {
    for (const std::string_view payload :
         {std::string_view{}, std::string_view("{}"), std::string_view(R"({ "b": 1.50, "a": "\u00e9" })"),
          std::string_view("[1]"), std::string_view(R"({"_bytes":"AA=="})"),
          std::string_view(R"({"_bytes":"not base64"})"), std::string_view("\0\xff", 2),
          std::string_view(R"({"a":1,"a":2})"), std::string_view(" {}")}) {
        LATTICE_SHOW(payload);
        const Message message = Message::compose(fields("t", "o", as_bytes(payload)));
        const std::string text = encode_json(message, {1, 0}, "o");
        const JsonMessage decoded = decode_json(text);
        REQUIRE(decoded);
        CHECK(decoded.message.authenticity() == Message::Authenticity::verified);
        CHECK(as_text(decoded.message.payload()) == payload);
        if (payload != R"({ "b": 1.50, "a": "\u00e9" })") {  // our own hosts broadcast canonical JSON
            CHECK(decode_json(reprinted(text, 2, true)).message.id() == message.id());
        }
    }
}

TEST_CASE("only the fields that the reference needs must be there") {
    for (const char* optional : {"ttl", "seen_by"}) {
        CHECK(decode_json(MessageText().remove(optional).text()));
    }
    for (const char* needed : {"message_id", "message_type", "payload", "origin_node", "timestamp"}) {
        LATTICE_SHOW(needed);
        const JsonMessage decoded = decode_json(MessageText().remove(needed).text());
        CHECK(decoded.error.fault == JsonFault::missing);
        CHECK(decoded.error.field == needed);
        CHECK(describe(decoded.error) == needed + std::string(" is missing"));
        CHECK_FALSE(decoded.message);
    }
    CHECK(decode_json("{}").error.fault == JsonFault::missing);
}

TEST_CASE("unknown fields are ignored, whatever they hold") {
    for (const std::string_view value :
         {"1", "null", "\"x\"", "[]", "{}", R"([{"payload":[1,{"ttl":-1}]}])", "false"}) {
        LATTICE_SHOW(value);
        const JsonMessage decoded = decode_json(MessageText().set("later", value).text());
        REQUIRE(decoded);
        CHECK(as_text(decoded.message.payload()) == R"({"a":1})");
        CHECK(decoded.envelope.ttl == 5);
    }
    // Names of ours mean nothing inside of others.
    CHECK(decode_json(MessageText().set("payload", R"({"message_id":1,"ttl":"x","payload":[],"seen_by":{}})").text()));
}

TEST_CASE("an empty or null key and signature count as none") {
    const JsonMessage decoded = decode_json(MessageText().set("signature", "null").set("public_key", "null").text());
    REQUIRE(decoded);
    CHECK(decoded.message.signature().empty());
    CHECK(decoded.message.public_key().empty());
    CHECK(decode_json(MessageText().set("expiry", "null").text()).message.expiry() == std::nullopt);
}

TEST_CASE("a ttl out of range counts as the nearest in it") {
    const std::pair<std::string_view, int> cases[] = {{"0", 0},   {"-1", 0},  {"-9223372036854775808", 0}, {"1", 1},
                                                      {"32", 32}, {"33", 32}, {"18446744073709551615", 32}};
    for (const auto& [value, expected] : cases) {
        LATTICE_SHOW(value);
        const JsonMessage decoded = decode_json(MessageText().set("ttl", value).text());
        REQUIRE(decoded);
        CHECK(decoded.envelope.ttl == expected);
    }
    CHECK(decode_json(MessageText().set("hops", "300").text()).envelope.hops == 255);
}

TEST_CASE("fields of a wrong type are refused") {
    const std::string_view values[] = {"null", "true", "1.5", "\"x\"", "[]", "{}", "7"};
    const std::pair<std::string_view, std::string_view> right[] = {{"message_id", "\"x\""},
                                                                   {"message_type", "\"x\""},
                                                                   {"payload", "{}"},
                                                                   {"origin_node", "\"x\""},
                                                                   {"timestamp", "1.5 7"},
                                                                   {"ttl", "7"},
                                                                   {"seen_by", "[]"},
                                                                   {"signature", "null \"x\""},
                                                                   {"public_key", "null \"x\""},
                                                                   {"expiry", "null 1.5 7"},
                                                                   {"hops", "7"}};
    for (const auto& [field, fitting] : right) {
        for (const std::string_view value : values) {
            LATTICE_SHOW(field);
            LATTICE_SHOW(value);
            const JsonMessage decoded = decode_json(MessageText().set(field, value).text());
            const bool fits = fitting.find(value) != std::string_view::npos;
            CHECK((decoded.error.fault == JsonFault::wrong_type) == !fits);
            CHECK((fits || decoded.error.field == field));
        }
    }
    for (const std::string_view list : {"[1]", "[null]", "[\"a\",{}]", "[[]]", "[\"a\",[\"b\"]]"}) {
        CHECK(decode_json(MessageText().set("seen_by", list).text()).error.fault == JsonFault::wrong_type);
    }
}

TEST_CASE("fields out of range are refused, and named") {
    const std::string a63(63, 'a');
    const std::vector<std::pair<std::string, std::string>> cases{
        {"message_id", quoted(a63)},
        {"message_id", quoted(a63 + "aa")},
        {"message_id", quoted(a63 + "A")},
        {"message_id", quoted(a63 + "g")},
        {"message_id", quoted("")},
        {"message_id", quoted(a63 + "\\u0000")},
        {"message_id", quoted("0x" + std::string(62, 'a'))},
        {"message_type", quoted("")},
        {"message_type", quoted(std::string(65, 't'))},
        {"message_type", quoted("a b")},
        {"message_type", quoted("a\\n")},
        {"message_type", quoted("a\\u0000b")},
        {"message_type", quoted("é")},
        {"origin_node", quoted("")},
        {"origin_node", quoted(std::string(129, 'n'))},
        {"origin_node", quoted("a\\tb")},
        {"origin_node", quoted("\\u007f")},
        {"timestamp", "-1"},
        {"timestamp", "1e300"},
        {"timestamp", "9007199255.5"},
        {"timestamp", "18446744073709551615"},
        {"expiry", "0"},
        {"expiry", "-3.5"},
        {"expiry", "1e12"},
        {"signature", quoted("")},
        {"signature", quoted(std::string(127, 'a'))},
        {"signature", quoted(std::string(130, 'a'))},
        {"signature", quoted(std::string(127, 'a') + "x")},
        {"public_key", quoted(std::string(62, 'a'))},
        {"public_key", quoted(std::string(128, 'a'))},
        {"public_key", quoted(std::string(63, 'a') + " ")},
        {"payload", R"({"_bytes":"x"})"},
        {"payload", R"({"_bytes":"AA="})"},
        {"payload", R"({"_bytes":"AB=="})"},
        {"payload", R"({"_bytes":"e30="})"},  // the text {}, which stands as itself
    };
    for (const auto& [field, value] : cases) {
        LATTICE_SHOW(field);
        LATTICE_SHOW(value);
        const JsonMessage decoded = decode_json(MessageText().set(field, value).text());
        CHECK(decoded.error.fault == JsonFault::invalid);
        CHECK(decoded.error.field == field);
        CHECK_FALSE(decoded.message);
    }
    for (const auto& [field, value] : {std::pair("message_type", quoted(std::string(64, 't'))),
                                       std::pair("origin_node", quoted(std::string(128, '~')))}) {
        CHECK(decode_json(MessageText().set(field, value).text()));
    }
}

TEST_CASE("documents that are no message are refused") {
    for (const std::string_view text : not_json) {
        LATTICE_SHOW(text);
        CHECK(decode_json(text).error);
        CHECK(decode_json(MessageText().set("later", text.empty() ? "," : text).text()).error);
    }
    for (const std::string_view text : {"[]", "1", "null", "\"x\"", "true", "[{}]", "1.5"}) {
        LATTICE_SHOW(text);
        CHECK(decode_json(text).error.fault == JsonFault::not_an_object);
    }
    const std::string good = MessageText().text();
    CHECK(decode_json("\xef\xbb\xbf" + good).error.fault == JsonFault::byte_order_mark);
    CHECK(decode_json(good + good).error.fault == JsonFault::not_json);
    CHECK(decode_json(" \n\t" + good + "\r\n "));
    for (std::size_t size = 0; size < good.size(); ++size) {
        CHECK(decode_json(std::string_view(good).substr(0, size)).error.fault == JsonFault::not_json);
    }
}

TEST_CASE("the bounds hold wherever in a message they are broken") {
    const std::string deep = repeated("[", 16) + repeated("]", 16);
    const std::string many = "[" + repeated("1,", 10'000) + "1]";
    const std::string digits = repeated("1", 65);
    const std::pair<std::string, JsonFault> nested[] = {
        {deep, JsonFault::too_deep},
        {many, JsonFault::too_many_values},
        {object_of_keys(257), JsonFault::too_many_keys},
        {digits, JsonFault::number_too_long},
        {R"({"x":1,"x":2})", JsonFault::repeated_key},
        {"1e999", JsonFault::number_out_of_range},
        {"[" + repeated("{},", 4'000) + "0]", JsonFault::expands_too_much}};
    for (const auto& [value, fault] : nested) {
        CHECK(decode_json(MessageText().set("later", value).text()).error.fault == fault);
        CHECK(decode_json(MessageText().set("payload", R"({"a":)" + value + "}").text()).error.fault == fault);
    }
    CHECK(
        decode_json(MessageText().set("seen_by", "[" + repeated(R"("abc",)", 10'000) + R"("x"])").text()).error.fault ==
        JsonFault::too_many_values);
    std::string twice = MessageText().text();
    twice.back() = ',';
    CHECK(decode_json(twice + R"("ttl":5})").error.fault == JsonFault::repeated_key);
    CHECK(decode_json(twice + R"("\u0074tl":5})").error.fault == JsonFault::repeated_key);
}

TEST_CASE("payloads and texts have their bounds") {
    JsonLimits limits;
    limits.payload_max = 100;
    const auto of_size = [](std::size_t size) { return R"({"a":")" + std::string(size - 8, 'x') + R"("})"; };
    CHECK(decode_json(MessageText().set("payload", of_size(100)).text(), limits));
    CHECK(decode_json(MessageText().set("payload", of_size(101)).text(), limits).error.fault == JsonFault::too_large);

    for (const std::size_t size : {100U, 101U}) {
        const Octets payload(size);
        const std::string text = encode_json(Message::compose(fields("t", "o", view(payload))), {1, 0}, "o");
        CHECK(static_cast<bool>(decode_json(text, limits)) == (size == 100));
    }
    const std::string padding(limits.text_max(), ' ');
    CHECK(decode_json(MessageText().text() + padding, limits).error.fault == JsonFault::too_large);
    CHECK(JsonLimits(Limits{}).payload_max == Limits{}.payload_max);

    // Printing the number anew makes it longer than the bound.
    limits.payload_max = 9;
    CHECK(decode_json(MessageText().set("payload", R"({"a":1e9})").text(), limits).error.fault == JsonFault::too_large);
}

TEST_CASE("a refusal never repeats what the peer sent") {
    const std::string poison = "<script>poison</script>";
    for (const char* field : {"message_id", "message_type", "origin_node", "ttl", "signature", "seen_by", "payload"}) {
        const JsonMessage decoded = decode_json(MessageText().set(field, quoted(poison + " ")).text());
        REQUIRE(decoded.error);
        const std::string sentence = describe(decoded.error);
        CHECK(sentence.find("poison") == std::string::npos);
        CHECK(sentence.size() < 80);
    }
}

TEST_CASE("a message that is sent names its origin and its sender as having seen it, once each") {
    const Message message = Message::compose(fields("t", "o", as_bytes("{}")));
    const auto seen_by = [&](std::string_view sender) {
        return nlohmann::json::parse(encode_json(message, {1, 0}, sender))["seen_by"].dump();
    };
    CHECK(seen_by("relay") == R"(["o","relay"])");
    CHECK(seen_by("o") == R"(["o"])");
    CHECK(nlohmann::json::parse(encode_json(message, {1, 0}, "a\"\\b"))["seen_by"][1] == "a\"\\b");
}
