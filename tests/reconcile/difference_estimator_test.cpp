#include <cmath>

#include <lattice/reconcile/difference_estimator.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

DifferenceEstimate estimate(const DifferenceEstimator& ours, const DifferenceEstimator& theirs, EstimatorShape shape) {
    std::vector<std::byte> bytes;
    theirs.write(shape, [&](std::uint8_t byte) { bytes.push_back(std::byte{byte}); });
    REQUIRE(bytes.size() == shape.bytes());
    return ours.compare(shape, bytes.data());
}

DifferenceEstimate estimate_of(Random& random, std::size_t differences, EstimatorShape shape) {
    DifferenceEstimator ours;
    DifferenceEstimator theirs;
    for (const std::uint64_t id : random_short_ids(random, 100)) {
        ours.toggle(id);
        theirs.toggle(id);
    }
    for (std::size_t i = 0; i < differences; ++i) {
        (i % 2 == 0 ? ours : theirs).toggle(random.next());
    }
    return estimate(ours, theirs, shape);
}

}  // namespace

TEST_CASE("equal sets have no estimated difference") {
    Random random(1);
    CHECK(estimate_of(random, 0, {12, 4}).size == 0);
    CHECK_FALSE(estimate_of(random, 0, {1, 3}).odd);
}

TEST_CASE("whether a difference is odd is certain") {
    Random random(2);
    for (std::size_t differences = 0; differences < 60; ++differences) {
        CHECK(estimate_of(random, differences, {12, 4}).odd == (differences % 2 == 1));
        CHECK(estimate_of(random, differences, {1, 6}).odd == (differences % 2 == 1));
    }
}

TEST_CASE("estimates are about right, and know how wrong they are") {
    struct Case {
        EstimatorShape shape;
        std::size_t differences;
        double deviation_max;
    };
    const Case given =
        GENERATE(Case{{12, 4}, 5, 0.30}, Case{{12, 4}, 100, 0.38}, Case{{12, 4}, 3'000, 0.40}, Case{{1, 7}, 10, 0.18},
                 Case{{4, 7}, 100, 0.11}, Case{{8, 7}, 1'000, 0.14}, Case{{11, 8}, 10'000, 0.11});
    Random random(3);
    const int runs = 100;
    double sum = 0;
    double squares = 0;
    double claimed = 0;
    int above = 0;
    for (int run = 0; run < runs; ++run) {
        const auto found = estimate_of(random, given.differences, given.shape);
        const double error = std::log(found.size / static_cast<double>(given.differences));
        sum += error;
        squares += error * error;
        claimed += found.deviation;
        above += found.at_most(1.8) < static_cast<double>(given.differences) - 0.5 ? 1 : 0;
        CHECK_FALSE(found.saturated);
    }
    LATTICE_SHOW(given.differences);
    CHECK(std::abs(sum / runs) < 0.1);
    CHECK(std::sqrt(squares / runs) < given.deviation_max);
    CHECK(claimed / runs < given.deviation_max);
    CHECK(above <= 12);  // 1.8 deviations: 3.6 % of a normal distribution; small whole numbers are coarser
}

TEST_CASE("a difference beyond the shape is said to be so") {
    Random random(4);
    int saturated = 0;
    for (int run = 0; run < 40; ++run) {
        saturated += estimate_of(random, 5'000, {1, 6}).saturated ? 1 : 0;
    }
    CHECK(saturated >= 30);
}

TEST_CASE("shapes fold and merge without loss: every one sees a single difference") {
    Random random(5);
    for (std::uint8_t levels = 1; levels <= 15; ++levels) {
        for (std::uint8_t log2_bits = 3; log2_bits <= 8; ++log2_bits) {
            const auto found = estimate_of(random, 1, {levels, log2_bits});
            CHECK(found.size > 0.8);
            CHECK(found.size < 1.3);
        }
    }
}

TEST_CASE("unlike the standard library, the helper functions give the same numbers everywhere; they are right, too") {
    for (const double x : {0.0, 1e-9, 0.3, 1.0, 7.5, 39.0}) {
        CHECK(std::abs(detail::exp_minus(x) - std::exp(-x)) <= 1e-9 * std::exp(-x) + 1e-18);
        CHECK(std::abs(detail::square_root(x) - std::sqrt(x)) <= 1e-6);
    }
    CHECK(detail::exp_minus(1e9) == 0);
}

TEST_CASE("shapes from a peer are bounded") {
    CHECK_FALSE(EstimatorShape{0, 4}.valid());
    CHECK_FALSE(EstimatorShape{16, 4}.valid());
    CHECK_FALSE(EstimatorShape{1, 2}.valid());
    CHECK_FALSE(EstimatorShape{1, 9}.valid());
    for (std::size_t expected = 0; expected < 100'000; expected = expected * 2 + 1) {
        CHECK(EstimatorShape::for_expected(expected).valid());
    }
}
