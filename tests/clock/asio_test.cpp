#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <lattice/clock/asio.hpp>

#include "conformance/catch.hpp"
#include "conformance/clock_conformance.hpp"
#include "support/asio_fixtures.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

/// A clock that owns a thread and lets the callers' run callbacks too: the test's jobs run on the test's thread, mostly.
struct SharedThread : testing::AsioThreaded<SharedThread> {
    std::unique_ptr<AsioClock> stored{new AsioClock(AsioClock::with_own_thread(CallbackThreads::callers))};

    void on_executor(Callback<void()> job) {
        std::promise<void> done;
        stored->dispatch([&] {
            job();
            done.set_value();
        });
        done.get_future().wait();
    }
    void destroy_clock() { stored.reset(); }
};

TEST_CASE("AsioClock on the host's io_context keeps the rules of a Clock", "[clock][conformance]") {
    conformance::check(conformance::clock_rules<testing::AsioHost>());
}

TEST_CASE("AsioClock with its own thread keeps the rules of a Clock", "[clock][conformance]") {
    conformance::check(conformance::clock_rules<testing::AsioOwnThread>());
}

TEST_CASE("AsioClock whose callbacks run on callers' threads keeps the rules of a Clock", "[clock][conformance]") {
    conformance::check(conformance::clock_rules<SharedThread>());
}

TEST_CASE("AsioClock on a strand of two threads keeps the rules of a Clock", "[clock][conformance]") {
    conformance::check(conformance::clock_rules<testing::AsioStrand>());
}

TEST_CASE("AsioClock tells the time of day", "[clock]") {
    asio::io_context io;
    AsioClock clock{io};
    const auto before = std::chrono::system_clock::now();
    const WallTime told = clock.wall();
    const auto after = std::chrono::system_clock::now();
    CHECK(told >= std::chrono::time_point_cast<std::chrono::microseconds>(before));
    CHECK(told <= after);
}

TEST_CASE("An idle AsioClock does not keep the host's io_context running", "[clock]") {
    asio::io_context io;
    AsioClock clock{io};
    int ran = 0;
    clock.post([&] { ++ran; });
    io.run();
    CHECK(ran == 1);

    io.restart();
    const TimerId id = clock.run_at(clock.now() + 1h, [] {});
    clock.run_at(clock.now() + 1ms, [&] {
        ++ran;
        clock.cancel(id);
    });
    io.run_for(10s);
    CHECK(ran == 2);
}

TEST_CASE("AsioClock is true to earlier timers that are scheduled later", "[clock]") {
    asio::io_context io;
    AsioClock clock{io};
    std::vector<int> order;
    const TimePoint now = clock.now();
    clock.run_at(now + 30ms, [&] { order.push_back(3); });
    clock.run_at(now + 20ms, [&] { order.push_back(2); });
    clock.run_at(now + 10ms, [&] { order.push_back(1); });
    io.run();
    CHECK(order == std::vector<int>({1, 2, 3}));
}

TEST_CASE("An exception leaves io_context::run and costs no other callback", "[clock]") {
    asio::io_context io;
    AsioClock clock{io};
    int ran = 0;
    SECTION("from posted callbacks") {
        clock.post([] { throw std::runtime_error("from a callback"); });
        clock.post([&] { ++ran; });
    }
    SECTION("from timers") {
        clock.run_at(clock.now(), [] { throw std::runtime_error("from a callback"); });
        clock.run_at(clock.now(), [&] { ++ran; });
    }
    CHECK_THROWS_AS(io.run(), std::runtime_error);
    io.restart();
    io.run();
    CHECK(ran == 1);
}

TEST_CASE("A busy AsioClock lets other handlers of the executor run", "[clock]") {
    asio::io_context io;
    AsioClock clock{io};
    bool stop = false;
    struct Forever {
        AsioClock& clock;
        bool& stop;
        bool timers;
        void operator()() const {
            if (!stop && timers) {
                clock.run_at(TimePoint{}, Forever{clock, stop, timers});
            } else if (!stop) {
                clock.post(Forever{clock, stop, timers});
            }
        }
    };
    const bool timers = GENERATE(false, true);
    Forever{clock, stop, timers}();
    asio::post(io, [&] { stop = true; });
    io.run();
    CHECK(stop);
}

TEST_CASE("Stopping and restarting the host's io_context loses no callback", "[clock]") {
    asio::io_context io;
    AsioClock clock{io};
    int ran = 0;
    clock.post([&] { io.stop(); });
    clock.run_at(clock.now() + 1ms, [&] { ++ran; });
    io.run();
    clock.post([&] { ++ran; });
    io.restart();
    io.run();
    CHECK(ran == 2);
}

TEST_CASE("A callback may destroy its clock", "[clock]") {
    asio::io_context io;
    std::optional<AsioClock> clock(std::in_place, io);
    bool later_ran = false;
    SECTION("when posted") {
        clock->post([&] { clock.reset(); });
    }
    SECTION("as a timer") {
        clock->run_at(clock->now(), [&] { clock.reset(); });
    }
    clock->run_at(clock->now() + 1ms, [&] { later_ran = true; });
    io.run();
    CHECK(!clock);
    CHECK(!later_ran);
}

