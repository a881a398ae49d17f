#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <lattice/clock/manual.hpp>

#include "conformance/catch.hpp"
#include "conformance/clock_conformance.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

struct ManualClockFixture {
    std::optional<ManualClock> stored{std::in_place};

    ManualClock& clock() { return *stored; }
    void on_executor(Callback<void()> job) { job(); }
    bool run_until(Callback<bool()> condition, Duration within) {
        return clock().run_until([&] { return condition(); }, within);
    }
    void destroy_clock() { stored.reset(); }
};

TEST_CASE("ManualClock keeps the rules of a Clock", "[clock][conformance]") {
    conformance::check(conformance::clock_rules<ManualClockFixture>());
}

TEST_CASE("ManualClock moves only when it is told to", "[clock]") {
    ManualClock clock;
    const TimePoint start = clock.now();
    const WallTime wall = clock.wall();
    clock.run_at(start + 10s, [] {});

    CHECK(clock.run_ready() == 0);
    CHECK(clock.now() == start);
    CHECK(clock.advance(3s) == 0);
    CHECK(clock.now() == start + 3s);
    CHECK(clock.wall() == wall + 3s);
    CHECK(clock.advance(7s) == 1);
    CHECK(clock.run_until(start) == 0);
    CHECK(clock.now() == start + 10s);
}

TEST_CASE("ManualClock shows each callback the time that it was due at", "[clock]") {
    ManualClock clock;
    const TimePoint start = clock.now();
    std::vector<TimePoint> seen;
    clock.run_at(start + 2s, [&] { seen.push_back(clock.now()); });
    clock.run_at(start + 1s, [&] {
        seen.push_back(clock.now());
        clock.run_at(clock.now() + 500ms, [&] { seen.push_back(clock.now()); });
    });
    clock.advance(1h);
    CHECK(seen == std::vector<TimePoint>({start + 1s, start + 1500ms, start + 2s}));
    CHECK(clock.now() == start + 1h);
}

TEST_CASE("ManualClock runs what is scheduled for the same time in the order of scheduling", "[clock]") {
    ManualClock clock;
    std::vector<int> order;
    clock.run_at(clock.now(), [&] { order.push_back(1); });
    clock.post([&] { order.push_back(2); });
    clock.run_at(clock.now() - 1s, [&] { order.push_back(3); });  // the past is now
    clock.post([&] { order.push_back(4); });
    CHECK(clock.pending() == 4);
    CHECK(clock.run_ready() == 4);
    CHECK(order == std::vector<int>({1, 2, 3, 4}));
}

TEST_CASE("ManualClock can run until a condition holds", "[clock]") {
    ManualClock clock;
    const TimePoint start = clock.now();
    int ran = 0;
    for (int i = 1; i <= 5; ++i) {
        clock.run_at(start + i * 1s, [&] { ++ran; });
    }
    CHECK(clock.run_until([&] { return ran == 3; }, 1min));
    CHECK(clock.now() == start + 3s);
    CHECK_FALSE(clock.run_until([&] { return ran == 6; }, 1min));
    CHECK(clock.now() == start + 3s + 1min);
    CHECK(ran == 5);
}

TEST_CASE("ManualClock can jump from callback to callback", "[clock]") {
    ManualClock clock;
    const TimePoint start = clock.now();
    CHECK_FALSE(clock.run_next());
    clock.run_at(start + 24h, [] {});
    CHECK(clock.next() == start + 24h);
    CHECK(clock.run_next());
    CHECK(clock.now() == start + 24h);
    CHECK(!clock.next());
}

TEST_CASE("Wall time jumps without a timer noticing", "[clock]") {
    ManualClock clock;
    const TimePoint start = clock.now();
    const WallTime wall = clock.wall();
    int ran = 0;
    clock.run_at(start + 1s, [&] { ++ran; });

    clock.jump_wall(-48h);
    CHECK(clock.wall() == wall - 48h);
    CHECK(clock.now() == start);
    CHECK(clock.run_ready() == 0);

    clock.set_wall(wall + 1h);
    CHECK(clock.run_ready() == 0);
    clock.advance(1s);
    CHECK(ran == 1);
    CHECK(clock.wall() == wall + 1h + 1s);
}

TEST_CASE("An exception passes through ManualClock and leaves it usable", "[clock]") {
    ManualClock clock;
    int ran = 0;
    clock.post([] { throw std::runtime_error("from a callback"); });
    clock.post([&] { ++ran; });
    CHECK_THROWS_AS(clock.run_ready(), std::runtime_error);
    CHECK(clock.run_ready() == 1);
    CHECK(ran == 1);
}

TEST_CASE("ManualClock belongs to the thread that runs it", "[clock]") {
    ManualClock clock;
    REQUIRE(clock.on_executor());
    bool within = false;
    clock.post([&] { within = clock.on_executor(); });
    std::thread([&] { clock.run_ready(); }).join();
    CHECK(within);
    CHECK_FALSE(clock.on_executor());
    clock.run_ready();
    CHECK(clock.on_executor());
}

TEST_CASE("A ManualClock that is destroyed drops what the dropping of others posts", "[clock]") {
    const auto capture = std::make_shared<int>(0);
    {
        ManualClock clock;
        struct PostsOnDestruction {
            ManualClock* clock;
            std::shared_ptr<int> held;
            ~PostsOnDestruction() {
                clock->post([copy = held] {});
            }
        };
        clock.post([held = std::make_unique<PostsOnDestruction>(PostsOnDestruction{&clock, capture})] {});
    }
    CHECK(capture.use_count() == 1);
}

}  // namespace
