#pragma once

#include <cstdint>

#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// How long answers take: smoothed mean and mean deviation (Jacobson 1988). Feed it only answers to what was sent once (Karn's
/// rule): nobody knows which copy the others answer.
class RoundTrip {
   public:
    /// `inertia`: a sample moves the mean by its 2^inertia-th part, the deviation by twice that. RFC 6298 has 3, for one path;
    /// a mean over many paths needs more.
    void add(Duration sample, int inertia = 3) noexcept {
        if (mean_ == Duration::zero()) {
            mean_ = sample;
            deviation_ = sample / 2;
            return;
        }
        const Duration error = sample - mean_;
        mean_ += error / (1 << inertia);
        deviation_ += ((error < Duration::zero() ? -error : error) - deviation_) / (1 << (inertia - 1));
    }

    [[nodiscard]] bool known() const noexcept { return mean_ != Duration::zero(); }
    [[nodiscard]] Duration mean() const noexcept { return mean_; }

    /// After so long an answer is not to be expected any more. `spread`: how many deviations that is beyond the mean. RFC 6298
    /// says four, for a path whose queues change; over many links of different, steady lengths less will do.
    [[nodiscard]] Duration patience(int spread) const noexcept {
        constexpr Duration least = std::chrono::milliseconds{1};
        const Duration margin = spread * deviation_;
        const Duration floor = mean_ / 16 > least ? mean_ / 16 : least;
        return mean_ + (margin > floor ? margin : floor);
    }

   private:
    Duration mean_{Duration::zero()};
    Duration deviation_{Duration::zero()};
};

}  // namespace lattice::inline v0
