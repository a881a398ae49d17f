#include <lattice/reconcile/coded_symbols.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

TEST_CASE("an id lies in different symbols of a block, and in those that it says") {
    Random random(1);
    for (const std::uint64_t id : random_short_ids(random, 300)) {
        const SymbolIndices indices(id);
        std::set<std::size_t> seen;
        indices.visit_below(600, [&](std::size_t index) { REQUIRE(seen.insert(index).second); });
        CHECK(seen.count(0) == 1);
        for (std::size_t index = 0; index < 600; ++index) {
            REQUIRE(indices.holds(index) == (seen.count(index) == 1));
        }
    }
}

TEST_CASE("the density falls like one over the index: two symbols per block") {
    Random random(2);
    std::vector<std::size_t> per_block(16);
    const std::size_t count = 20'000;
    for (const std::uint64_t id : random_short_ids(random, count)) {
        for (unsigned block = 0; block < per_block.size(); ++block) {
            SymbolIndices(id).visit_block(block, [&](std::size_t index) {
                REQUIRE(index + 1 >= std::size_t{1} << block);
                REQUIRE(index + 1 < std::size_t{2} << block);
                ++per_block[block];
            });
        }
    }
    for (std::size_t block = 4; block < per_block.size(); ++block) {
        const double mean = static_cast<double>(per_block[block]) / static_cast<double>(count);
        CHECK(mean > 1.90);  // a quarter in 5.4, the others in 0.8: 1.95
        CHECK(mean < 2.00);
    }
}

TEST_CASE("symbols kept up to date are those of the set, whatever the order of changes") {
    Random random(GENERATE(3U, 4U));
    CodedSymbols kept;
    std::set<std::uint64_t> twin;
    for (int i = 0; i < 3'000; ++i) {
        const std::uint64_t id = random.below(200) + 1;
        kept.toggle(id);
        if (!twin.erase(id)) {
            twin.insert(id);
        }
        const auto chance = random.below(100);
        if (chance == 0 && kept.blocks() < 12) {
            kept.append_block();
            for (const std::uint64_t held : twin) {
                kept.toggle_last_block(held);
            }
        } else if (chance == 1 && kept.blocks() > 0) {
            kept.drop_last_block();
        }
        if (i % 100 == 0) {
            CodedSymbols fresh;
            while (fresh.blocks() < kept.blocks()) {
                fresh.append_block();
            }
            for (const std::uint64_t held : twin) {
                fresh.toggle(held);
            }
            REQUIRE(kept == fresh);
        }
    }
}

TEST_CASE("the indices of an id are the same everywhere and for ever") {
    std::vector<std::size_t> indices;
    SymbolIndices(0x0123456789abcdefU).visit_below(4'095, [&](std::size_t index) { indices.push_back(index); });
    std::string text;
    for (const std::size_t index : indices) {
        text += std::to_string(index) + " ";
    }
    CHECK(text ==
          "0 2 1 6 5 4 3 14 9 12 7 10 13 18 29 24 19 30 51 42 33 56 47 38 78 111 80 113 82 250 171 220 141 190 239 487 "
          "500 257 270 283 296 700 835 970 593 728 1969 1970 1971 1972 1973 1974 2979 2738 2497 2256 4063 ");
    CHECK(SymbolChecks::check_of(0x0123456789abcdefU) == 28);
}
