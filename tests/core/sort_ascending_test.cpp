#include <algorithm>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/core/sort_ascending.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;

TEST_CASE("names come out in order, whatever their number and repetition") {
    Random random(1);
    for (std::size_t count = 0; count < 200; ++count) {
        std::vector<MessageId> names;
        for (std::size_t i = 0; i < count; ++i) {
            names.push_back(test::name(random.below(count)));
        }
        std::vector<MessageId> expected = names;
        std::sort(expected.begin(), expected.end());
        sort_ascending(names);
        REQUIRE(names == expected);
    }
}
