#include <string>
#include <string_view>
#include <vector>

#include <lattice/codec/json_scan.hpp>

#include "codec/json_text.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

JsonFault fault_of(std::string_view text, const JsonBounds& bounds = {}) {
    JsonVisitor accept_all;
    return scan_json(text, bounds, accept_all).fault;
}

/// Writes down every event.
struct Transcript {
    std::string events;

    JsonError open(bool is_object, std::size_t depth, std::size_t at) {
        return note(is_object ? "object" : "array", depth, "@" + std::to_string(at));
    }
    JsonError close(std::size_t depth, std::size_t end) { return note("close", depth, "@" + std::to_string(end)); }
    JsonError key(const std::string& text, std::size_t depth) { return note("key", depth, text); }
    JsonError value(const JsonScalar& scalar, std::size_t depth) {
        switch (scalar.kind) {
            case JsonScalar::Kind::null:
                return note("null", depth, "");
            case JsonScalar::Kind::boolean:
                return note("boolean", depth, scalar.boolean ? "true" : "false");
            case JsonScalar::Kind::integer:
                return note("integer", depth, std::to_string(scalar.integer));
            case JsonScalar::Kind::real:
                return note("real", depth, std::string(scalar.digits));
            case JsonScalar::Kind::string:
                return note("string", depth, *scalar.text);
        }
        return {};
    }

   private:
    JsonError note(const char* event, std::size_t depth, const std::string& detail) {
        events += std::to_string(depth) + event + " " + detail + "\n";
        return {};
    }
};

}  // namespace

TEST_CASE("a visitor sees every value with its depth, and brackets with their place") {
    Transcript transcript;
    const std::string_view text = R"( {"a" : [1, -2, 2.50], "b\n":{} , "c":"x", "d":null,"e":true} )";
    REQUIRE_FALSE(scan_json(text, {}, transcript));
    CHECK(transcript.events ==
          "0object @1\n1key a\n1array @8\n2integer 1\n2integer -2\n2real 2.50\n1close @21\n"
          "1key b\n\n1object @29\n1close @31\n1key c\n1string x\n1key d\n1null \n1key e\n1boolean true\n0close @61\n");
}

TEST_CASE("integers beyond 64 bits are the nearest that fit, or reals") {
    Transcript transcript;
    REQUIRE_FALSE(scan_json("[18446744073709551615,9223372036854775808,-9223372036854775808,18446744073709551616]", {},
                            transcript));
    CHECK(transcript.events ==
          "0array @0\n1integer 9223372036854775807\n1integer 9223372036854775807\n"
          "1integer -9223372036854775808\n1real 18446744073709551616\n0close @84\n");
}

TEST_CASE("a visitor's error ends the scan") {
    struct Refusing : JsonVisitor {
        int values = 0;
        JsonError value(const JsonScalar&, std::size_t) noexcept {
            ++values;
            return {JsonFault::invalid, "it"};
        }
    } refusing;
    const JsonError error = scan_json("[1,2,3]", {}, refusing);
    CHECK(error.fault == JsonFault::invalid);
    CHECK(error.field == "it");
    CHECK(refusing.values == 1);
}

TEST_CASE("what is not JSON is refused") {
    for (const std::string_view text : not_json) {
        LATTICE_SHOW(text);
        CHECK(fault_of(text) == JsonFault::not_json);
    }
}

TEST_CASE("every beginning of a JSON text is refused") {
    const std::string text = R"({"a":[1,2.5e3,"x\u00e9\n",true,null],"b":{"c":{}}})";
    REQUIRE(fault_of(text) == JsonFault::none);
    for (std::size_t size = 0; size < text.size(); ++size) {
        CHECK(fault_of(std::string_view(text).substr(0, size)) == JsonFault::not_json);
    }
}

TEST_CASE("a byte order mark is refused") {
    CHECK(fault_of("\xef\xbb\xbf{}") == JsonFault::byte_order_mark);
    CHECK(fault_of("\xff\xfe{\0}\0") == JsonFault::not_json);
    CHECK(fault_of("{}\xef\xbb\xbf") == JsonFault::not_json);
}

TEST_CASE("numbers beyond any double are refused") {
    CHECK(fault_of("[1e308]") == JsonFault::none);
    CHECK(fault_of("[1e309]") == JsonFault::number_out_of_range);
    CHECK(fault_of("[-1e999]") == JsonFault::number_out_of_range);
    CHECK(fault_of("[1e-999]") == JsonFault::none);
}

