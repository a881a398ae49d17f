#include <chrono>
#include <vector>

#include <lattice/sim/partition.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;
using namespace std::chrono_literals;

namespace {

/// Who hears whom among `nodes`, as counts of nodes that each node can send to, itself included.
std::vector<int> reach(Partition partition, NodeIndex nodes, Duration now = 0ms) {
    partition.settle(42, nodes);
    std::vector<int> counts(nodes, 0);
    for (NodeIndex from = 0; from < nodes; ++from) {
        for (NodeIndex to = 0; to < nodes; ++to) {
            counts[from] += partition.cuts(from, to, now) ? 0 : 1;
        }
    }
    return counts;
}

}  // namespace

TEST_CASE("Halves hear themselves only", "[sim]") { CHECK(reach(Partition::halves(), 8) == std::vector<int>(8, 4)); }

TEST_CASE("An isolated node is alone", "[sim]") {
    CHECK(reach(Partition::isolate(2), 5) == std::vector<int>{4, 4, 1, 4, 4});
}

TEST_CASE("In a ring of majorities everyone reaches a majority, and nobody all", "[sim]") {
    for (NodeIndex nodes = 5; nodes < 40; ++nodes) {
        LATTICE_SHOW(nodes);
        for (const int count : reach(Partition::ring_of_majorities(), nodes)) {
            REQUIRE(2 * count > static_cast<int>(nodes));
            REQUIRE(count < static_cast<int>(nodes));
        }
    }
}

TEST_CASE("A bridge joins two halves by one node", "[sim]") {
    int bridges = 0;
    for (const int count : reach(Partition::bridge(), 9)) {
        bridges += count == 9 ? 1 : 0;
        CHECK((count == 9 || count == 5));
    }
    CHECK(bridges == 1);
}

TEST_CASE("A one-way cut lets one side speak", "[sim]") {
    int speakers = 0;
    for (const int count : reach(Partition::one_way(), 8)) {
        speakers += count == 8 ? 1 : 0;
        CHECK((count == 8 || count == 4));
    }
    CHECK(speakers == 4);
}

TEST_CASE("A flapping cut comes and goes", "[sim]") {
    const Partition flapping = Partition::halves().flapping(10ms);
    CHECK(reach(flapping, 4, 5ms) == std::vector<int>(4, 2));
    CHECK(reach(flapping, 4, 15ms) == std::vector<int>(4, 4));
    CHECK(reach(flapping, 4, 25ms) == std::vector<int>(4, 2));
}

TEST_CASE("Sides may be named", "[sim]") {
    CHECK(reach(Partition::sides({0, 1, 1}), 4) == std::vector<int>{2, 2, 2, 2});
}
