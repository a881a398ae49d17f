#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include <lattice/core/random.hpp>
#include <lattice/core/time.hpp>

/// Random variates that are the same on every compiler, optimisation level and processor. The standard's distributions
/// and the mathematical functions of a C library differ between implementations, and compilers may fuse multiplications
/// with additions; so everything here is integer arithmetic. Fixed-point numbers have 32 fractional bits.
namespace lattice::inline v0::sim {

/// A probability as a threshold for 32 random bits. Scaling by a power of two is exact in floating point.
class Probability {
   public:
    constexpr Probability() noexcept = default;

    /// `p` is clamped to 0 ... 1.
    constexpr Probability(double p) noexcept  // NOLINT: implicit, so that `loss = 0.1` reads well
        : threshold_(p <= 0   ? 0
                     : p >= 1 ? always
                              : static_cast<std::uint64_t>(p * 4294967296.0)) {}

    [[nodiscard]] constexpr double value() const noexcept { return static_cast<double>(threshold_) / 4294967296.0; }
    [[nodiscard]] constexpr bool never() const noexcept { return threshold_ == 0; }

    /// Draws nothing when the answer is certain, so switching a fault off does not disturb other draws.
    bool happens(Random& random) const noexcept {
        return threshold_ != 0 && (threshold_ == always || (random.next() >> 32U) < threshold_);
    }

   private:
    static constexpr std::uint64_t always = std::uint64_t{1} << 32U;
    std::uint64_t threshold_{0};
};

namespace fixed_point {

inline constexpr std::uint64_t low_half = 0xffffffffU;

/// a * b / 2^32, without an intermediate of more than 64 bits. The result must fit in 63 bits, b in 56.
constexpr std::uint64_t scaled(std::uint64_t a, std::uint64_t b) noexcept {
    return (a >> 32U) * b + (a & low_half) * (b >> 32U) + (((a & low_half) * (b & low_half)) >> 32U);
}

/// log2(1 + i/256) for i = 0 ... 256, found digit by digit: squaring doubles a logarithm.
constexpr std::array<std::uint64_t, 257> make_log2_table() noexcept {
    std::array<std::uint64_t, 257> table{};
    for (std::uint64_t i = 0; i < 256; ++i) {
        std::uint64_t x = (std::uint64_t{256} + i) << 23U;  // 31 fractional bits
        for (int digit = 31; digit >= 0; --digit) {
            x = (x * x) >> 31U;
            if ((x >> 32U) != 0) {
                table[i] |= std::uint64_t{1} << static_cast<unsigned>(digit);
                x >>= 1U;
            }
        }
    }
    table[256] = std::uint64_t{1} << 32U;
    return table;
}

constexpr std::uint64_t square_root(std::uint64_t value) noexcept {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 31U; bit != 0; bit >>= 1U) {
        if ((root | bit) * (root | bit) <= value) {
            root |= bit;
        }
    }
    return root;
}

/// 2^(i/256) for i = 0 ... 256: products of the square roots of two.
constexpr std::array<std::uint64_t, 257> make_exp2_table() noexcept {
    std::array<std::uint64_t, 8> roots{};  // 2^(1/2), 2^(1/4), ... with 30 fractional bits
    std::uint64_t root = std::uint64_t{2} << 30U;
    for (auto& each : roots) {
        root = square_root(root << 30U);
        each = root;
    }
    std::array<std::uint64_t, 257> table{};
    for (std::uint64_t i = 0; i <= 256; ++i) {
        std::uint64_t product = std::uint64_t{i == 256 ? 2U : 1U} << 30U;
        for (std::uint64_t bit = 0; bit < 8; ++bit) {
            if (((i >> (7 - bit)) & 1U) != 0) {
                product = (product * roots[bit]) >> 30U;
            }
        }
        table[i] = product << 2U;
    }
    return table;
}

inline constexpr auto log2_table = make_log2_table();
inline constexpr auto exp2_table = make_exp2_table();

}  // namespace fixed_point

