#pragma once

#include <cstddef>
#include <cstdint>

// The one processor-specific seam of the core: SHA-256 by the SHA extensions of x86-64, chosen at run time. It uses
// compiler built-ins rather than <immintrin.h>, which costs more to compile than everything else in the core.
#if defined(__x86_64__) && (defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12))
#    define LATTICE_SHA256_X86 1

namespace lattice::inline v0::detail {

/// Whether this processor has the SHA extensions (CPUID leaf 7, EBX bit 29) and SSE4.1 (leaf 1, ECX bit 19).
inline bool processor_has_sha256() noexcept {
    const auto cpuid = [](std::uint32_t leaf, std::uint32_t& ebx, std::uint32_t& ecx) {
        std::uint32_t eax = leaf;
        std::uint32_t edx = 0;
        ecx = 0;
        __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
        return eax;
    };
    std::uint32_t ebx = 0;
    std::uint32_t ecx = 0;
    if (cpuid(0, ebx, ecx) < 7) {
        return false;
    }
    cpuid(1, ebx, ecx);
    const bool has_sse41 = (ecx & (1U << 19U)) != 0;
    cpuid(7, ebx, ecx);
    return has_sse41 && (ebx & (1U << 29U)) != 0;
}

/// Four 32-bit words in one register: unsigned, so that sums wrap, and as the built-ins want them.
using Words = unsigned __attribute__((vector_size(16)));
using SignedWords = int __attribute__((vector_size(16)));

/// Two rounds; what comes back takes the place of `older`, whose role passes to `newer` (see the caller).
__attribute__((target("sha,sse4.1"), always_inline)) inline Words two_rounds(Words older, Words newer,
                                                                             Words sum) noexcept {
    return __builtin_bit_cast(Words, __builtin_ia32_sha256rnds2(__builtin_bit_cast(SignedWords, older),
                                                                __builtin_bit_cast(SignedWords, newer),
                                                                __builtin_bit_cast(SignedWords, sum)));
}

/// The next four words of the message schedule, which replace the four oldest.
__attribute__((target("sha,sse4.1"), always_inline)) inline Words extend_schedule(Words oldest, Words second,
                                                                                  Words shifted,
                                                                                  Words newest) noexcept {
    const SignedWords first_half =
        __builtin_ia32_sha256msg1(__builtin_bit_cast(SignedWords, oldest), __builtin_bit_cast(SignedWords, second));
    const Words sum = __builtin_bit_cast(Words, first_half) + shifted;
    return __builtin_bit_cast(Words, __builtin_ia32_sha256msg2(__builtin_bit_cast(SignedWords, sum),
                                                               __builtin_bit_cast(SignedWords, newest)));
}

/// The compression function over `count` blocks: two rounds per instruction, the state kept as (f, e, b, a) and
/// (h, g, d, c), the order that the instructions demand.
__attribute__((target("sha,sse4.1"))) inline void sha256_compress_x86(std::uint32_t* state,
                                                                      const std::uint32_t* constants,
                                                                      const std::byte* blocks,
                                                                      std::size_t count) noexcept {
    Words feba{state[5], state[4], state[1], state[0]};
    Words hgdc{state[7], state[6], state[3], state[2]};
    for (; count != 0; --count, blocks += 64) {
        const Words feba_before = feba;
        const Words hgdc_before = hgdc;
        Words schedule[4];
#    pragma GCC unroll 4
        for (std::size_t i = 0; i < 4; ++i) {
            std::uint32_t values[4];
            __builtin_memcpy(values, blocks + 16 * i, 16);
            schedule[i] = Words{__builtin_bswap32(values[0]), __builtin_bswap32(values[1]),
                                __builtin_bswap32(values[2]), __builtin_bswap32(values[3])};
        }
#    pragma GCC unroll 16
        for (std::size_t group = 0; group < 16; ++group) {
            Words& current = schedule[group % 4];
            const Words& next = schedule[(group + 1) % 4];
            const Words& third = schedule[(group + 2) % 4];
            const Words& fourth = schedule[(group + 3) % 4];
            Words round_constants;
            __builtin_memcpy(&round_constants, constants + 4 * group, 16);
            const Words sum = current + round_constants;
            const Words high_half = __builtin_shufflevector(sum, sum, 2, 3, 0, 0);
            hgdc = two_rounds(hgdc, feba, sum);
            feba = two_rounds(feba, hgdc, high_half);
            if (group < 12) {
                const Words shifted = __builtin_shufflevector(third, fourth, 1, 2, 3, 4);
                current = extend_schedule(current, next, shifted, fourth);
            }
        }
        feba += feba_before;
        hgdc += hgdc_before;
    }
    const Words result[2] = {feba, hgdc};
    constexpr std::size_t order[2][4] = {{5, 4, 1, 0}, {7, 6, 3, 2}};
    for (std::size_t half = 0; half < 2; ++half) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            state[order[half][lane]] = result[half][lane];
        }
    }
}

}  // namespace lattice::inline v0::detail

#endif
