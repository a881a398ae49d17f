#include <array>
#include <string>
#include <string_view>

#include <lattice/codec/json_fields.hpp>

#include "codec/json_text.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

struct TimeVisitor : JsonVisitor {
    WallTime time{};
    JsonError value(const JsonScalar& scalar, std::size_t) noexcept {
        return json_field::read_time(scalar, "timestamp", time);
    }
};

/// Reads a time out of JSON; -1 when it is refused.
std::int64_t read_time(const std::string& text) {
    TimeVisitor visitor;
    return scan_json(text, {}, visitor) ? -1 : visitor.time.time_since_epoch().count();
}

std::string written_time(std::int64_t microseconds) {
    std::string text;
    json_field::append_time(text, at(microseconds));
    return text;
}

constexpr std::int64_t latest = std::int64_t{1} << 53;

}  // namespace

TEST_CASE("times are written as seconds with six decimals") {
    CHECK(written_time(0) == "0.000000");
    CHECK(written_time(1) == "0.000001");
    CHECK(written_time(some_time) == "1700000000.123456");
    CHECK(written_time(1'700'000'000'000'000) == "1700000000.000000");
    CHECK(written_time(latest) == "9007199254.740992");
}

TEST_CASE("every microsecond comes back exactly") {
    Random random(7);
    for (int i = 0; i < 20'000; ++i) {
        const auto time = static_cast<std::int64_t>(random.below(std::uint64_t{latest} + 1));
        REQUIRE(read_time(written_time(time)) == time);
    }
    for (const std::int64_t time : {std::int64_t{0}, std::int64_t{1}, some_time, latest - 1, latest}) {
        CHECK(read_time(written_time(time)) == time);
    }
}

TEST_CASE("every microsecond until 2106 survives a relay that holds a double") {
    Random random(8);
    constexpr std::int64_t year_2106 = (std::int64_t{1} << 32) * 1'000'000;
    for (int i = 0; i < 20'000; ++i) {
        const auto time = static_cast<std::int64_t>(random.below(std::uint64_t{year_2106}));
        const std::string relayed = nlohmann::json(std::stod(written_time(time))).dump();
        LATTICE_SHOW(relayed);
        REQUIRE(read_time(relayed) == time);
    }
}

TEST_CASE("times in other spellings are read, and rounded to microseconds") {
    CHECK(read_time("1700000000") == 1'700'000'000'000'000);
    CHECK(read_time("1.7e9") == 1'700'000'000'000'000);
    CHECK(read_time("1.7E+9") == 1'700'000'000'000'000);
    CHECK(read_time("1700000000.1234567") == 1'700'000'000'123'457);
    CHECK(read_time("1700000000.1234564") == some_time);
    CHECK(read_time("1700000000.99999999") == 1'700'000'001'000'000);
    CHECK(read_time("0.0000005") == 1);
    CHECK(read_time("5e-7") == 1);
    CHECK(read_time("0.00000049999999") == 0);
    CHECK(read_time("0") == 0);
    CHECK(read_time("-0.0") == 0);
    CHECK(read_time("0.1") == 100'000);
}

TEST_CASE("times out of range or of another type are refused") {
    for (const char* text :
         {"-1", "-0.000001", "-1e300", "9007199254.740993", "9007199255", "1e10", "1e300", "1700000000000",
          "18446744073709551615", "99999999999999999999", "\"1700000000\"", "null", "true", "[1]", "1e-400e"}) {
        LATTICE_SHOW(text);
        const bool container = *text == '[';
        CHECK((container ? -1 : read_time(text)) == -1);
    }
}

TEST_CASE("hexadecimal digits are read in either case and exact length") {
    std::array<std::byte, 2> bytes{};
    CHECK(json_field::read_hex("00ff", bytes));
    CHECK(json_field::read_hex("aBCd", bytes));
    CHECK(octets(bytes) == from_hex("abcd"));
    for (const std::string_view text : {"", "abc", "abcde", "abcg", "0xab", "-1ab", "+1ab", " 1ab", "ab\x80q"}) {
        LATTICE_SHOW(text);
        CHECK_FALSE(json_field::read_hex(text, bytes));
    }
}

TEST_CASE("strings are written so that every parser reads them back") {
    std::string every_character;
    for (char c = 1; c < 127; ++c) {
        every_character += c;
    }
    std::string text;
    json_field::append_string(text, every_character);
    CHECK(nlohmann::json::parse(text).get<std::string>() == every_character);
}
