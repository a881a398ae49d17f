#pragma once

#include <utility>

#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// One timer of a host's clock, for somebody whose next work moves: mostly to a later time, now and then to an earlier one.
/// On the clock's executor only. The owner cancels it before it ends.
template <Clock ClockT>
class WakeTimer {
   public:
    explicit WakeTimer(ClockT& clock) noexcept : clock_(clock) {}

    /// Lets `wake` run at `next`, or never for TimePoint::max(). A timer that is armed for an earlier time may stay: whoever
    /// it wakes finds nothing to do and arms the next one, which is cheaper than to cancel it.
    template <typename F>
    void arm(TimePoint next, F wake) {
        if (next == armed_for_ || (next > armed_for_ && timer_ != 0)) {
            return;
        }
        cancel();
        armed_for_ = next;
        if (next != TimePoint::max()) {
            timer_ = clock_.run_at(next, [this, wake = std::move(wake)]() mutable {
                timer_ = 0;
                armed_for_ = TimePoint::max();
                wake();
            });
        }
    }

    void cancel() {
        clock_.cancel(std::exchange(timer_, 0));
        armed_for_ = TimePoint::max();
    }

   private:
    ClockT& clock_;
    TimerId timer_{0};
    TimePoint armed_for_{TimePoint::max()};  ///< When `timer_` fires.
};

}  // namespace lattice::inline v0
