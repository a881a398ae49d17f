#include <chrono>

#include <lattice/core/origin_trees.hpp>
#include <lattice/core/random.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using Came = OriginTrees::Came;

namespace {

constexpr OriginKey alice = 1;
constexpr LinkMask all = 0xff;

/// A tree of which link 0 is the parent that brought something.
OriginTrees grown() {
    OriginTrees trees;
    CHECK(trees.on_herald(alice, 0));
    CHECK(trees.on_first(alice, 0, Came::pushed).graft == no_link);
    return trees;
}

}  // namespace

TEST_CASE("the first herald shows the parent, which is grafted until it brings something") {
    OriginTrees trees;
    CHECK(trees.eager(alice, all, no_link) == 0U);
    CHECK(trees.on_herald(alice, 3));
    CHECK_FALSE(trees.on_herald(alice, 5));
    CHECK(trees.on_herald(alice, 3));
    CHECK(trees.parent(alice) == 3);
    CHECK_FALSE(trees.proven(alice));
    const auto change = trees.on_first(alice, 3, Came::pushed);
    CHECK(change.graft == no_link);
    CHECK(change.prune == no_link);
    CHECK(trees.proven(alice));
    CHECK_FALSE(trees.on_herald(alice, 3));
}

TEST_CASE("payload goes to who grafted, until pruned, and never back") {
    OriginTrees trees = grown();
    trees.on_graft(alice, 1);
    trees.on_graft(alice, 2);
    CHECK(trees.eager(alice, all, 0) == (mask_of(1) | mask_of(2)));
    CHECK(trees.eager(alice, all, 2) == mask_of(1));
    CHECK(trees.eager(alice, mask_of(2), 0) == mask_of(2));
    trees.on_prune(alice, 1);
    CHECK(trees.eager(alice, all, 0) == mask_of(2));
    trees.link_closed(2);
    CHECK(trees.eager(alice, all, 0) == 0U);
    CHECK(trees.eager(alice + 1, all, 0) == 0U);
}

TEST_CASE("a copy that somebody else pushes is pruned; that of the parent is not") {
    OriginTrees trees = grown();
    CHECK(trees.on_duplicate(alice, 4, Came::pushed, no_link).prune == 4);
    CHECK(trees.on_duplicate(alice, 4, Came::provided, no_link).prune == no_link);
    CHECK(trees.on_duplicate(alice, 0, Came::pushed, no_link).prune == no_link);
    SECTION("when another was faster for once, it is pruned as soon as the parent brings it too") {
        CHECK(trees.on_first(alice, 4, Came::pushed).prune == no_link);
        CHECK(trees.on_duplicate(alice, 0, Came::pushed, 4).prune == 4);
        CHECK(trees.parent(alice) == 0);
    }
}

TEST_CASE("a parent that brings nothing any more is replaced by who does") {
    OriginTrees trees = grown();
    CHECK(trees.on_first(alice, 4, Came::provided).graft == no_link);
    CHECK(trees.parent(alice) == 0);
    SECTION("unless it comes back in between") {
        CHECK(trees.on_first(alice, 0, Came::pushed).graft == no_link);
        CHECK(trees.on_first(alice, 4, Came::provided).graft == no_link);
        CHECK(trees.parent(alice) == 0);
    }
    SECTION("by graft, when it came on request") {
        const auto change = trees.on_first(alice, 4, Came::provided);
        CHECK(change.graft == 4);
        CHECK(change.prune == 0);
        CHECK(trees.parent(alice) == 4);
    }
    SECTION("at once when the link is gone") {
        trees.link_closed(0);
        CHECK(trees.parent(alice) == no_link);
        const auto change = trees.on_first(alice, 5, Came::provided);
        CHECK(change.graft == 5);
        CHECK(change.prune == no_link);
        trees.on_first(alice, 5, Came::pushed);
        CHECK(trees.on_parents_herald(alice, {6, 5ms}, 1ms).graft ==
              6);  // A makeshift: the first shorter way is taken.
    }
    SECTION("a parent that must be asked lost a graft") {
        const auto change = trees.on_first(alice, 0, Came::provided);
        CHECK(change.graft == 0);
        CHECK(change.prune == no_link);
    }
}