TEST_CASE("A destroyed AsioClock leaves an io_context that can run and be destroyed", "[clock]") {
    const auto capture = std::make_shared<int>(0);
    bool ran = false;
    asio::io_context io;
    {
        AsioClock clock{io};
        clock.post([&, capture] { ran = true; });
        clock.run_at(clock.now(), [&, capture] { ran = true; });
    }
    CHECK(capture.use_count() == 1);
    io.run();
    CHECK_FALSE(ran);
}

TEST_CASE("AsioClock with its own thread stops and starts again", "[clock]") {
    auto clock = AsioClock::with_own_thread();
    std::atomic<int> ran{0};
    for (int cycle = 0; cycle < 100; ++cycle) {
        clock.stop();
        clock.stop();
        clock.post([&] { ++ran; });  // nothing runs now, so it waits
        CHECK(ran == cycle);
        std::promise<void> done;
        clock.post([&] { done.set_value(); });
        clock.start();
        clock.start();
        done.get_future().wait();
        CHECK(ran == cycle + 1);
    }
}

TEST_CASE("An idle AsioClock lets the caller run what it dispatches, after what it posted", "[clock]") {
    auto clock = AsioClock::with_own_thread(CallbackThreads::callers);
    clock.stop();
    std::vector<int> order;
    clock.post([&] { order.push_back(1); });
    clock.dispatch([&] { order.push_back(2); });
    CHECK(order.empty());  // a clock that is stopped runs nothing
    clock.start();
    std::promise<void> first_two;
    clock.dispatch([&] { first_two.set_value(); });
    first_two.get_future().wait();
    bool within = false;
    std::thread::id ran_on;
    for (bool idle = false; !idle;) {  // the clock's own thread may have been at it
        std::promise<void> done;
        clock.dispatch([&] {
            ran_on = std::this_thread::get_id();
            within = clock.on_executor();
            clock.dispatch([&] { done.set_value(); });  // not within the call: the turn is taken
        });
        done.get_future().wait();
        CHECK(within);
        idle = ran_on == std::this_thread::get_id();
    }
    CHECK(order == std::vector<int>{1, 2});
    CHECK_FALSE(clock.on_executor());
}

TEST_CASE("An AsioClock that is not shared posts what is dispatched", "[clock]") {
    asio::io_context io;
    AsioClock clock{io};
    int ran = 0;
    clock.dispatch([&] { ++ran; });
    CHECK(ran == 0);
    io.run();
    CHECK(ran == 1);
}

TEST_CASE("However many threads dispatch, one callback runs at a time and each thread's come in order", "[clock]") {
    constexpr int threads = 4;
    constexpr int each = 500;
    auto clock = AsioClock::with_own_thread(CallbackThreads::callers);
    std::atomic<int> inside{0};
    std::atomic<int> overlaps{0};
    std::atomic<bool> stopping{false};
    int ran = 0;  // by callbacks only, so the sanitizer sees whether they exclude each other
    int ticks = 0;
    std::vector<int> last(threads, -1);
    int disorders = 0;
    const auto enter = [&] { overlaps += inside.fetch_add(1) != 0 || !clock.on_executor() ? 1 : 0; };
    std::function<void()> tick = [&] {
        enter();
        ++ticks;
        if (!stopping) {
            clock.run_at(clock.now() + 50us, [&] { tick(); });
        }
        --inside;
    };
    clock.dispatch([&] { tick(); });
    std::promise<void> all;
    std::vector<std::thread> callers;
    for (int i = 0; i < threads; ++i) {
        callers.emplace_back([&, i] {
            for (int k = 0; k < each; ++k) {
                const auto job = [&, i, k] {
                    enter();
                    disorders += last[static_cast<std::size_t>(i)] != k - 1 ? 1 : 0;
                    last[static_cast<std::size_t>(i)] = k;
                    if (++ran == threads * each) {
                        all.set_value();
                    }
                    --inside;
                };
                if (k % 3 == 0) {
                    clock.post(job);
                } else {
                    clock.dispatch(job);
                }
            }
        });
    }
    for (auto& caller : callers) {
        caller.join();
    }
    all.get_future().wait();
    stopping = true;
    clock.stop();
    CHECK(overlaps == 0);
    CHECK(disorders == 0);
    CHECK(ran == threads * each);
    CHECK(ticks > 1);
}

TEST_CASE("Stopping a shared AsioClock waits for the callback that a caller runs", "[clock]") {
    auto clock = AsioClock::with_own_thread(CallbackThreads::callers);
    std::promise<void> entered;
    std::promise<void> leave;
    std::atomic<bool> left{false};
    std::thread caller([&] {
        clock.dispatch([&] {
            entered.set_value();
            leave.get_future().wait();
            left = true;
        });
    });
    entered.get_future().wait();
    std::thread releaser([&] { leave.set_value(); });
    clock.stop();
    CHECK(left);
    int later = 0;
    clock.dispatch([&] { ++later; });
    CHECK(later == 0);
    caller.join();
    releaser.join();
}

}  // namespace
