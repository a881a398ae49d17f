#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <lattice/reconcile/gf64_x86.hpp>

namespace lattice::inline v0::reconcile {

/// Arithmetic in GF(2^64), the field of 2^64 elements in which short ids are numbers: addition is exclusive or,
/// multiplication is that of polynomials over GF(2) modulo x^64 + x^4 + x^3 + x + 1 (irreducible; the least such
/// pentanomial, also NIST's and minisketch's choice).
///
/// The portable functions run everywhere; on x86-64 the public ones go through the carry-less multiplier when the
/// processor has one, some ten times faster. Both give the same numbers. The bulk functions exist because that choice
/// is made once per call.
namespace gf64 {

namespace portable {

/// c * x modulo the field's polynomial.
constexpr std::uint64_t times_x(std::uint64_t c) noexcept { return (c << 1U) ^ ((0 - (c >> 63U)) & 0x1bU); }

/// The sixteen multiples of one factor, so that a product costs sixteen look-ups instead of sixty-four steps.
class Multiples {
   public:
    explicit constexpr Multiples(std::uint64_t factor) noexcept {
        table_[1] = factor;
        for (std::size_t i = 2; i < 16; i += 2) {
            table_[i] = times_x(table_[i / 2]);
            table_[i + 1] = table_[i] ^ factor;
        }
    }

    [[nodiscard]] constexpr std::uint64_t times(std::uint64_t other) const noexcept {
        std::uint64_t product = table_[other >> 60U];
        for (unsigned shift = 60; shift != 0;) {
            shift -= 4;
            const std::uint64_t top = product >> 60U;
            product = (product << 4U) ^ top ^ (top << 1U) ^ (top << 3U) ^ (top << 4U) ^ table_[(other >> shift) & 15U];
        }
        return product;
    }

   private:
    std::array<std::uint64_t, 16> table_{};
};

constexpr std::uint64_t multiply(std::uint64_t a, std::uint64_t b) noexcept { return Multiples(a).times(b); }

constexpr void square(std::uint64_t* into, const std::uint64_t* from, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        into[i] = multiply(from[i], from[i]);
    }
}

constexpr void scale(std::uint64_t* values, std::size_t count, std::uint64_t factor) noexcept {
    const Multiples multiples(factor);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = multiples.times(values[i]);
    }
}

constexpr std::uint64_t convolve(const std::uint64_t* a, const std::uint64_t* b_end, std::size_t count) noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum ^= multiply(a[i], *(b_end - i));
    }
    return sum;
}

constexpr void add_scaled(std::uint64_t* into, const std::uint64_t* from, std::size_t count,
                          std::uint64_t factor) noexcept {
    const Multiples multiples(factor);
    for (std::size_t i = 0; i < count; ++i) {
        into[i] ^= multiples.times(from[i]);
    }
}

constexpr void add_combination(std::uint64_t* into, const std::uint64_t* rows, std::size_t stride,
                               const std::uint64_t* factors, std::size_t row_count, std::size_t columns) noexcept {
    for (std::size_t row = 0; row < row_count; ++row) {
        add_scaled(into, rows + row * stride, columns, factors[row]);
    }
}

constexpr void add_odd_powers(std::uint64_t* sums, std::size_t count, std::uint64_t x, std::uint64_t scale) noexcept {
    const Multiples square(multiply(x, x));
    std::uint64_t power = multiply(scale, x);
    for (std::size_t i = 0; i < count; ++i) {
        sums[i] ^= power;
        power = square.times(power);
    }
}

}  // namespace portable

/// Whether the public functions run on the processor's carry-less multiplier.
inline bool accelerated() noexcept {
#if defined(LATTICE_GF64_X86)
    static const bool yes = detail::processor_has_clmul();
    return yes;
#else
    return false;
#endif
}

/// a * b.
inline std::uint64_t multiply(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(LATTICE_GF64_X86)
    if (accelerated()) {
        return detail::multiply_x86(a, b);
    }
#endif
    return portable::multiply(a, b);
}

/// into[i] = from[i]^2 for i < count. The two may be the same.
inline void square(std::uint64_t* into, const std::uint64_t* from, std::size_t count) noexcept {
#if defined(LATTICE_GF64_X86)
    if (accelerated()) {
        return detail::square_x86(into, from, count);
    }
#endif
    portable::square(into, from, count);
}

/// values[i] *= factor for i < count.
inline void scale(std::uint64_t* values, std::size_t count, std::uint64_t factor) noexcept {
#if defined(LATTICE_GF64_X86)
    if (accelerated()) {
        return detail::scale_x86(values, count, factor);
    }
#endif
    portable::scale(values, count, factor);
}

/// into[i] = into_factor * into[i] + from_factor * from[i] for i < count.
inline void blend(std::uint64_t* into, std::uint64_t into_factor, const std::uint64_t* from, std::uint64_t from_factor,
                  std::size_t count) noexcept {
#if defined(LATTICE_GF64_X86)
    if (accelerated()) {
        return detail::blend_x86(into, into_factor, from, from_factor, count);
    }
#endif
    portable::scale(into, count, into_factor);
    portable::add_scaled(into, from, count, from_factor);
}

/// The sum of a[i] * b_end[-i] for i < count.
inline std::uint64_t convolve(const std::uint64_t* a, const std::uint64_t* b_end, std::size_t count) noexcept {
#if defined(LATTICE_GF64_X86)
    if (accelerated()) {
        return detail::convolve_x86(a, b_end, count);
    }
#endif
    return portable::convolve(a, b_end, count);
}

/// into[i] += factor * from[i] for i < count.
inline void add_scaled(std::uint64_t* into, const std::uint64_t* from, std::size_t count,
                       std::uint64_t factor) noexcept {
#if defined(LATTICE_GF64_X86)
    if (accelerated()) {
        return detail::add_scaled_x86(into, from, count, factor);
    }
#endif
    portable::add_scaled(into, from, count, factor);
}

/// into[c] += sum over r < row_count of factors[r] * rows[r * stride + c], for c < columns. `into` and `rows` do not
/// overlap.
inline void add_combination(std::uint64_t* into, const std::uint64_t* rows, std::size_t stride,
                            const std::uint64_t* factors, std::size_t row_count, std::size_t columns) noexcept {
#if defined(LATTICE_GF64_X86)
    if (accelerated()) {
        return detail::add_combination_x86(into, rows, stride, factors, row_count, columns);
    }
#endif
    portable::add_combination(into, rows, stride, factors, row_count, columns);
}

/// sums[k] += scale * x^(2k+1) for k < count: what adding x to a sketch of odd power sums means.
inline void add_odd_powers(std::uint64_t* sums, std::size_t count, std::uint64_t x, std::uint64_t scale = 1) noexcept {
#if defined(LATTICE_GF64_X86)
    if (accelerated()) {
        return detail::add_odd_powers_x86(sums, count, x, scale);
    }
#endif
    portable::add_odd_powers(sums, count, x, scale);
}

/// a^-1 for a != 0, as a^(2^64 - 2) = (a^(2^63 - 1))^2; 0 gives 0. Some 0.5 us: callers batch their inversions.
inline std::uint64_t inverse(std::uint64_t a) noexcept {
    std::uint64_t result = a;  // a^(2^1 - 1)
    for (int bit = 1; bit < 63; ++bit) {
        result = multiply(multiply(result, result), a);
    }
    return multiply(result, result);
}

}  // namespace gf64

}  // namespace lattice::inline v0::reconcile
