#include <lattice/metrics/counters.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("No number of the statistics is listed twice or left out", "[metrics]") {
    Statistics statistics;
    for (const Counter& counter : counters) {
        ++(statistics.*counter.value);
    }
    for (const Counter& counter : counters) {
        CHECK(statistics.*counter.value == 1);
    }
}
