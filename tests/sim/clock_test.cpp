#include <chrono>
#include <vector>

#include <lattice/sim/clock.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;
using namespace std::chrono_literals;

namespace {

/// Lets a timeline run and calls what is due.
void run_until(Timeline& timeline, Duration time) {
    while (const auto event = timeline.next(time)) {
        if (auto due = timeline.take(*event)) {
            due->callback();
        }
    }
    timeline.advance_to(time);
}

}  // namespace

TEST_CASE("A right clock reads the time of its world and calls back in time", "[sim]") {
    Timeline timeline;
    SimClock clock(timeline, 0);
    std::vector<int> called;
    clock.run_at(clock.now() + 30ms, [&] { called.push_back(30); });
    const TimerId cancelled = clock.run_at(clock.now() + 20ms, [&] { called.push_back(20); });
    clock.run_at(clock.now() + 10ms, [&] { called.push_back(10); });
    clock.post([&] { called.push_back(0); });
    CHECK(called.empty());
    clock.cancel(cancelled);
    clock.cancel(cancelled);
    clock.cancel(0);
    run_until(timeline, 29ms);
    CHECK(called == std::vector<int>{0, 10});
    run_until(timeline, 30ms);
    CHECK(called == std::vector<int>{0, 10, 30});
    CHECK(clock.now().time_since_epoch() == 30ms);
    CHECK(clock.wall() == world_epoch + 30ms);
    CHECK(timeline.timers() == 0);
}

TEST_CASE("A timer's place serves again, and the old name does not cancel the new timer", "[sim]") {
    Timeline timeline;
    SimClock clock(timeline, 0);
    bool called = false;
    const TimerId first = clock.run_at(clock.now() + 1ms, [] {});
    clock.cancel(first);
    const TimerId second = clock.run_at(clock.now() + 1ms, [&] { called = true; });
    CHECK(first != second);
    clock.cancel(first);
    run_until(timeline, 1ms);
    CHECK(called);
}

TEST_CASE("A drifting clock reads more or less, and its timers go by what it reads", "[sim]") {
    for (const std::int64_t ppm : {-200'000, -137, 137, 50'000}) {
        LATTICE_SHOW(ppm);
        Timeline timeline;
        SimClock clock(timeline, 0);
        run_until(timeline, 1s);
        clock.go_wrong({0us, ppm});
        CHECK(clock.now().time_since_epoch() == 1s);
        const TimePoint wanted = clock.now() + 10s;
        TimePoint read{};
        clock.run_at(wanted, [&] { read = clock.now(); });
        run_until(timeline, 20s);
        CHECK(read >= wanted);
        CHECK(read - wanted < 3ns);
        const Duration expected = 1s + Duration{19'000'000'000 / 1'000'000 * (1'000'000 + ppm)};
        CHECK(clock.now().time_since_epoch() == expected);
    }
}

TEST_CASE("Monotonic time never goes back, whatever happens to the clock", "[sim]") {
    Timeline timeline;
    SimClock clock(timeline, 0);
    TimePoint last = clock.now();
    for (int step = 1; step < 200; ++step) {
        run_until(timeline, Duration{step * 1'234'567});
        clock.go_wrong({std::chrono::seconds{step % 3 - 1}, step % 2 == 0 ? -300'000 : 300'000});
        clock.step_wall(-1h);
        REQUIRE(clock.now() >= last);
        last = clock.now();
    }
}

TEST_CASE("Wall time is offset and stepped, monotonic time is not", "[sim]") {
    Timeline timeline;
    SimClock clock(timeline, 0);
    clock.go_wrong({5s, 0});
    CHECK(clock.wall() == world_epoch + 5s);
    clock.step_wall(-7s);
    CHECK(clock.wall() == world_epoch - 2s);
    CHECK(clock.now().time_since_epoch() == 0s);
}
