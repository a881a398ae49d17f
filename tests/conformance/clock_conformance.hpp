#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/time.hpp>

#include "conformance/rules.hpp"

/// Every row of the table of the concept Clock, and what the compiler cannot check of it, for any model.
///
/// To check a clock of your own, describe how a test drives it and hand that to the suite:
///
///     struct MyFixture {
///         MyClock& clock();
///         void on_executor(Callback<void()> job);   // runs the job on the executor, and returns when it has run
///         bool run_until(Callback<bool()> condition, Duration within);   // lets the clock run until the condition,
///                                                   // asked on the executor, holds; false when it does not in time
///         void destroy_clock();                     // with whatever is pending; nothing of the clock is used after it
///     };
///     TEST_CASE("my clock keeps the rules") { conformance::check(conformance::clock_rules<MyFixture>()); }
///
/// A fixture is made anew for every rule. Nothing here sleeps: a model on real time waits inside `run_until`.
namespace lattice::conformance {

inline constexpr Duration clock_patience = std::chrono::seconds{5};     ///< What must happen, happens within this.
inline constexpr Duration clock_moment = std::chrono::milliseconds{5};  ///< A delay worth noticing.

namespace clock_checks {

template <typename F>
std::string now_never_goes_back() {
    F fixture;
    bool went_back = false;
    TimePoint last{};
    for (int i = 0; i < 50; ++i) {
        fixture.on_executor([&] {
            const TimePoint now = fixture.clock().now();
            went_back = went_back || now < last;
            last = now;
        });
    }
    return expect(!went_back, "now() went back");
}

template <typename F>
std::string timer_runs_once_not_early() {
    F fixture;
    int ran = 0;
    bool early = false;
    bool follower_ran = false;
    fixture.on_executor([&] {
        auto& clock = fixture.clock();
        const TimePoint due = clock.now() + clock_moment;
        clock.run_at(due, [&, due] {
            ++ran;
            early = early || fixture.clock().now() < due;
        });
        clock.run_at(due + clock_moment, [&] { follower_ran = true; });
    });
    const bool in_time = fixture.run_until([&] { return follower_ran && ran > 0; }, clock_patience);
    return first_of({expect(in_time, "a timer did not run"), expect(!early, "it ran before its time"),
                     expect(ran == 1, "it ran " + std::to_string(ran) + " times")});
}

template <typename F>
std::string past_timer_runs_later() {
    F fixture;
    bool ran = false;
    bool within = false;
    fixture.on_executor([&] {
        fixture.clock().run_at(TimePoint{}, [&] { ran = true; });
        within = ran;
    });
    const bool in_time = fixture.run_until([&] { return ran; }, clock_patience);
    return first_of({expect(!within, "it ran within run_at"), expect(in_time, "it did not run")});
}

template <typename F>
std::string ids_are_not_zero() {
    F fixture;
    TimerId ids[3]{};
    fixture.on_executor([&] {
        for (auto& id : ids) {
            id = fixture.clock().run_at(fixture.clock().now(), [] {});
        }
    });
    return first_of({expect(ids[0] != 0 && ids[1] != 0 && ids[2] != 0, "an id was 0"),
                     expect(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "two timers had one id")});
}

template <typename F>
std::string cancelled_timer_does_not_run() {
    F fixture;
    bool cancelled_ran = false;
    bool follower_ran = false;
    const auto capture = std::make_shared<int>(0);
    const std::weak_ptr<int> kept = capture;
    fixture.on_executor([&] {
        auto& clock = fixture.clock();
        const TimePoint due = clock.now() + clock_moment;
        const TimerId id = clock.run_at(due, [&, held = capture] { cancelled_ran = true; });
        clock.run_at(due + clock_moment, [&] { follower_ran = true; });
        clock.cancel(id);
    });
    const bool in_time = fixture.run_until([&] { return follower_ran; }, clock_patience);
    return first_of({expect(in_time, "another timer did not run"), expect(!cancelled_ran, "it ran"),
                     expect(kept.use_count() == 1, "its callback was kept")});
}

template <typename F>
std::string odd_cancels_are_harmless() {
    F fixture;
    bool past_ran = false;
    bool other_ran = false;
    TimerId past = 0;
    fixture.on_executor([&] { past = fixture.clock().run_at(fixture.clock().now(), [&] { past_ran = true; }); });
    const bool past_in_time = fixture.run_until([&] { return past_ran; }, clock_patience);
    fixture.on_executor([&] {
        auto& clock = fixture.clock();
        const TimerId other = clock.run_at(clock.now() + clock_moment, [&] { other_ran = true; });
        clock.cancel(0);
        clock.cancel(past);
        clock.cancel(other + 1'000'000);
    });
    const bool other_in_time = fixture.run_until([&] { return other_ran; }, clock_patience);
    return first_of({expect(past_in_time, "the first timer did not run"),
                     expect(other_in_time, "cancelling other ids cancelled a timer")});
}

template <typename F>
std::string timer_may_cancel_itself_and_others() {
    F fixture;
    bool ran = false;
    bool other_ran = false;
    bool follower_ran = false;
    TimerId self = 0;
    TimerId other = 0;
    fixture.on_executor([&] {
        auto& clock = fixture.clock();
        const TimePoint due = clock.now() + clock_moment;
        self = clock.run_at(due, [&] {
            fixture.clock().cancel(self);
            fixture.clock().cancel(other);
            fixture.clock().run_at(fixture.clock().now(), [&] { follower_ran = true; });
            ran = true;
        });
        other = clock.run_at(due + 40 * clock_moment, [&] { other_ran = true; });
        clock.run_at(due + 41 * clock_moment, [] {});
    });
    const bool in_time = fixture.run_until([&] { return follower_ran; }, clock_patience);
    fixture.run_until([&] { return other_ran; }, 50 * clock_moment);
    return first_of({expect(ran, "the timer did not run"), expect(in_time, "what it scheduled did not run"),
                     expect(!other_ran, "what it cancelled ran")});
}

template <typename F>
std::string callback_is_destroyed_after_it_ran() {
    F fixture;
    const auto capture = std::make_shared<int>(0);
    const std::weak_ptr<int> kept = capture;
    int ran = 0;
    fixture.on_executor([&] {
        fixture.clock().run_at(fixture.clock().now(), [&ran, held = capture] { ++ran; });
        fixture.clock().post([&ran, held = capture] { ++ran; });
    });
    const bool in_time = fixture.run_until([&] { return ran == 2; }, clock_patience);
    fixture.on_executor([] {});
    return first_of({expect(in_time, "they did not run"), expect(kept.use_count() == 1, "a callback was kept")});
}

template <typename F>
std::string post_runs_later_in_order() {
    F fixture;
    std::vector<int> order;
    bool within = false;
    fixture.on_executor([&] {
        for (int i = 0; i < 100; ++i) {
            fixture.clock().post([&order, i] { order.push_back(i); });
        }
        within = !order.empty();
    });
    const bool in_time = fixture.run_until([&] { return order.size() == 100; }, clock_patience);
    bool sorted = true;
    for (std::size_t i = 0; i < order.size(); ++i) {
        sorted = sorted && order[i] == static_cast<int>(i);
    }
    return first_of({expect(!within, "a callback ran within post"), expect(in_time, "not all ran"),
                     expect(sorted, "they ran in another order")});
}

template <typename F>
std::string posting_goes_on_from_within() {
    F fixture;
    int left = 100;
    struct Again {
        F& fixture;
        int& left;
        void operator()() const {
            if (--left > 0) {
                fixture.clock().post(Again{fixture, left});
            }
        }
    };
    fixture.on_executor([&] { fixture.clock().post(Again{fixture, left}); });
    return expect(fixture.run_until([&] { return left == 0; }, clock_patience),
                  "a callback posted by another did not run");
}

template <typename F>
std::string any_thread_may_post() {
    constexpr int threads = 4;
    constexpr int each = 250;
    F fixture;
    std::atomic<int> inside{0};
    int last[threads];
    int ran = 0;
    bool overlapped = false;
    bool shuffled = false;
    for (int& number : last) {
        number = -1;
    }
    std::vector<std::thread> posters;
    for (int thread = 0; thread < threads; ++thread) {
        posters.emplace_back([&, thread] {
            for (int i = 0; i < each; ++i) {
                fixture.clock().post([&, thread, i] {
                    overlapped = overlapped || inside.fetch_add(1) != 0;
                    shuffled = shuffled || last[thread] != i - 1;
                    last[thread] = i;
                    ++ran;
                    inside.fetch_sub(1);
                });
            }
        });
    }
    for (auto& poster : posters) {
        poster.join();
    }
    const bool in_time = fixture.run_until([&] { return ran == threads * each; }, clock_patience);
    return first_of({expect(!overlapped, "two callbacks ran at a time"), expect(in_time, "not all ran"),
                     expect(!shuffled, "callbacks of one thread ran in another order")});
}

template <typename F>
std::string on_executor_tells_where() {
    F fixture;
    bool in_post = false;
    bool in_timer = false;
    int ran = 0;
    fixture.on_executor([&] {
        fixture.clock().post([&] {
            in_post = fixture.clock().on_executor();
            ++ran;
        });
        fixture.clock().run_at(fixture.clock().now(), [&] {
            in_timer = fixture.clock().on_executor();
            ++ran;
        });
    });
    const bool in_time = fixture.run_until([&] { return ran == 2; }, clock_patience);
    bool elsewhere = true;
    std::thread([&] { elsewhere = fixture.clock().on_executor(); }).join();
    return first_of({expect(in_time, "the callbacks did not run"), expect(in_post, "false within a posted callback"),
                     expect(in_timer, "false within a timer"), expect(!elsewhere, "true on a thread of no concern")});
}

template <typename F>
std::string destruction_drops_callbacks() {
    const auto capture = std::make_shared<int>(0);
    const std::weak_ptr<int> kept = capture;
    F fixture;
    bool ran = false;
    fixture.on_executor([&] {
        for (int i = 0; i < 3; ++i) {
            fixture.clock().run_at(fixture.clock().now() + std::chrono::hours{1 + i},
                                   [&ran, held = capture] { ran = true; });
        }
    });
    fixture.destroy_clock();
    return first_of({expect(!ran, "one was called"), expect(kept.use_count() == 1, "one was kept")});
}

}  // namespace clock_checks

/// The rules of the concept Clock, tried on the clock of a `Fixture`.
template <typename Fixture>
Rules clock_rules() {
    static_assert(Clock<std::remove_reference_t<decltype(std::declval<Fixture&>().clock())>>,
                  "Fixture::clock() gives a reference to a model of lattice::Clock");
    namespace checks = clock_checks;
    return {
        {"now never goes back", checks::now_never_goes_back<Fixture>},
        {"a timer runs once and not before its time", checks::timer_runs_once_not_early<Fixture>},
        {"a timer of the past runs, but not within run_at", checks::past_timer_runs_later<Fixture>},
        {"ids of timers are not 0 and differ", checks::ids_are_not_zero<Fixture>},
        {"a cancelled timer does not run and is destroyed", checks::cancelled_timer_does_not_run<Fixture>},
        {"cancelling unknown, past and 0 ids changes nothing", checks::odd_cancels_are_harmless<Fixture>},
        {"a timer may cancel itself and others", checks::timer_may_cancel_itself_and_others<Fixture>},
        {"a callback is destroyed after it ran", checks::callback_is_destroyed_after_it_ran<Fixture>},
        {"posted callbacks run after post has returned, in order", checks::post_runs_later_in_order<Fixture>},
        {"a posted callback may post", checks::posting_goes_on_from_within<Fixture>},
        {"any thread may post, and callbacks run one at a time", checks::any_thread_may_post<Fixture>},
        {"on_executor is true within callbacks and false elsewhere", checks::on_executor_tells_where<Fixture>},
        {"a clock that is destroyed drops its callbacks uncalled", checks::destruction_drops_callbacks<Fixture>},
    };
}

}  // namespace lattice::conformance
