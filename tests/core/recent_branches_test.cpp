#include <lattice/core/recent_branches.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;

TEST_CASE("a branch is new once, another part or another message is another branch") {
    RecentBranches branches;
    CHECK(branches.insert(test::name(1), {1, 5}));
    CHECK_FALSE(branches.insert(test::name(1), {1, 5}));
    CHECK(branches.insert(test::name(1), {1, 9}));
    CHECK(branches.insert(test::name(2), {1, 5}));
    for (std::uint64_t i = 0; i < 127; ++i) {
        CHECK(branches.insert(test::name(3), {i, i + 1}));
    }
    CHECK(branches.insert(test::name(1), {1, 5}));  // Forgotten meanwhile.
}
