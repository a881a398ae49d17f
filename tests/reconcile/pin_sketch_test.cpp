#include <lattice/reconcile/pin_sketch.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

std::vector<std::uint64_t> sums_of(const std::vector<std::uint64_t>& ids, std::size_t count) {
    std::vector<std::uint64_t> sums(count);
    for (const std::uint64_t id : ids) {
        gf64::add_odd_powers(sums.data(), count, id);
    }
    return sums;
}

}  // namespace

TEST_CASE("a sketch gives back as many ids as it has sums") {
    Random random(GENERATE(1U, 2U));
    for (std::size_t count = 0; count <= 40; ++count) {
        for (const std::size_t spare : {std::size_t{0}, std::size_t{1}, std::size_t{9}}) {
            const auto ids = random_short_ids(random, count);
            const auto found = decode_power_sums(sums_of(ids, count + spare));
            REQUIRE(found.has_value());
            REQUIRE(sorted(*found) == sorted(ids));
        }
    }
}

TEST_CASE("sketches of two sets add up to that of their difference") {
    Random random(3);
    const auto shared = random_short_ids(random, 500);
    const auto alone = random_short_ids(random, 12);
    auto ours = sums_of(shared, 12);
    const auto theirs = sums_of(alone, 12);
    for (const std::uint64_t id : shared) {
        gf64::add_odd_powers(ours.data(), 12, id);
    }
    for (std::size_t i = 0; i < 12; ++i) {
        ours[i] ^= theirs[i];
    }
    CHECK(sorted(*decode_power_sums(ours)) == sorted(alone));
}

TEST_CASE("with a sum to spare, too many ids are noticed") {
    Random random(4);
    for (std::size_t count = 3; count <= 30; ++count) {
        // What the sums suggest needs all of them: nothing confirms it.
        ErrorLocator locator;
        for (const std::uint64_t sum : sums_of(random_short_ids(random, count), count - 2)) {
            locator.add(sum);
        }
        CHECK(locator.length() == locator.sums());
    }
}

TEST_CASE("arbitrary sums never give more ids than sums") {
    Random random(5);
    for (int i = 0; i < 300; ++i) {
        auto sums = random_short_ids(random, random.below(20));
        if (!sums.empty() && i % 3 == 0) {
            sums[random.below(sums.size())] = 0;
        }
        const auto found = decode_power_sums(sums);
        REQUIRE((!found || found->size() <= sums.size()));
    }
    CHECK(decode_power_sums(std::vector<std::uint64_t>(20))->empty());
}
