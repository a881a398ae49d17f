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

/// The same, asked once.
inline bool sha256_is_accelerated() noexcept {
    static const bool accelerated = processor_has_sha256();
    return accelerated;
}

/// Four 32-bit words in one register: unsigned, so that sums wrap, and as the built-ins want them.
using Words = unsigned __attribute__((vector_size(16)));
using SignedWords = int __attribute__((vector_size(16)));

/// Four big-endian words.
__attribute__((target("sha,sse4.1"), always_inline)) inline Words load_words(const std::byte* at) noexcept {
    using Octets = char __attribute__((vector_size(16)));
    Octets octets;
    __builtin_memcpy(&octets, at, 16);
    constexpr Octets order{3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12};
    return __builtin_bit_cast(Words, __builtin_ia32_pshufb128(octets, order));
}

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

/// The compression function over `count` blocks of each of `texts` independent texts: two rounds per instruction, the
/// state kept as (f, e, b, a) and (h, g, d, c), the order that the instructions demand. Each instruction waits for the one
/// before it in its own text, so two texts at once take little longer than one.
template <std::size_t texts>
__attribute__((target("sha,sse4.1"))) inline void sha256_compress_x86(std::uint32_t* const (&states)[texts],
                                                                      const std::uint32_t* constants,
                                                                      const std::byte* const (&blocks)[texts],
                                                                      std::size_t count) noexcept {
    Words feba[texts];
    Words hgdc[texts];
    for (std::size_t text = 0; text < texts; ++text) {
        const std::uint32_t* state = states[text];
        feba[text] = Words{state[5], state[4], state[1], state[0]};
        hgdc[text] = Words{state[7], state[6], state[3], state[2]};
    }
    for (std::size_t block = 0; block < count; ++block) {
        Words feba_before[texts];
        Words hgdc_before[texts];
        Words schedule[texts][4];
        for (std::size_t text = 0; text < texts; ++text) {
            feba_before[text] = feba[text];
            hgdc_before[text] = hgdc[text];
#    pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i) {
                schedule[text][i] = load_words(blocks[text] + 64 * block + 16 * i);
            }
        }
#    pragma GCC unroll 16
        for (std::size_t group = 0; group < 16; ++group) {
            Words round_constants;
            __builtin_memcpy(&round_constants, constants + 4 * group, 16);
#    pragma GCC unroll 2
            for (std::size_t text = 0; text < texts; ++text) {
                Words& current = schedule[text][group % 4];
                const Words& next = schedule[text][(group + 1) % 4];
                const Words& third = schedule[text][(group + 2) % 4];
                const Words& fourth = schedule[text][(group + 3) % 4];
                const Words sum = current + round_constants;
                const Words high_half = __builtin_shufflevector(sum, sum, 2, 3, 0, 0);
                hgdc[text] = two_rounds(hgdc[text], feba[text], sum);
                feba[text] = two_rounds(feba[text], hgdc[text], high_half);
                if (group < 12) {
                    const Words shifted = __builtin_shufflevector(third, fourth, 1, 2, 3, 4);
                    current = extend_schedule(current, next, shifted, fourth);
                }
            }
        }
        for (std::size_t text = 0; text < texts; ++text) {
            feba[text] += feba_before[text];
            hgdc[text] += hgdc_before[text];
        }
    }
    constexpr std::size_t order[2][4] = {{5, 4, 1, 0}, {7, 6, 3, 2}};
    for (std::size_t text = 0; text < texts; ++text) {
        for (std::size_t lane = 0; lane < 4; ++lane) {
            states[text][order[0][lane]] = feba[text][lane];
            states[text][order[1][lane]] = hgdc[text][lane];
        }
    }
}

}  // namespace lattice::inline v0::detail

#endif
