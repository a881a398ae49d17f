#pragma once

#include <cstdint>

#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// A rate with bursts, kept as one instant: the generic cell rate algorithm (ITU-T I.371, annex A).
///
/// `full_at_` is when the bucket would be full again; taking moves it on by the cost, and is refused when it lies further
/// ahead than the burst allows.
class TokenBucket {
   public:
    /// Takes `amount` at `per_second`, with bursts of `burst_seconds` worth. A rate of 0 means no limit. Nothing is taken
    /// when it says no.
    bool take(std::uint64_t amount, std::uint64_t per_second, TimePoint now, std::int64_t burst_seconds = 2) noexcept {
        if (per_second == 0) {
            return true;
        }
        constexpr std::int64_t second = 1'000'000'000;
        const auto cost =
            static_cast<std::int64_t>(static_cast<double>(amount) * second / static_cast<double>(per_second));
        const TimePoint start = full_at_ < now ? now : full_at_;
        if (start + Duration{cost} > now + Duration{burst_seconds * second}) {
            return false;
        }
        full_at_ = start + Duration{cost};
        return true;
    }

   private:
    TimePoint full_at_{TimePoint::min()};
};

}  // namespace lattice::inline v0
