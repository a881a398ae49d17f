#include <algorithm>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/core/weight_heap.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("the heaviest is told, as a walk over all would tell it") {
    Random random(1);
    WeightHeap heap;
    std::vector<std::uint64_t> twin(50);
    for (int i = 0; i < 20'000; ++i) {
        const auto number = static_cast<std::uint32_t>(random.below(twin.size()));
        const std::uint64_t weight = random.below(3) == 0 ? 0 : random.below(100);
        heap.set(number, weight);
        twin[number] = weight;
        const std::uint64_t most = *std::max_element(twin.begin(), twin.end());
        REQUIRE(heap.empty() == (most == 0));
        if (most != 0) {
            REQUIRE(twin[heap.heaviest()] == most);
        }
    }
}
