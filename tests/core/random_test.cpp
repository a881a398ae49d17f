#include <array>
#include <vector>

#include <lattice/core/random.hpp>

#include "support/catch.hpp"

using namespace lattice;

// Computed from the published algorithms by an independent program; the same on every platform for ever.
TEST_CASE("a seed gives the same numbers everywhere") {
    Random random(1);
    const std::array<std::uint64_t, 3> first{random.next(), random.next(), random.next()};
    CHECK(first == std::array<std::uint64_t, 3>{0xb3f2af6d0fc710c5U, 0x853b559647364ceaU, 0x92f89756082a4514U});
}

TEST_CASE("numbers below a bound are uniform and in range") {
    Random random(2);
    std::vector<int> counts(7);
    for (int i = 0; i < 70'000; ++i) {
        const auto value = random.below(7);
        REQUIRE(value < 7);
        ++counts[static_cast<std::size_t>(value)];
    }
    for (const int count : counts) {
        CHECK(count > 9'600);  // 4 sigma of a binomial with n = 70,000, p = 1/7 are 370.
        CHECK(count < 10'400);
    }
    CHECK(random.below(0) == 0);
    CHECK(random.below(1) == 0);
}

TEST_CASE("unit numbers lie in [0, 1)") {
    Random random(3);
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double value = random.unit();
        REQUIRE(value >= 0.0);
        REQUIRE(value < 1.0);
        sum += value;
    }
    CHECK(sum / 10'000 > 0.488);  // 4 sigma of the mean are 0.0115.
    CHECK(sum / 10'000 < 0.512);
}
