#include <chrono>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/core/sightings.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using lattice::test::name;

namespace {

struct Fixture {
    Random random{5};
    Sightings sightings{random};
    TimePoint now{1h};

    std::vector<Sightings::Overdue> overdue(TimePoint again = TimePoint::max()) {
        std::vector<Sightings::Overdue> all;
        sightings.overdue(now, [&](const Sightings::Overdue& one) {
            all.push_back(one);
            return again;
        });
        return all;
    }
};

}  // namespace

TEST_CASE("what was announced is overdue after its time, with all who announced it") {
    Fixture f;
    CHECK(f.sightings.next_deadline() == TimePoint::max());
    CHECK(f.sightings.announced(name(1), 2, f.now, 100ms));
    CHECK(f.sightings.announced(name(1), 5, f.now + 50ms, 100ms));
    CHECK(f.sightings.next_deadline() == f.now + 100ms);
    f.now += 100ms - 1ns;
    CHECK(f.overdue().empty());
    f.now += 1ns;
    const auto late = f.overdue(f.now + 30ms);
    REQUIRE(late.size() == 1);
    CHECK(late[0].name == name(1));
    CHECK(late[0].announcers == (mask_of(2) | mask_of(5)));
    CHECK(late[0].reminders == 0);
    CHECK(f.sightings.next_deadline() == f.now + 30ms);
    f.now += 30ms;
    CHECK(f.overdue().at(0).reminders == 1);
    CHECK(f.overdue().empty());
}

TEST_CASE("what came in time is not overdue, and leaves nothing behind") {
    Fixture f;
    f.sightings.announced(name(1), 2, f.now, 100ms);
    CHECK(f.sightings.arrived(name(1), no_link, f.now + 40ms).since == 40ms);
    CHECK(f.sightings.size() == 0);
    CHECK(f.sightings.arrived(name(2), no_link, f.now).since == 0ms);
    CHECK(f.sightings.size() == 0);
    f.now += 100ms;
    CHECK(f.overdue().empty());
    CHECK(f.sightings.next_deadline() == TimePoint::max());
}

TEST_CASE("a herald is passed on once, and compared with the parent's once") {
    Fixture f;
    CHECK(f.sightings.heralded(name(1), 77, 4, f.now, 1s));
    CHECK_FALSE(f.sightings.heralded(name(1), 77, 0, f.now + 7ms, 1s));
    CHECK(f.sightings.was_heralded(name(1)));
    SECTION("before the message comes") {
        const FirstSign sign = f.sightings.compare(name(1), f.now + 7ms);
        CHECK(sign.link == 4);
        CHECK(sign.lead == 7ms);
        CHECK(f.sightings.compare(name(1), f.now + 8ms).link == no_link);
        CHECK(f.sightings.arrived(name(1), no_link, f.now + 9ms).sign.link == no_link);
        CHECK(f.sightings.size() == 0);
    }
    SECTION("or with the message, when the parent did not herald it: it was told by this node") {
        const FirstSign sign = f.sightings.arrived(name(1), no_link, f.now + 9ms).sign;
        CHECK(sign.link == 4);
        CHECK(sign.lead == 9ms);
        CHECK(f.sightings.size() == 0);
    }
    SECTION("the origin is known when it is overdue") {
        f.now += 1s;
        CHECK(f.overdue().at(0).origin == 77);
    }
}

TEST_CASE("an announcement before it does not keep a herald from being passed on") {
    Fixture f;
    f.sightings.announced(name(1), 2, f.now, 1s);
    CHECK_FALSE(f.sightings.was_heralded(name(1)));
    CHECK(f.sightings.heralded(name(1), 77, 4, f.now + 5ms, 1s));
    CHECK(f.sightings.announcers(name(1)) == (mask_of(2) | mask_of(4)));
    CHECK(f.sightings.compare(name(1), f.now + 8ms).lead == 3ms);
}

TEST_CASE("a copy from elsewhere waits for that of the parent") {
    Fixture f;
    Duration since{};
    f.sightings.arrived(name(1), 6, f.now);
    CHECK(f.sightings.repeated(name(1), f.now + 20ms, since) == 6);
    CHECK(since == 20ms);
    CHECK(f.sightings.repeated(name(1), f.now + 21ms, since) == no_link);
    CHECK(f.sightings.size() == 0);
}

TEST_CASE("patience is the longest lateness of late and a quarter, and wears off") {
    Fixture f;
    CHECK(f.sightings.patience(20ms, 2s) == 500ms);
    f.sightings.late_by(800ms);
    CHECK(f.sightings.patience(20ms, 2s) == 1s);
    CHECK(f.sightings.patience(20ms, 300ms) == 300ms);
    for (int i = 0; i < 64; ++i) {
        f.sightings.late_by(0ms);
    }
    CHECK(f.sightings.patience(20ms, 2s) < 400ms);
    for (int i = 0; i < 1'000; ++i) {
        f.sightings.late_by(40ms);
    }
    const Duration settled = f.sightings.patience(20ms, 2s);
    CHECK((settled >= 49ms && settled <= 50ms));
}

TEST_CASE("what never comes is forgotten, and memory given back") {
    Fixture f;
    for (std::uint64_t number = 0; number < 2 * Sightings::names_max; ++number) {
        CHECK(f.sightings.announced(name(number), 1, f.now, 1s) == (number < Sightings::names_max));
    }
    CHECK(f.sightings.size() == Sightings::names_max);
    CHECK_FALSE(f.sightings.heralded(name(1'000'000), 7, 1, f.now, 1s));
    f.now += Sightings::kept_for;
    CHECK(f.overdue().size() == Sightings::names_max);
    CHECK(f.sightings.size() == 0);
    CHECK(f.sightings.next_deadline() == TimePoint::max());
    CHECK(f.sightings.announced(name(1), 1, f.now, 1s));
}
