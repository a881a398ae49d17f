#include <lattice/reconcile/inquiry.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

template <typename T>
std::vector<std::byte> encoded(const T& value) {
    std::vector<std::byte> bytes;
    encode(value, bytes);
    return bytes;
}

AgeSet ages(std::initializer_list<std::uint64_t> members) {
    AgeSet set;
    for (const std::uint64_t age : members) {
        set.insert(age);
    }
    return set;
}

Inquiry full_inquiry() {
    Inquiry inquiry;
    inquiry.network_key = Salt{1, 2};
    inquiry.newest = 300;
    inquiry.older = Inquiry::Older{0x1122334455667788U, ages({3, 9})};
    inquiry.parts = {{0, from_hex("aabb")}, {200, from_hex("cc")}};
    return inquiry;
}

Answer full_answer() {
    Answer answer;
    answer.older = Answer::Older{ages({1}), {{2, 7, 300}, {90, 8, 1}}};
    answer.parts = {from_hex("10"), from_hex("1122")};
    return answer;
}

Answer other_key() {
    Answer answer;
    answer.other_key = {Answer::Holding::nothing, {5, 6}};
    return answer;
}

constexpr const char* inquiry_bytes =
    "2301000000000000000200000000000000ac02887766554433221102080200"
    "02aabbc80101cc";
constexpr const char* answer_bytes =
    "220102"
    "02"
    "02"
    "0700000000000000"
    "ac02"
    "5a"
    "0800000000000000"
    "01"
    "0110"
    "021122";

}  // namespace

TEST_CASE("inquiries and answers have the bytes that they had", "[golden]") {
    CHECK(hex(encoded(full_inquiry())) == inquiry_bytes);
    CHECK(hex(encoded(full_answer())) == answer_bytes);
    CHECK(hex(encoded(other_key())) ==
          "21020500000000000000"
          "0600000000000000");
    CHECK(hex(encoded(Inquiry{})) == "2000");
    CHECK(hex(encoded(Answer{})) == "20");
}

TEST_CASE("what was encoded decodes to the same") {
    const auto inquiry = decode_inquiry(from_hex(inquiry_bytes));
    REQUIRE(inquiry);
    CHECK(inquiry->network_key == Salt{1, 2});
    CHECK(inquiry->newest == 300);
    CHECK(inquiry->older->left_out == ages({3, 9}));
    REQUIRE(inquiry->parts.size() == 2);
    CHECK(inquiry->parts[1].age == 200);
    CHECK(encoded(*inquiry) == from_hex(inquiry_bytes));
    const auto answer = decode_answer(from_hex(answer_bytes));
    REQUIRE(answer);
    CHECK(answer->older->windows[1].age == 90);
    CHECK(answer->older->windows[0].size == 300);
    CHECK(encoded(*answer) == from_hex(answer_bytes));
    const auto other = decode_answer(encoded(other_key()));
    REQUIRE(other);
    CHECK(other->other_key->key == Salt{5, 6});
}

TEST_CASE("bytes that were cut anywhere are refused, or are whole parts") {
    for (const char* text : {inquiry_bytes, answer_bytes}) {
        const auto bytes = from_hex(text);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
            if (const auto inquiry = decode_inquiry(cut)) {
                CHECK(encoded(*inquiry) == cut);
            }
            if (const auto answer = decode_answer(cut)) {
                CHECK(encoded(*answer) == cut);
            }
        }
    }
}

TEST_CASE("inquiries and answers beyond the bounds are refused") {
    CHECK_FALSE(decode_inquiry(from_hex("10")));        // another version
    CHECK_FALSE(decode_inquiry(from_hex("20050600")));  // older than time
    CHECK_FALSE(
        decode_inquiry(from_hex("22000000000000000000"
                                "21")));  // more ages than there are
    CHECK_FALSE(decode_answer(from_hex("2103")));
    CHECK_FALSE(
        decode_answer(from_hex("2200"
                               "02"
                               "05"
                               "0700000000000000"
                               "01"
                               "05"
                               "0700000000000000"
                               "01")));
    Inquiry many;
    Answer long_answer;
    for (std::size_t i = 0; i <= inquiry_parts_max; ++i) {
        many.parts.push_back({0, {}});
        long_answer.parts.emplace_back();
    }
    CHECK_FALSE(decode_inquiry(encoded(many)));
    CHECK_FALSE(decode_answer(encoded(long_answer)));
}

TEST_CASE("a set of ages holds what was put in, and everything beyond its reach") {
    const AgeSet set = ages({0, 63, 64, 255});
    for (std::uint64_t age = 0; age < 300; ++age) {
        CHECK(set.contains(age) == (age == 0 || age == 63 || age == 64 || age >= 255));
    }
}
