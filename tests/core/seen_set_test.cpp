#include <chrono>
#include <map>

#include <lattice/core/seen_set.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using lattice::test::name;

namespace {

constexpr WallTime wall{1'700'000'000s};

struct Fixture {
    Random random{5};
    TimePoint now{1h};
};

}  // namespace

TEST_CASE("a name is seen once inserted, and until erased") {
    Fixture f;
    SeenSet seen(1h, 1'000, f.random);
    CHECK_FALSE(seen.contains(name(1)));
    CHECK(seen.insert(name(1), wall, f.now));
    CHECK_FALSE(seen.insert(name(1), wall, f.now));
    CHECK(seen.contains(name(1)));
    seen.erase(name(2));
    seen.erase(name(1));
    CHECK_FALSE(seen.contains(name(1)));
    CHECK(seen.size() == 0);
    CHECK(seen.insert(name(1), wall, f.now));
}

TEST_CASE("the seen set agrees with a plain map under random operations") {
    Fixture f;
    SeenSet seen(1000h, 1'000'000, f.random);
    std::map<MessageId, int> twin;
    Random choice(99);
    for (int i = 0; i < 60'000; ++i) {
        const MessageId id = name(choice.below(6'000));
        if (choice.below(3) == 0) {
            seen.erase(id);
            twin.erase(id);
        } else {
            REQUIRE(seen.insert(id, wall, f.now) == twin.emplace(id, 1).second);
        }
        REQUIRE(seen.size() == twin.size());
    }
    for (std::uint64_t i = 0; i < 6'000; ++i) {
        REQUIRE(seen.contains(name(i)) == (twin.count(name(i)) == 1));
    }
}

TEST_CASE("names are remembered for the retention, and then forgotten") {
    Fixture f;
    SeenSet seen(16h, 1'000'000, f.random);
    for (std::uint64_t hour = 0; hour < 200; ++hour) {
        const TimePoint now = f.now + std::chrono::hours(hour);
        REQUIRE(seen.insert(name(hour), wall + std::chrono::hours(hour), now));
        for (std::uint64_t back = 0; back <= 16 && back <= hour; ++back) {
            REQUIRE(seen.contains(name(hour - back)));
        }
        if (hour >= 20) {
            REQUIRE_FALSE(seen.contains(name(hour - 20)));
            REQUIRE(seen.floor().has_value());
            REQUIRE(*seen.floor() < wall + std::chrono::hours(hour - 16));
        }
        REQUIRE(seen.size() <= 20);
    }
}

// A forgotten name must never be taken again: whatever is forgotten lies at or below the floor.
TEST_CASE("above the bound the oldest go, and the floor covers all of them") {
    Fixture f;
    SeenSet seen(24h, 640, f.random);
    const auto time_of = [](std::uint64_t i) { return wall + std::chrono::milliseconds(i * 37 % 1'000 + i); };
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        REQUIRE(seen.insert(name(i), time_of(i), f.now + std::chrono::milliseconds(i)));
        REQUIRE(seen.size() <= 640);
        if (i % 500 == 499) {
            for (std::uint64_t old = 0; old <= i; ++old) {
                const bool may_come_again = !seen.floor() || time_of(old) > *seen.floor();
                REQUIRE((seen.contains(name(old)) || !may_come_again));
            }
        }
    }
    CHECK(seen.size() > 600);
    CHECK(seen.reach(f.now + 10s).has_value());
    CHECK(*seen.reach(f.now + 10s) > 500ms);
}

TEST_CASE("a name costs at most 15 bytes in a table of some size") {
    Fixture f;
    SeenSet seen(24h, 10'000'000, f.random);
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        seen.insert(name(i), wall, f.now);
        if (i > 2'000) {
            REQUIRE(seen.footprint() <= seen.size() * 15);
        }
    }
}

TEST_CASE("erased names leave no trace when generations come and go") {
    Fixture f;
    SeenSet seen(160ms, 1'000'000, f.random);
    Random choice(3);
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        const TimePoint now = f.now + std::chrono::milliseconds(i);
        REQUIRE(seen.insert(name(i), wall, now));
        if (choice.below(2) == 0) {
            seen.erase(name(i));
            REQUIRE_FALSE(seen.contains(name(i)));
        }
        REQUIRE(seen.size() <= 200);
    }
    CHECK(seen.footprint() < 20'000);
}
