#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <lattice/reconcile/short_id.hpp>

namespace lattice::inline v0::reconcile {

/// How much of a difference estimator is sent: `levels` groups of 2^log2_bits parity bits.
struct EstimatorShape {
    std::uint8_t levels{12};    ///< 1 to 15. The last one stands for itself and all beyond.
    std::uint8_t log2_bits{4};  ///< 3 to 8.

    friend bool operator==(const EstimatorShape&, const EstimatorShape&) = default;

    [[nodiscard]] constexpr bool valid() const noexcept {
        return levels >= 1 && levels <= 15 && log2_bits >= 3 && log2_bits <= 8;
    }
    [[nodiscard]] constexpr std::size_t bits() const noexcept { return std::size_t{1} << log2_bits; }
    [[nodiscard]] constexpr std::size_t bytes() const noexcept { return levels * bits() / 8; }

    /// The shape for a difference that is expected to be about `expected` (0: nothing is known).
    ///
    /// Not knowing is the costly case: every power of two up to 30,000 needs bits, of which the two or three about the
    /// true one tell something, so 24 bytes give the logarithm to 0.33 (one standard deviation). Knowing the order of
    /// magnitude allows 0.11 for the same share of the session's bytes.
    static constexpr EstimatorShape for_expected(std::size_t expected) noexcept {
        if (expected == 0) {
            return {12, 4};
        }
        if (expected <= 1) {
            return {1, 6};
        }
        if (expected <= 32) {
            return {1, 7};
        }
        if (expected <= 300) {
            return {4, 7};
        }
        const auto levels = static_cast<unsigned>(std::bit_width(expected / 64)) + 3;
        return {static_cast<std::uint8_t>(levels < 13 ? levels : 13),
                static_cast<std::uint8_t>(expected < 600 ? 7 : 8)};
    }
};

/// What is known of the size of a difference.
struct DifferenceEstimate {
    double size{0};         ///< The most likely size.
    double deviation{0};    ///< The standard deviation of the size's logarithm.
    bool saturated{false};  ///< The difference is beyond what the shape can measure; `size` is a lower bound.
    bool odd{false};        ///< Whether the size is odd. This is certain: each difference flips one parity.

    /// A size that is not exceeded with the probability that belongs to `deviations` (1.64: 95 %).
    [[nodiscard]] double at_most(double deviations) const noexcept;
};

/// Estimates the size of the symmetric difference of two sets from a few parity bits.
///
/// An odd sketch (Mitzenmacher, Pagh, Pham 2014) at each of several sampling rates: an id belongs to level l with
/// probability 2^-(l+1) and flips one of its 256 bits. The exclusive or of two sets' bits is that of their difference.
/// It folds: the parities of 128 bits are those of pairs of the 256. Adding and removing flips one bit; 480 bytes in
/// all.
class DifferenceEstimator {
   public:
    static constexpr std::size_t levels = 15;
    static constexpr std::size_t words = 4;  ///< Of 64 bits, per level.

    void toggle(std::uint64_t id) noexcept {
        const std::uint64_t bits = remix(id, 2);
        const auto level = static_cast<std::size_t>(std::countr_zero(bits | (std::uint64_t{1} << (levels - 1))));
        parities_[level][bits >> 62U] ^= std::uint64_t{1} << ((bits >> 56U) & 63U);
    }

    /// Calls put(byte) shape.bytes() times.
    template <typename Put>
    void write(EstimatorShape shape, Put&& put) const {
        for (std::size_t level = 0; level < shape.levels; ++level) {
            const auto folded = fold(level, shape);
            for (std::size_t i = 0; i < shape.bits() / 8; ++i) {
                put(static_cast<std::uint8_t>(folded[i / 8] >> (8 * (i % 8))));
            }
        }
    }

    /// Estimates the difference to the set that wrote `bytes` (shape.bytes() of them) with the same shape.
    [[nodiscard]] DifferenceEstimate compare(EstimatorShape shape, const std::byte* bytes) const noexcept {
        std::array<std::size_t, levels> odd{};
        for (std::size_t level = 0; level < shape.levels; ++level) {
            const auto folded = fold(level, shape);
            for (std::size_t i = 0; i < shape.bits() / 8; ++i, ++bytes) {
                const auto own = static_cast<std::uint8_t>(folded[i / 8] >> (8 * (i % 8)));
                odd[level] += static_cast<std::size_t>(
                    std::popcount(static_cast<std::uint8_t>(own ^ std::to_integer<std::uint8_t>(*bytes))));
            }
        }
        return estimate(shape, odd);
    }

