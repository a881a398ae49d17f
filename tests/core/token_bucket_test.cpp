#include <chrono>

#include <lattice/core/token_bucket.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

TEST_CASE("a bucket allows its burst at once and its rate afterwards") {
    TokenBucket bucket;
    const TimePoint start{1h};
    int taken = 0;
    while (bucket.take(1, 200, start)) {
        ++taken;
    }
    CHECK(taken == 400);
    taken = 0;
    for (auto at = start; at < start + 10s; at += 1ms) {
        taken += bucket.take(1, 200, at) ? 1 : 0;
    }
    CHECK(taken >= 1'999);
    CHECK(taken <= 2'000);
}

TEST_CASE("what is refused costs nothing") {
    TokenBucket bucket;
    const TimePoint start{1h};
    CHECK_FALSE(bucket.take(1'000, 100, start));
    CHECK(bucket.take(200, 100, start));
    CHECK_FALSE(bucket.take(1, 100, start));
    CHECK(bucket.take(1, 100, start + 10ms));
}

TEST_CASE("a rate of 0 means no limit") {
    TokenBucket bucket;
    CHECK(bucket.take(1U << 30U, 0, TimePoint{}));
}
