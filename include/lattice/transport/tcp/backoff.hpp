#pragma once

#include <lattice/core/random.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0::tcp {

/// Waits between attempts: each twice the one before up to a bound, and each drawn from the upper half of that, so that
/// nodes which lost the same peer at the same instant do not come back at the same instant.
class Backoff {
   public:
    Backoff(Duration initial, Duration most) noexcept : initial_(initial), most_(most), next_(initial) {}

    /// How long to wait before the next attempt.
    Duration wait(Random& random) noexcept {
        const Duration bound = next_;
        next_ = next_ < most_ / 2 ? next_ * 2 : most_;
        const auto half = static_cast<std::uint64_t>(bound.count()) / 2;
        return Duration(static_cast<Duration::rep>(half + random.below(half + 1)));
    }

    /// An attempt succeeded: the next wait is the first one again.
    void reset() noexcept { next_ = initial_; }

   private:
    Duration initial_;
    Duration most_;
    Duration next_;
};

}  // namespace lattice::inline v0::tcp
