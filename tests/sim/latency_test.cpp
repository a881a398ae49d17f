#include <chrono>

#include <lattice/sim/latency.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;
using namespace std::chrono_literals;

TEST_CASE("Latencies keep within their law", "[sim]") {
    Random random(1);
    CHECK(Latency::constant(7ms).draw(random, 1, 0, 1) == 7ms);
    for (int i = 0; i < 1'000; ++i) {
        const Duration uniform = Latency::uniform(10ms, 20ms).draw(random, 1, 0, 1);
        REQUIRE((uniform >= 10ms && uniform <= 20ms));
        REQUIRE(Latency::exponential(5ms, 3ms).draw(random, 1, 0, 1) >= 3ms);
        REQUIRE(Latency::log_normal(5ms, 1.0).draw(random, 1, 0, 1) > 0ms);
    }
}

TEST_CASE("A matrix holds between regions, node by node in turn", "[sim]") {
    Random random(1);
    const Latency latency = Latency::matrix(2, {1ms, 30ms, 40ms, 2ms});
    CHECK(latency.draw(random, 1, 0, 2) == 1ms);
    CHECK(latency.draw(random, 1, 0, 3) == 30ms);
    CHECK(latency.draw(random, 1, 5, 4) == 40ms);
    CHECK(latency.draw(random, 1, 5, 7) == 2ms);
}

TEST_CASE("A latency fixed per link is the same for every frame, in both directions, and differs between links",
          "[sim]") {
    Random random(1);
    const Latency latency = Latency::uniform(1ms, 1s).fixed_per_link();
    const Duration first = latency.draw(random, 9, 3, 4);
    CHECK(latency.draw(random, 9, 3, 4) == first);
    CHECK(latency.draw(random, 9, 4, 3) == first);
    CHECK(latency.draw(random, 9, 3, 5) != first);
    CHECK(latency.draw(random, 10, 3, 4) != first);
    Random twin(1);
    CHECK(random.next() == twin.next());
}