    friend bool operator==(const DifferenceEstimator&, const DifferenceEstimator&) = default;

   private:
    [[nodiscard]] std::array<std::uint64_t, words> fold(std::size_t level, EstimatorShape shape) const noexcept {
        std::array<std::uint64_t, words> sum = parities_[level];
        for (std::size_t other = level + 1; level + 1 == shape.levels && other < levels; ++other) {
            for (std::size_t i = 0; i < words; ++i) {
                sum[i] ^= parities_[other][i];
            }
        }
        for (std::size_t half = words / 2; half != 0 && half * 64 >= shape.bits(); half /= 2) {
            for (std::size_t i = 0; i < half; ++i) {
                sum[i] ^= sum[i + half];
            }
        }
        for (unsigned half = 32; half >= shape.bits(); half /= 2) {
            sum[0] ^= sum[0] >> half;
        }
        return sum;
    }

    static DifferenceEstimate estimate(EstimatorShape shape, const std::array<std::size_t, levels>& odd) noexcept;

    std::array<std::array<std::uint64_t, words>, levels> parities_{};
};

namespace detail {

/// e^-x for x >= 0, the same on every platform to the last few bits (the standard library's is not).
constexpr double exp_minus(double x) noexcept {
    if (x > 40) {
        return 0;
    }
    const double y = x / 1024;
    double power = 1 - y * (1 - y / 2 * (1 - y / 3 * (1 - y / 4)));
    for (int i = 0; i < 10; ++i) {
        power *= power;
    }
    return power;
}

/// A square root by Newton's method, for x >= 0.
constexpr double square_root(double x) noexcept {
    double root = x > 1 ? x : 1;
    for (int i = 0; i < 64; ++i) {
        root = (root + x / root) / 2;
    }
    return root;
}

/// 2^16, 2^8, .. down to 2^(1/512), by which a search in logarithms steps.
inline constexpr std::array<double, 14> search_steps = [] {
    std::array<double, 14> steps{};
    double step = 65536;
    for (double& s : steps) {
        s = step;
        step = square_root(step);
    }
    return steps;
}();

/// The likelihood of a difference's size `d`, given how many parities are odd at each level: its derivative by ln(d),
/// and the information about ln(d). A parity over a share q of the ids is odd with probability (1 - e^(-2dq)) / 2.
struct Likelihood {
    double slope{0};
    double information{0};

    Likelihood(EstimatorShape shape, const std::size_t* odd, double d) noexcept {
        const auto bits = static_cast<double>(shape.bits());
        double share = 2 * d / bits;
        for (std::size_t level = 0; level < shape.levels; ++level) {
            if (level + 1 < shape.levels) {
                share /= 2;  // the last level has the share of the one before
            }
            const double e = exp_minus(share);
            const auto ones = static_cast<double>(odd[level]);
            slope += share * e * (ones / (1 - e + 1e-12) - (bits - ones) / (1 + e));
            information += bits * share * share * e * e / (1 - e * e + 1e-12);
        }
    }
};

}  // namespace detail

inline double DifferenceEstimate::at_most(double deviations) const noexcept {
    const double exponent = deviations * deviation;
    return size / detail::exp_minus(exponent < 8 ? exponent : 8);
}

inline DifferenceEstimate DifferenceEstimator::estimate(EstimatorShape shape,
                                                        const std::array<std::size_t, levels>& odd) noexcept {
    std::size_t total = 0;
    for (const std::size_t count : odd) {
        total += count;
    }
    if (total == 0) {
        return {};
    }
    const double size_max = static_cast<double>(shape.bits() << (shape.levels - 1));
    double low = 0.5;  // the greatest size tried at which the likelihood still rises; steps of 2^8, 2^4, .. 2^(1/512)
    for (const double step : detail::search_steps) {
        if (low * step < 2 * size_max && detail::Likelihood(shape, odd.data(), low * step).slope > 0) {
            low *= step;
        }
    }
    const double information = detail::Likelihood(shape, odd.data(), low).information;
    // The likelihood takes the number of ids at a level for random; over all levels together it is not.
    const double variance = 1 / (information + 1e-9) - 1 / low;
    const double least = 1 / (4 * low * static_cast<double>(shape.bits()));
    return {low, detail::square_root(variance > least ? variance : least), low > 0.9 * size_max, total % 2 == 1};
}

}  // namespace lattice::inline v0::reconcile
