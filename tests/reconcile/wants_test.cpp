#include <lattice/reconcile/wants.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

TEST_CASE("what is wanted is read as it was written, window by window") {
    WantsWriter writer;
    writer.add({1'000, {}, {7, 8}});
    writer.add({999, Salt{1, 2}, {9}});
    CHECK(writer.count() == 3);
    CHECK(hex({writer.bytes().begin(), writer.bytes().end()}) ==
          "d00f0207000000000000000800000000000000"
          "cf0f01000000000000000200000000000000010900000000000000");
    WantsReader reader(writer.bytes());
    const auto first = reader.next();
    REQUIRE(first);
    CHECK(first->window == 1'000);
    CHECK_FALSE(first->salt);
    CHECK(first->ids == std::vector<std::uint64_t>{7, 8});
    const auto second = reader.next();
    REQUIRE(second);
    CHECK(second->window == 999);
    CHECK(second->salt == Salt{1, 2});
    CHECK_FALSE(reader.next());
}

TEST_CASE("a count without its ids ends the reading, and allocates nothing") {
    const auto bytes = from_hex("d00fffffffffffffff7f07");
    WantsReader reader(bytes);
    CHECK_FALSE(reader.next());
    CHECK_FALSE(reader.next());
}