TEST_CASE("a parent that grafts this node in turn is none any more") {
    OriginTrees trees = grown();
    trees.on_graft(alice, 0);
    CHECK(trees.parent(alice) == no_link);
    CHECK(trees.eager(alice, all, no_link) == mask_of(0));
    trees.on_first(alice, 1, Came::pushed);
    CHECK(trees.parent(alice) == 1);
    CHECK(trees.eager(alice, all, 1) == mask_of(0));
}

TEST_CASE("a shorter way is taken when it was one three times in a row") {
    OriginTrees trees = grown();
    const auto compare = [&](std::uint32_t link, Duration lead) {
        return trees.on_parents_herald(alice, {link, lead}, 1ms);
    };
    CHECK(compare(4, 5ms).graft == no_link);
    CHECK(compare(4, 5ms).graft == no_link);
    SECTION("taken") {
        const auto change = compare(4, 5ms);
        CHECK(change.graft == 4);
        CHECK(change.prune == no_link);
        CHECK(trees.parent(alice) == 4);
        CHECK(trees.switches() == 1);
        CHECK(trees.on_first(alice, 4, Came::pushed).prune == no_link);
        CHECK(trees.on_duplicate(alice, 0, Came::pushed, no_link).prune == 0);
    }
    SECTION("not when the parent was first in between, or another one") {
        CHECK(compare(0, 0ms).graft == no_link);
        CHECK(compare(4, 5ms).graft == no_link);
        CHECK(compare(4, 5ms).graft == no_link);
        CHECK(compare(3, 5ms).graft == no_link);
        CHECK(trees.parent(alice) == 0);
    }
    SECTION("not within the margin") {
        CHECK(compare(4, 1ms).graft == no_link);
        CHECK(compare(4, 1ms).graft == no_link);
        CHECK(trees.parent(alice) == 0);
    }
}

TEST_CASE("equal ways with jitter do not alternate") {
    OriginTrees trees = grown();
    Random random(7);
    for (int message = 0; message < 10'000; ++message) {
        const std::uint32_t other = trees.parent(alice) == 0 ? 1 : 0;
        const auto lead = std::chrono::microseconds(static_cast<std::int64_t>(random.below(40'000)) - 20'000);
        const bool parent_first = lead <= 0us;
        const FirstSign sign{parent_first ? trees.parent(alice) : other, parent_first ? Duration{} : Duration{lead}};
        trees.on_parents_herald(alice, sign, 1ms);
        trees.on_first(alice, trees.parent(alice), Came::pushed);
    }
    CHECK(trees.switches() > 0);
    CHECK(trees.switches() < 250);
}

TEST_CASE("an origin heralds its first messages, some later ones, and after silence") {
    OriginTrees trees;
    TimePoint now(1h);
    std::uint64_t heralded = 0;
    trees.on_graft(alice, 1);
    for (int message = 1; message <= 64; ++message) {
        heralded |= trees.heralds(alice, all, now) ? std::uint64_t{1} << (message - 1) : 0;
        now += 100ms;
    }
    CHECK(heralded == 0x808080808080808fU);
    CHECK_FALSE(trees.heralds(alice, all, now));
    CHECK(trees.heralds(alice, all, now + 10s));
    CHECK_FALSE(trees.heralds(alice, all, now + 11s));
    SECTION("and while nobody grafted it") { CHECK(trees.heralds(alice, all & ~mask_of(1), now + 12s)); }
    SECTION("and while there are more origins than trees") {
        for (OriginKey origin = 2; origin < 500; ++origin) {
            trees.on_first(origin, 0, Came::pushed);
        }
        CHECK(trees.size() == OriginTrees::origins_max);
        CHECK(trees.heralds(alice, all, now + 12s));
    }
}

TEST_CASE("of too many origins the least recently used gives way") {
    OriginTrees trees = grown();
    for (OriginKey origin = 2; origin <= OriginTrees::origins_max + 10; ++origin) {
        trees.on_first(origin, 3, Came::pushed);
        trees.on_first(alice, 0, Came::pushed);
    }
    CHECK(trees.size() == OriginTrees::origins_max);
    CHECK(trees.parent(alice) == 0);
    CHECK(trees.parent(2) == no_link);
    CHECK(trees.parent(OriginTrees::origins_max + 10) == 3);
}
