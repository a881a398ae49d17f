#pragma once

#include <atomic>
#include <cassert>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

#include <lattice/clock/timer_queue.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// A Clock that stands still until a test moves it: everything that depends on time becomes repeatable and instant.
///
/// Callbacks run inside `advance`, `run_until`, `run_ready` and `run_next` only, in the order of the times that they are
/// due at, and for equal times in the order in which they were scheduled; a posted one counts as due at once. While a
/// callback runs, `now()` is the time it was due at. An exception that leaves a callback leaves the call that ran it; the
/// clock can be run on.
///
/// Threads: the executor is the thread that made the clock, until another one runs it. `post` and `on_executor` may be
/// called from any thread. Two threads must not run it at once, nor a callback run the clock that runs it.
class ManualClock {
   public:
    /// Starts at an arbitrary monotonic time and at 2026-01-01 00:00:00 UTC.
    ManualClock() : ManualClock(TimePoint{std::chrono::hours{1}}, WallTime{std::chrono::seconds{1'767'225'600}}) {}
    ManualClock(TimePoint time, WallTime wall) : now_(time), wall_from_now_(wall - to_wall(time)) {}
    ManualClock(const ManualClock&) = delete;
    ManualClock& operator=(const ManualClock&) = delete;

    /// Drops what is pending, uncalled.
    ~ManualClock() {
        do {
            timers_.clear();
            collect_posted();
        } while (!timers_.empty());
    }

    // What every Clock has.

    [[nodiscard]] TimePoint now() const noexcept { return now_; }
    [[nodiscard]] WallTime wall() const noexcept { return to_wall(now_) + wall_from_now_; }

    TimerId run_at(TimePoint time, Callback<void()> callback) {
        collect_posted();
        return timers_.add(time < now_ ? now_ : time, std::move(callback));
    }

    void cancel(TimerId id) { timers_.cancel(id); }

    void post(Callback<void()> callback) {
        auto* posted = new Posted{std::move(callback), posted_.load(std::memory_order_relaxed)};
        while (!posted_.compare_exchange_weak(posted->before, posted, std::memory_order_release,
                                              std::memory_order_relaxed)) {
        }
    }

    [[nodiscard]] bool on_executor() const noexcept { return executor_.load() == this_thread(); }

    // What moves it. Each returns how many callbacks ran.

    /// Runs what is due now, and what that makes due now.
    std::size_t run_ready() { return run_until(now_); }

    /// Moves the time forward by `by`, running on the way whatever becomes due.
    std::size_t advance(Duration by) { return run_until(now_ + by); }

    /// Moves the time forward to `time`, running on the way whatever becomes due. An earlier time runs what is due now.
    std::size_t run_until(TimePoint time) {
        std::size_t ran = 0;
        while (run_one(time)) {
            ++ran;
        }
        now_ = time < now_ ? now_ : time;
        return ran;
    }

    /// Runs callback by callback until `condition()` is true, for at most `within`. Whether it became true.
    template <std::predicate Condition>
    bool run_until(Condition condition, Duration within) {
        const TimePoint limit = now_ + within;
        while (!condition()) {
            if (!run_one(limit)) {
                now_ = limit;
                return condition();
            }
        }
        return true;
    }

    /// Runs the next callback, however far ahead it is due, and moves the time to it. False when nothing is pending.
    bool run_next() { return run_one(TimePoint::max()); }

    /// Sets the wall time; monotonic time and timers do not notice.
    void set_wall(WallTime wall) noexcept { wall_from_now_ = wall - to_wall(now_); }

    /// Moves the wall time by `by`, forward or back.
    void jump_wall(Duration by) noexcept {
        wall_from_now_ += std::chrono::duration_cast<std::chrono::microseconds>(by);
    }

    // What can be seen of it.

    /// When the next callback is due; nothing when none is pending.
    [[nodiscard]] std::optional<TimePoint> next() {
        collect_posted();
        return timers_.next();
    }

    /// How many callbacks wait, posted ones included.
    [[nodiscard]] std::size_t pending() {
        collect_posted();
        return timers_.size();
    }

   private:
    /// One element of the stack that other threads push to; the executor takes the whole of it at once, so that an
    /// element is never popped while another thread looks at it.
    struct Posted {
        Callback<void()> callback;
        Posted* before;
    };

    static WallTime to_wall(TimePoint time) noexcept {
        return WallTime{std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch())};
    }

    /// Names the calling thread, among those that live, without the cost of <thread>.
    static const void* this_thread() noexcept {
        static thread_local const char mark = 0;
        return &mark;
    }

    /// Schedules what was posted, in the order of posting.
    void collect_posted() {
        Posted* newest = posted_.exchange(nullptr, std::memory_order_acquire);
        Posted* oldest = nullptr;
        while (newest != nullptr) {
            Posted* const before = std::exchange(newest->before, oldest);
            oldest = std::exchange(newest, before);
        }
        while (oldest != nullptr) {
            timers_.add(now_, std::move(oldest->callback));
            delete std::exchange(oldest, oldest->before);
        }
    }

    bool run_one(TimePoint limit) {
        assert(!running_ && "a callback must not run the clock that runs it");
        executor_.store(this_thread());
        collect_posted();
        const auto due = timers_.next();
        if (!due || *due > limit) {
            return false;
        }
        now_ = *due;
        struct Running {
            explicit Running(bool& flag) : flag_(flag) { flag_ = true; }
            ~Running() { flag_ = false; }
            bool& flag_;
        } const running(running_);
        timers_.take_due(now_)();
        return true;
    }

    TimePoint now_;
    std::chrono::microseconds wall_from_now_;
    TimerQueue timers_;
    std::atomic<Posted*> posted_{nullptr};  ///< The newest first.
    std::atomic<const void*> executor_{this_thread()};
    bool running_{false};
};
static_assert(Clock<ManualClock>);

}  // namespace lattice::inline v0
