#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// The one processor-specific seam of this folder: carry-less multiplication of x86-64, chosen at run time by gf64.hpp.
// It uses compiler built-ins rather than <immintrin.h>, which costs more to compile than everything else here.
#if defined(__x86_64__) && (defined(__clang__) || defined(__GNUC__))
#    define LATTICE_GF64_X86 1

namespace lattice::inline v0::reconcile::detail {

/// Whether this processor multiplies without carries (CPUID leaf 1, ECX bit 1: PCLMULQDQ).
inline bool processor_has_clmul() noexcept {
    std::uint32_t eax = 1;
    std::uint32_t ebx = 0;
    std::uint32_t ecx = 0;
    std::uint32_t edx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return (ecx & 2U) != 0;
}

/// A 128-bit polynomial over GF(2), low half first, as the built-in wants it.
using Wide = long long __attribute__((vector_size(16)));

#    define LATTICE_CLMUL __attribute__((target("pclmul,sse4.1"), always_inline))

LATTICE_CLMUL inline Wide wide_product(std::uint64_t a, std::uint64_t b) noexcept {
    return __builtin_ia32_pclmulqdq128(Wide{static_cast<long long>(a), 0}, Wide{static_cast<long long>(b), 0}, 0x00);
}

/// The remainder modulo x^64 + x^4 + x^3 + x + 1: the high half folds in twice, the second time only its top four bits.
LATTICE_CLMUL inline std::uint64_t reduced(Wide product) noexcept {
    const Wide modulus{0x1b, 0};
    const Wide once = __builtin_ia32_pclmulqdq128(product, modulus, 0x01);
    const Wide twice = __builtin_ia32_pclmulqdq128(once, modulus, 0x01);
    return static_cast<std::uint64_t>(product[0] ^ once[0] ^ twice[0]);
}

LATTICE_CLMUL inline std::uint64_t product_x86(std::uint64_t a, std::uint64_t b) noexcept {
    return reduced(wide_product(a, b));
}

#    undef LATTICE_CLMUL
#    define LATTICE_CLMUL __attribute__((target("pclmul,sse4.1")))

LATTICE_CLMUL inline std::uint64_t multiply_x86(std::uint64_t a, std::uint64_t b) noexcept { return product_x86(a, b); }

LATTICE_CLMUL inline void square_x86(std::uint64_t* into, const std::uint64_t* from, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        into[i] = product_x86(from[i], from[i]);
    }
}

LATTICE_CLMUL inline void scale_x86(std::uint64_t* values, std::size_t count, std::uint64_t factor) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = product_x86(values[i], factor);
    }
}

/// One reduction for two products.
LATTICE_CLMUL inline void blend_x86(std::uint64_t* into, std::uint64_t into_factor, const std::uint64_t* from,
                                    std::uint64_t from_factor, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        into[i] = reduced(wide_product(into[i], into_factor) ^ wide_product(from[i], from_factor));
    }
}

/// Products of opposite ends, reduced once.
LATTICE_CLMUL inline std::uint64_t convolve_x86(const std::uint64_t* a, const std::uint64_t* b_end,
                                                std::size_t count) noexcept {
    Wide sum{0, 0};
    for (std::size_t i = 0; i < count; ++i) {
        sum ^= wide_product(a[i], *(b_end - i));
    }
    return reduced(sum);
}

LATTICE_CLMUL inline void add_scaled_x86(std::uint64_t* into, const std::uint64_t* from, std::size_t count,
                                         std::uint64_t factor) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        into[i] ^= product_x86(from[i], factor);
    }
}

/// One reduction per column instead of one per product, and two columns at a time.
LATTICE_CLMUL inline void add_combination_x86(std::uint64_t* into, const std::uint64_t* rows, std::size_t stride,
                                              const std::uint64_t* factors, std::size_t row_count,
                                              std::size_t columns) noexcept {
    std::size_t column = 0;
    for (; column + 1 < columns; column += 2) {
        Wide left{0, 0};
        Wide right{0, 0};
        for (std::size_t row = 0; row < row_count; ++row) {
            Wide pair;
            std::memcpy(&pair, rows + row * stride + column, sizeof pair);
            const Wide factor{static_cast<long long>(factors[row]), 0};
            left ^= __builtin_ia32_pclmulqdq128(pair, factor, 0x00);
            right ^= __builtin_ia32_pclmulqdq128(pair, factor, 0x01);
        }
        into[column] ^= reduced(left);
        into[column + 1] ^= reduced(right);
    }
    if (column < columns) {
        Wide sum{0, 0};
        for (std::size_t row = 0; row < row_count; ++row) {
            sum ^= wide_product(rows[row * stride + column], factors[row]);
        }
        into[column] ^= reduced(sum);
    }
}

/// Two interleaved chains (x, x^5, x^9.. and x^3, x^7..), because one would wait for its own latency.
LATTICE_CLMUL inline void add_odd_powers_x86(std::uint64_t* sums, std::size_t count, std::uint64_t x,
                                             std::uint64_t scale) noexcept {
    const std::uint64_t square = product_x86(x, x);
    const std::uint64_t fourth = product_x86(square, square);
    std::uint64_t even = product_x86(scale, x);
    std::uint64_t odd = product_x86(even, square);
    std::size_t i = 0;
    for (; i + 1 < count; i += 2) {
        sums[i] ^= even;
        sums[i + 1] ^= odd;
        even = product_x86(even, fourth);
        odd = product_x86(odd, fourth);
    }
    if (i < count) {
        sums[i] ^= even;
    }
}

#    undef LATTICE_CLMUL

}  // namespace lattice::inline v0::reconcile::detail

#endif
