#include <vector>

#include <lattice/core/links.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("a mask holds the links that were put in, and none for no_link") {
    CHECK(mask_of(0) == 1U);
    CHECK(mask_of(31) == 0x80000000U);
    CHECK(mask_of(no_link) == 0U);
    std::vector<std::uint32_t> links;
    for_each_link(mask_of(3) | mask_of(31) | mask_of(0), [&](std::uint32_t link) { links.push_back(link); });
    CHECK(links == std::vector<std::uint32_t>{0, 3, 31});
}

TEST_CASE("the key of an origin is FNV-1a of its id, on every node") {
    CHECK(origin_key("") == 0xcbf29ce484222325U);  // Both from the reference vectors of the algorithm's authors.
    CHECK(origin_key("foobar") == 0x85944171f73967e8U);
}
