#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include <lattice/clock/timer_queue.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/time.hpp>

#include "lines.hpp"

/// The Clock of this program, and all of its input and output: one thread that waits in poll(2) for a line to read, room
/// to write, or a timer.
///
/// A host has an event loop of its own; this shows what the library needs of it. TimerQueue does the part that is the same
/// everywhere.
class EventLoop {
   public:
    // What lattice::Clock asks for.

    [[nodiscard]] lattice::TimePoint now() const noexcept {
        return std::chrono::time_point_cast<lattice::Duration>(std::chrono::steady_clock::now());
    }
    [[nodiscard]] lattice::WallTime wall() const noexcept {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    lattice::TimerId run_at(lattice::TimePoint time, lattice::Callback<void()> callback) {
        return timers_.add(time, std::move(callback));
    }
    void cancel(lattice::TimerId id) { timers_.cancel(id); }

    /// A timer that has been due for ever: before all others, in the order of posting. No lock: the program has one thread.
    void post(lattice::Callback<void()> callback) { timers_.add(lattice::TimePoint::min(), std::move(callback)); }

    /// The one thread of the program is the executor.
    [[nodiscard]] bool on_executor() const noexcept { return true; }

    // Lines.

    /// Writes a line to standard output as soon as there is room, and never waits for that.
    void write_line(std::string_view line) { out_.add(line); }

    /// Bytes that found no room yet.
    [[nodiscard]] std::size_t unwritten() const noexcept { return out_.size(); }

    /// Calls `take` for every line of standard input, and what is due in between, until the input ends and the output is
    /// written. Throws std::system_error when a descriptor fails.
    void run(lattice::Callback<void(std::string_view)> take) {
        bool open = true;
        while (open || out_.size() != 0) {
            pollfd ready[] = {{open ? STDIN_FILENO : -1, POLLIN, 0},
                              {out_.size() != 0 ? STDOUT_FILENO : -1, POLLOUT, 0}};
            if (::poll(ready, 2, patience()) < 0 && errno != EINTR) {
                throw std::system_error(errno, std::generic_category(), "poll");
            }
            if (ready[0].revents != 0) {
                open = in_.read(STDIN_FILENO, take);
            }
            run_due();
            if (ready[1].revents != 0) {
                out_.write(STDOUT_FILENO);
            }
        }
    }

   private:
    /// Milliseconds until the next timer, rounded up so that it is due when poll returns; -1 without one.
    [[nodiscard]] int patience() const {
        const std::optional<lattice::TimePoint> next = timers_.next();
        if (!next) {
            return -1;
        }
        constexpr std::chrono::milliseconds longest{60'000};
        const lattice::TimePoint present = now();
        if (*next <= present) {
            return 0;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - present);
        return static_cast<int>((left < longest ? left : longest).count());
    }

    /// Runs what is due now; what that makes due has to wait for the next turn, so that input is not starved.
    void run_due() {
        const lattice::TimePoint present = now();
        for (std::size_t left = timers_.size(); left > 0; --left) {
            lattice::Callback<void()> callback = timers_.take_due(present);
            if (!callback) {
                return;
            }
            callback();
        }
    }

    lattice::TimerQueue timers_;
    LineReader in_;
    LineWriter out_;
};
static_assert(lattice::Clock<EventLoop>);