TEST_CASE("nesting is bounded, for objects, arrays and both") {
    struct Shape {
        std::string_view open, close;
        std::size_t most;  // of which 15 levels are made, or 14
    };
    for (const auto& [open, close, most] :
         {Shape{"[", "]", 15}, Shape{R"({"a":)", "}", 15}, Shape{R"([{"":)", "}]", 7}}) {
        CHECK(fault_of(repeated(open, most) + "[0]" + repeated(close, most)) == JsonFault::none);
        CHECK(fault_of(repeated(open, most + 1) + "[0]" + repeated(close, most + 1)) == JsonFault::too_deep);
        CHECK(fault_of(repeated(open, 100'000) + repeated(close, 100'000)) == JsonFault::too_deep);
        CHECK(fault_of(repeated(open, 100'000)) == JsonFault::too_deep);
    }
}

TEST_CASE("values are bounded, wherever they stand") {
    JsonBounds bounds;
    bounds.values_max = 5;
    for (const std::string_view text : {"[1,2,3,4]", "[[],[],[[]]]", R"({"a":1,"b":"2","c":[null]})", "[true,{},{}]"}) {
        LATTICE_SHOW(text);
        CHECK(fault_of(text, bounds) == JsonFault::none);
    }
    for (const std::string_view text : {"[1,2,3,4,5]", "[[],[],[[],[]]]", R"({"a":1,"b":"2","c":[null,[]]})"}) {
        LATTICE_SHOW(text);
        CHECK(fault_of(text, bounds) == JsonFault::too_many_values);
    }
    CHECK(fault_of("[" + repeated("1,", 9'998) + "1]") == JsonFault::none);
    CHECK(fault_of("[" + repeated("1,", 9'999) + "1]") == JsonFault::too_many_values);
}

TEST_CASE("keys of one object are bounded, and counted per object") {
    CHECK(fault_of(object_of_keys(256)) == JsonFault::none);
    CHECK(fault_of(object_of_keys(257)) == JsonFault::too_many_keys);
    CHECK(fault_of("[" + object_of_keys(200) + "," + object_of_keys(200) + "]") == JsonFault::none);
    CHECK(fault_of(R"({"inner":)" + object_of_keys(257) + "}") == JsonFault::too_many_keys);
    // The outer object's keys do not count for the inner one, and are not forgotten after it.
    std::string outer = object_of_keys(255);
    outer.back() = ',';
    CHECK(fault_of(outer + R"("z":)" + object_of_keys(256) + "}") == JsonFault::none);
    CHECK(fault_of(outer + R"("z":)" + object_of_keys(256) + R"(,"y":1})") == JsonFault::too_many_keys);
}

TEST_CASE("a repeated key is refused, at every level and in every spelling") {
    for (const std::string_view text :
         {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"":1,"":2})", R"([{"a":{"b":1,"b":2}}])",
          R"({"a":1,"\u0061":2})", R"({"\/":1,"/":2})", R"({"x":{"a":1},"y":1,"x":2})", R"({"é":1,"\u00e9":2})"}) {
        LATTICE_SHOW(text);
        CHECK(fault_of(text) == JsonFault::repeated_key);
    }
    for (const std::string_view text :
         {R"({"a":{"a":{"a":1}}})", R"([{"a":1},{"a":2}])", R"({"a":1,"A":2})", R"({"a":{"b":1},"b":2})"}) {
        LATTICE_SHOW(text);
        CHECK(fault_of(text) == JsonFault::none);
    }
}

TEST_CASE("numbers are bounded in length") {
    CHECK(fault_of("[0." + repeated("1", 62) + "]") == JsonFault::none);
    CHECK(fault_of("[0." + repeated("1", 63) + "]") == JsonFault::number_too_long);
    CHECK(fault_of("[" + repeated("1", 64) + "]") == JsonFault::none);
    CHECK(fault_of("[" + repeated("1", 65) + "]") == JsonFault::number_too_long);
    CHECK(fault_of("[1e" + repeated("0", 63) + "]") == JsonFault::number_too_long);
    CHECK(fault_of("[-" + repeated("9", 200) + "]") == JsonFault::number_too_long);
}

TEST_CASE("documents that would fill memory for few bytes are refused") {
    CHECK(fault_of("[" + repeated("{},", 3'000) + "{}]") == JsonFault::expands_too_much);
    CHECK(fault_of("[" + repeated(R"("",)", 3'000) + "0]") == JsonFault::expands_too_much);
    CHECK(fault_of("[" + repeated("[],", 3'000) + "[]]") == JsonFault::expands_too_much);
    // What honest nodes send is not: small documents, numbers, short strings, records.
    CHECK(fault_of("[" + repeated("{},", 50) + "{}]") == JsonFault::none);
    CHECK(fault_of("[" + repeated(R"("abc",)", 3'000) + "0]") == JsonFault::none);
    CHECK(fault_of("[" + repeated(R"({"id":7,"ok":true},)", 2'000) + "0]") == JsonFault::none);
}
