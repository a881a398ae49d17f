#include <cmath>

#include <lattice/sim/chance.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;

TEST_CASE("The fixed-point logarithm and its inverse are as exact as they say", "[sim]") {
    Random random(1);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t value = (random.next() >> random.below(63)) | 1U;
        LATTICE_SHOW(value);
        const double exact = std::log2(static_cast<double>(value));
        REQUIRE(std::fabs(static_cast<double>(log2_fixed(value)) / 4294967296.0 - exact) < 3e-6);
        const auto x = static_cast<std::int64_t>(random.below(std::uint64_t{40} << 32U)) - (std::int64_t{12} << 32U);
        const double power = std::exp2(static_cast<double>(x) / 4294967296.0);
        REQUIRE(std::fabs(static_cast<double>(exp2_fixed(x)) / 4294967296.0 - power) < power * 1e-6 + 1e-9);
    }
}

TEST_CASE("The exponential law has its mean and its tail", "[sim]") {
    Random random(2);
    constexpr int draws = 200'000;
    double sum = 0;
    int beyond_three = 0;
    for (int i = 0; i < draws; ++i) {
        const double x = static_cast<double>(draw_exponential(random, Duration{1'000'000}).count()) / 1e6;
        sum += x;
        beyond_three += x > 3 ? 1 : 0;
    }
    CHECK(std::fabs(sum / draws - 1) < 4 / std::sqrt(draws));
    const double tail = std::exp(-3.0);
    CHECK(std::fabs(beyond_three / double{draws} - tail) < 4 * std::sqrt(tail / draws));
}

TEST_CASE("The normal law has mean zero, deviation one, and the log-normal its median", "[sim]") {
    Random random(3);
    constexpr int draws = 200'000;
    double sum = 0;
    double squares = 0;
    int below_median = 0;
    for (int i = 0; i < draws; ++i) {
        const double z = static_cast<double>(draw_normal(random)) / 4294967296.0;
        sum += z;
        squares += z * z;
        below_median += draw_log_normal(random, Duration{1'000'000}, 0.7) < Duration{1'000'000} ? 1 : 0;
    }
    CHECK(std::fabs(sum / draws) < 4 / std::sqrt(draws));
    CHECK(std::fabs(squares / draws - 1) < 6 / std::sqrt(draws));
    CHECK(std::fabs(below_median / double{draws} - 0.5) < 2 / std::sqrt(draws));
}

TEST_CASE("A probability is its share of the draws, and certainty draws nothing", "[sim]") {
    Random random(4);
    int happened = 0;
    for (int i = 0; i < 100'000; ++i) {
        happened += Probability(0.3).happens(random) ? 1 : 0;
    }
    CHECK(std::abs(happened - 30'000) < 600);
    Random untouched(5);
    Random twin(5);
    CHECK(Probability(1.0).happens(untouched));
    CHECK_FALSE(Probability(0.0).happens(untouched));
    CHECK(untouched.next() == twin.next());
}

TEST_CASE("Draws are the same on every compiler and processor", "[sim]") {
    Random random(6);
    std::uint64_t sum = 0;
    for (int i = 0; i < 1'000; ++i) {
        sum = mixed(sum, static_cast<std::uint64_t>(draw_exponential(random, Duration{50'000'000}).count()));
        sum = mixed(sum, static_cast<std::uint64_t>(draw_log_normal(random, Duration{50'000'000}, 0.5).count()));
        sum = mixed(sum, static_cast<std::uint64_t>(draw_uniform(random, Duration{1}, Duration{1'000}).count()));
    }
    CHECK(sum == 0xd9aa72d354f5d072U);
}
