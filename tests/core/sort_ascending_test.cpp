#include <algorithm>
#include <cstdint>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/core/sort_ascending.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;

TEST_CASE("names come out in order, whatever their number and repetition") {
    Random random(1);
    for (std::size_t count = 0; count < 200; ++count) {
        std::vector<MessageId> names;
        for (std::size_t i = 0; i < count; ++i) {
            names.push_back(test::name(random.below(count)));
        }
        std::vector<MessageId> expected = names;
        std::sort(expected.begin(), expected.end());
        sort_ascending(names);
        REQUIRE(names == expected);
    }
}

namespace {

/// Something with a rank, and more to tell it from others of the same rank.
struct Ranked {
    std::uint64_t rank;
    std::uint64_t rest;

    friend bool operator<(const Ranked& a, const Ranked& b) noexcept {
        return a.rank != b.rank ? a.rank < b.rank : a.rest < b.rest;
    }
    friend bool operator==(const Ranked&, const Ranked&) = default;
};

}  // namespace

TEST_CASE("what has a rank comes out in order, be the ranks even, few, or chosen close together") {
    Random random(2);
    const std::uint64_t width = GENERATE(std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{1} << 20U, std::uint64_t{0});
    const std::uint64_t base = GENERATE(std::uint64_t{0}, ~std::uint64_t{0} - (std::uint64_t{1} << 21U));
    for (std::size_t count = 0; count < 200; ++count) {
        std::vector<Ranked> values;
        for (std::size_t i = 0; i < count; ++i) {
            values.push_back({width == 0 ? random.next() : base + random.below(width), random.below(3)});
        }
        std::vector<Ranked> expected = values;
        std::sort(expected.begin(), expected.end());
        sort_by_rank(values);
        REQUIRE(values == expected);
    }
}
