#include <string>
#include <string_view>

#include <lattice/codec/json_embed.hpp>

#include "codec/json_text.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

std::string embedded(std::string_view payload) {
    std::string text;
    json_embed::append(text, as_bytes(payload));
    return text;
}

std::string wrapped(std::string_view payload) {
    std::string text = R"({"_bytes":")";
    base64::append(text, as_bytes(payload));
    return text + R"("})";
}

}  // namespace

TEST_CASE("the text of an object stands as itself, however it is printed") {
    for (const std::string_view text :
         {"{}", R"({"a":1})", R"({ "b" : [1, 2.50] , "a":{} })", R"({"_bytes":1})", R"({"_bytes":"","x":1})",
          R"({"x":1,"_bytes":""})", R"({"x":{"_bytes":"AA=="}})", R"({"_bytes":{"_bytes":"AA=="}})", "{\n}",
          R"({"_bytes":["AA=="]})", R"({"_bytes":null})", R"({"é":"\u00e9"})"}) {
        LATTICE_SHOW(text);
        CHECK(embedded(text) == text);
    }
}

TEST_CASE("everything else is wrapped") {
    for (const std::string_view text :
         {std::string_view{}, std::string_view("plain"), std::string_view("1"), std::string_view("null"),
          std::string_view("[]"), std::string_view("\"text\""), std::string_view(" {}"), std::string_view("{} "),
          std::string_view("{"), std::string_view("{}{}"), std::string_view("{\"a\":1,\"a\":2}"),
          std::string_view("\0\x01\xff", 3), std::string_view("\xef\xbb\xbf{}"), std::string_view("{\"a\":\"\xff\"}"),
          std::string_view("{\"a\":1e999}")}) {
        LATTICE_SHOW(text);
        CHECK(embedded(text) == wrapped(text));
    }
}

TEST_CASE("the text of a wrapping is wrapped once more") {
    for (const std::string_view text :
         {R"({"_bytes":""})", R"({"_bytes":"AA=="})", R"({ "_bytes" : "no base64" })", R"({"\u005fbytes":"AA=="})"}) {
        LATTICE_SHOW(text);
        CHECK(embedded(text) == wrapped(text));
    }
}

TEST_CASE("objects that a receiver would refuse are wrapped") {
    const auto deep = [](std::size_t depth) {
        return repeated(R"({"a":)", depth - 1) + "{}" + repeated("}", depth - 1);
    };
    CHECK(embedded(deep(15)) == deep(15));
    CHECK(embedded(deep(16)) == wrapped(deep(16)));
    const std::string wide = object_of_keys(257);
    CHECK(embedded(wide) == wrapped(wide));
    const std::string many = R"({"a":[)" + repeated("1,", 10'000) + "1]}";
    CHECK(embedded(many) == wrapped(many));
    const std::string dense = R"({"a":[)" + repeated("{},", 3'000) + "{}]}";
    CHECK(embedded(dense) == wrapped(dense));
}

TEST_CASE("the canonical text does not depend on who printed the object") {
    const std::string canonical = R"({"a":[1,2.5,"é"],"b":{"x":null,"y":true},"z":1e+16})";
    for (const std::string_view text :
         {R"({"z": 1e16, "b": {"y": true, "x": null}, "a": [1, 2.5, "\u00e9"]})",
          "{\n\t\"a\":[1,2.50,\"é\"],\"z\":1.0E+16,\"b\":{\"x\":null,\"y\":true}}", canonical.c_str()}) {
        CHECK(json_embed::canonical(text) == canonical);
    }
}
