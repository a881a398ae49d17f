#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace lattice::inline v0::sim {

/// The fingerprint of everything that happened in a world, in order. Two runs with the same hash took the same course.
///
/// Not cryptographic: it tells runs apart, nobody attacks it.
class TraceHash {
   public:
    void add(std::uint64_t value) noexcept {
        state_ = std::rotl(state_ ^ (value * 0x9e3779b97f4a7c15U), 29) * 0xbf58476d1ce4e5b9U + 0x94d049bb133111ebU;
    }

    [[nodiscard]] std::uint64_t value() const noexcept {
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    /// 16 hexadecimal digits.
    [[nodiscard]] std::string text() const {
        std::string digits(16, '0');
        std::uint64_t rest = value();
        for (std::size_t i = 16; i-- > 0; rest >>= 4U) {
            digits[i] = "0123456789abcdef"[rest & 15U];
        }
        return digits;
    }

   private:
    std::uint64_t state_{0x243f6a8885a308d3U};
};

}  // namespace lattice::inline v0::sim
