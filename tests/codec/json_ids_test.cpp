#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <lattice/codec/json_ids.hpp>

#include "codec/json_text.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

const std::string an_id = '"' + std::string(64, 'a') + '"';

std::string list(const std::string& items) { return R"({"message_ids":[)" + items + "]}"; }

}  // namespace

TEST_CASE("lists of ids come back as they were") {
    Random random(10);
    for (const std::size_t count : {0U, 1U, 2U, 1'000U, 10'000U}) {
        std::vector<MessageId> ids(count);
        std::generate(ids.begin(), ids.end(), [&] { return random_id(random); });
        for (const bool complete : {true, false}) {
            const JsonIds decoded = decode_json_ids(encode_json_ids(ids, complete));
            REQUIRE(decoded);
            CHECK(decoded.ids == ids);
            CHECK(decoded.complete == complete);
        }
    }
}

TEST_CASE("a list is written as the reference writes it") {
    CHECK(encode_json_ids({}) == R"({"message_ids":[]})");
    const std::vector<MessageId> two{repeated_id(0xaa), repeated_id(0xaa)};
    CHECK(encode_json_ids(two) == list(an_id + "," + an_id));
    CHECK(encode_json_ids(two, false) == R"({"message_ids":[)" + an_id + "," + an_id + R"(],"complete":false})");
}

TEST_CASE("a list as Python prints it is read, with fields that are not known") {
    const JsonIds decoded =
        decode_json_ids(R"({"count": 1, "message_ids": [)" + an_id + R"(], "x": {"message_ids": [7]}})");
    REQUIRE(decoded);
    CHECK(decoded.ids == std::vector<MessageId>{repeated_id(0xaa)});
    CHECK(decoded.complete);
}

TEST_CASE("a longer list than allowed is cut when written and refused when read") {
    const std::vector<MessageId> ids(json_ids_max + 1, repeated_id(1));
    const JsonIds cut = decode_json_ids(encode_json_ids(ids));
    REQUIRE(cut);
    CHECK(cut.ids.size() == json_ids_max);
    CHECK_FALSE(cut.complete);

    CHECK(decode_json_ids(list(repeated(an_id + ",", json_ids_max) + an_id)).error.fault == JsonFault::too_many_values);
    CHECK(decode_json_ids(list("") + std::string(json_ids_text_max, ' ')).error.fault == JsonFault::too_large);
}

TEST_CASE("everything else is no list of ids") {
    const std::string a63(63, 'a');
    const std::pair<std::string, JsonFault> cases[] = {
        {"{}", JsonFault::missing},
        {"[]", JsonFault::not_an_object},
        {"[" + an_id + "]", JsonFault::not_an_object},
        {"7", JsonFault::not_an_object},
        {R"({"message_ids":null})", JsonFault::wrong_type},
        {R"({"message_ids":{}})", JsonFault::wrong_type},
        {R"({"message_ids":)" + an_id + "}", JsonFault::wrong_type},
        {list("1"), JsonFault::wrong_type},
        {list("null"), JsonFault::wrong_type},
        {list("[" + an_id + "]"), JsonFault::wrong_type},
        {list(R"({"a":1})"), JsonFault::wrong_type},
        {list("\"\""), JsonFault::invalid},
        {list('"' + a63 + '"'), JsonFault::invalid},
        {list('"' + a63 + "A\""), JsonFault::invalid},
        {list(an_id + ",\"" + a63 + "aa\""), JsonFault::invalid},
        {R"({"message_ids":[],"complete":1})", JsonFault::wrong_type},
        {R"({"message_ids":[],"complete":[]})", JsonFault::wrong_type},
        {R"({"message_ids":[],"message_ids":[]})", JsonFault::repeated_key},
        {R"({"x":{"message_ids":[]}})", JsonFault::missing},
        {"\xef\xbb\xbf" + list(""), JsonFault::byte_order_mark},
        {R"({"message_ids":[],"x":)" + repeated("[", 16) + repeated("]", 16) + "}", JsonFault::too_deep}};
    for (const auto& [text, fault] : cases) {
        LATTICE_SHOW(text);
        const JsonIds decoded = decode_json_ids(text);
        CHECK(decoded.error.fault == fault);
        CHECK(decoded.ids.empty());
    }
    for (const std::string_view text : not_json) {
        CHECK(decode_json_ids(text).error);
    }
}