/// log2 of a whole number, fixed point; 0 for 0. Error below 3e-6 (linear between 257 points).
constexpr std::uint64_t log2_fixed(std::uint64_t value) noexcept {
    if (value == 0) {
        return 0;
    }
    const auto exponent = static_cast<std::uint64_t>(std::bit_width(value)) - 1;
    const std::uint64_t fraction = (value << (63 - exponent)) << 1U;  // bits after the leading one, from the top
    const std::uint64_t index = fraction >> 56U;
    const std::uint64_t rest = (fraction >> 24U) & fixed_point::low_half;
    const std::uint64_t step = fixed_point::log2_table[index + 1] - fixed_point::log2_table[index];
    return (exponent << 32U) + fixed_point::log2_table[index] + ((step * rest) >> 32U);
}

/// 2^x for a fixed-point x, fixed point; x is clamped to -32 ... 30. Relative error below 1e-6.
constexpr std::uint64_t exp2_fixed(std::int64_t x) noexcept {
    const std::int64_t whole = x >> 32;
    if (whole < -32) {
        return 0;
    }
    if (whole >= 30) {
        return std::uint64_t{1} << 62U;
    }
    const std::uint64_t fraction = static_cast<std::uint64_t>(x) & fixed_point::low_half;
    const std::uint64_t index = fraction >> 24U;
    const std::uint64_t rest = (fraction & 0xffffffU) << 8U;
    const std::uint64_t step = fixed_point::exp2_table[index + 1] - fixed_point::exp2_table[index];
    const std::uint64_t value = fixed_point::exp2_table[index] + ((step * rest) >> 32U);
    return whole >= 0 ? value << whole : value >> -whole;
}

/// Exponentially distributed with the given mean, by inversion.
inline Duration draw_exponential(Random& random, Duration mean) noexcept {
    constexpr std::uint64_t ln2 = 2977044472U;  // fixed point
    const std::uint64_t bits = (std::uint64_t{64} << 32U) - log2_fixed(random.next() | 1U);
    return Duration{static_cast<std::int64_t>(
        fixed_point::scaled(fixed_point::scaled(bits, ln2), static_cast<std::uint64_t>(mean.count())))};
}

/// Standard normal, fixed point: the sum of twelve uniforms less six. Tails end at six deviations; the distribution
/// function is off by less than 0.003.
inline std::int64_t draw_normal(Random& random) noexcept {
    std::int64_t sum = 0;
    for (int i = 0; i < 3; ++i) {
        const std::uint64_t bits = random.next();
        sum += static_cast<std::int64_t>((bits & 0xffffU) + ((bits >> 16U) & 0xffffU) + ((bits >> 32U) & 0xffffU) +
                                         (bits >> 48U));
    }
    return (sum - 6 * 65535) * 65536;
}

/// Log-normal: exp(normal * sigma) times the median.
inline Duration draw_log_normal(Random& random, Duration median, double sigma) noexcept {
    constexpr std::int64_t inverse_ln2 = 94548;  // 1 / ln 2 with 16 fractional bits
    const auto sigma_scaled = static_cast<std::int64_t>(sigma * 65536.0);
    const std::int64_t exponent = ((draw_normal(random) >> 16) * sigma_scaled >> 16) * inverse_ln2;
    const std::uint64_t factor = exp2_fixed(exponent);
    return Duration{static_cast<std::int64_t>(fixed_point::scaled(factor, static_cast<std::uint64_t>(median.count())))};
}

/// Uniform in [least, most].
inline Duration draw_uniform(Random& random, Duration least, Duration most) noexcept {
    const auto width = static_cast<std::uint64_t>((most - least).count()) + 1;
    return least + Duration{static_cast<std::int64_t>(random.below(width))};
}

/// Mixes numbers into one that looks random: what belongs to a link or a node for good is drawn from it.
constexpr std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
    std::uint64_t z = a + 0x9e3779b97f4a7c15U * (b + 1);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}

}  // namespace lattice::inline v0::sim
