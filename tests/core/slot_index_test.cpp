#include <map>

#include <lattice/core/random.hpp>
#include <lattice/core/slot_index.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("the slot index agrees with a plain multimap under random operations") {
    SlotIndex index;
    std::multimap<std::uint64_t, std::uint32_t> twin;
    Random choice(GENERATE(1U, 2U, 3U));
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t hash = choice.below(400) * 0x1'0000'0001U;
        const auto slot = static_cast<std::uint32_t>(choice.below(50));
        const auto [first, last] = twin.equal_range(hash);
        auto found = first;
        while (found != last && found->second != slot) {
            ++found;
        }
        REQUIRE((index.find(hash, [&](std::uint32_t at) { return at == slot; }) == slot) == (found != last));
        if (found != last) {
            index.erase(hash, slot);
            twin.erase(found);
        } else if (choice.below(2) == 0) {
            index.insert(hash, slot);
            twin.emplace(hash, slot);
        }
        REQUIRE(index.size() == twin.size());
    }
    for (const auto& [hash, slot] : twin) {
        REQUIRE(index.find(hash, [wanted = slot](std::uint32_t at) { return at == wanted; }) == slot);
    }
}

TEST_CASE("an index without entries finds and erases nothing") {
    SlotIndex index;
    CHECK(index.find(7, [](std::uint32_t) { return true; }) == SlotIndex::none);
    index.erase(7, 1);
    CHECK(index.size() == 0);
}

TEST_CASE("a guess is the first slot whose hash bits agree") {
    SlotIndex index;
    CHECK(index.guess(5) == SlotIndex::none);
    index.insert(5, 1);
    index.insert(5, 2);
    CHECK(index.guess(5) == 1);
    CHECK(index.guess(6) == SlotIndex::none);
    index.prefetch(5);
    CHECK(index.size() == 2);
}
