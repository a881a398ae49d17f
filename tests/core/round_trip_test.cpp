#include <lattice/core/random.hpp>
#include <lattice/core/round_trip.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

TEST_CASE("of a steady path little more than the round trip is waited for") {
    RoundTrip path;
    CHECK_FALSE(path.known());
    for (int i = 0; i < 50; ++i) {
        path.add(80ms);
    }
    CHECK(path.mean() == 80ms);
    CHECK(path.patience(4) >= 85ms);
    CHECK(path.patience(4) < 86ms);
}

TEST_CASE("of a path that varies more is waited for, by its deviation") {
    RoundTrip path;
    Random random(1);
    for (int i = 0; i < 2'000; ++i) {
        path.add(50ms + std::chrono::microseconds{random.below(100'000)}, 5);
    }
    CHECK(path.mean() > 90ms);
    CHECK(path.mean() < 110ms);
    CHECK(path.patience(2) > 135ms);  // The mean deviation of a uniform law is a quarter of its width.
    CHECK(path.patience(2) < 165ms);
}

TEST_CASE("the first sample counts in full") {
    RoundTrip path;
    path.add(10ms);
    CHECK(path.mean() == 10ms);
    CHECK(path.patience(4) == 30ms);
}
