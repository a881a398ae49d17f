#include <map>

#include <lattice/reconcile/id_table.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

/// Few different ids, some of which crowd at the ends of the range, so that runs are long and wrap round.
std::uint64_t crowded_id(Random& random) {
    const std::uint64_t low = random.below(60) + 1;
    switch (random.below(4)) {
        case 0:
            return low;
        case 1:
            return ~std::uint64_t{0} - low;
        case 2:
            return low << 56U;
        default:
            return (std::uint64_t{0x77} << 56U) + low;
    }
}

}  // namespace

TEST_CASE("the table agrees with a plain map under random operations") {
    Random random(GENERATE(1U, 2U, 3U, 4U));
    IdTable table;
    std::map<std::uint64_t, IdTable::Handle> twin;
    for (int i = 0; i < 6'000; ++i) {
        const std::uint64_t id = crowded_id(random);
        const auto handle = static_cast<IdTable::Handle>(random.below(1'000));
        // Phases of growth and of decline.
        if (random.below(10) < (i / 1'000 % 2 == 0 ? 7U : 3U)) {
            REQUIRE(table.insert(id, handle) == twin.emplace(id, handle).second);
        } else {
            REQUIRE(table.erase(id) == (twin.erase(id) == 1));
        }
        REQUIRE(table.size() == twin.size());
        const auto found = table.find(id);
        REQUIRE(found.has_value() == (twin.count(id) == 1));
        if (found) {
            REQUIRE(*found == twin[id]);
        }
        if (i % 50 == 0) {
            const std::uint64_t from = random.below(2) == 0 ? crowded_id(random) : 0;
            const std::size_t limit = random.below(40) + 1;
            std::vector<std::uint64_t> expected;
            for (auto it = twin.lower_bound(from); it != twin.end() && expected.size() < limit; ++it) {
                expected.push_back(it->first);
            }
            REQUIRE(table.ascending_from(from, limit) == expected);
        }
    }
}

TEST_CASE("all ids are visited once, and pages of ids follow one another") {
    Random random(5);
    IdTable table;
    const auto ids = random_short_ids(random, 5'000);
    for (const std::uint64_t id : ids) {
        table.insert(id, 1);
    }
    std::vector<std::uint64_t> visited;
    table.for_each([&](std::uint64_t id, IdTable::Handle) { visited.push_back(id); });
    CHECK(sorted(visited) == sorted(ids));

    std::vector<std::uint64_t> paged;
    for (std::uint64_t from = 0;;) {
        const auto page = table.ascending_from(from, 333);
        paged.insert(paged.end(), page.begin(), page.end());
        if (page.size() < 333) {
            break;
        }
        from = page.back() + 1;
    }
    CHECK(paged == sorted(ids));
}

TEST_CASE("memory is at most 20 bytes per id, but for a few") {
    Random random(6);
    IdTable table;
    for (std::size_t count = 1; count <= 30'000; ++count) {
        table.insert(random.next() | 1U, 0);
        if (count >= 100) {
            REQUIRE(table.bytes() <= 21 * count + 300);
        }
    }
}

TEST_CASE("an empty table finds nothing, and 0 is no id") {
    IdTable table;
    CHECK_FALSE(table.contains(7));
    CHECK_FALSE(table.erase(7));
    CHECK(table.ascending_from(0, 10).empty());
    table.insert(7, 1);
    CHECK_FALSE(table.contains(0));
    table.set_handle(7, 2);
    CHECK(table.find(7) == 2U);
}
