#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace lattice::inline v0 {

/// The seeded generator of one engine: xoshiro256** (Blackman, Vigna 2018), its state filled by SplitMix64.
///
/// The same seed gives the same numbers on every platform. It is not a cryptographic generator: it picks peers and
/// spreads timers, and salts tables against peers who do not know the seed; seed it from real entropy in production.
class Random {
   public:
    explicit Random(std::uint64_t seed) noexcept {
        for (auto& word : state_) {
            seed += 0x9e3779b97f4a7c15U;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
            z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
            word = z ^ (z >> 31U);
        }
    }

    /// 64 uniform bits.
    std::uint64_t next() noexcept {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// A uniform number in [0, bound), without bias: by multiplication and rare rejection (Lemire 2019), or by division for
    /// bounds beyond 32 bits. 0 when `bound` is 0.
    std::uint64_t below(std::uint64_t bound) noexcept {
        if (bound >> 32U != 0) {
            const std::uint64_t reject_below = (0 - bound) % bound;
            std::uint64_t value = next();
            while (value < reject_below) {
                value = next();
            }
            return value % bound;
        }
        std::uint64_t product = (next() >> 32U) * bound;
        if (static_cast<std::uint32_t>(product) < bound) {
            const std::uint64_t reject_below = bound == 0 ? 0 : ((std::uint64_t{1} << 32U) - bound) % bound;
            while (static_cast<std::uint32_t>(product) < reject_below) {
                product = (next() >> 32U) * bound;
            }
        }
        return product >> 32U;
    }

    /// A uniform number in [0, 1) with 53 bits.
    double unit() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

   private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace lattice::inline v0
