#pragma once

#include <cstddef>

namespace lattice::inline v0 {

/// Begins to fetch from memory what stands at an address and will be needed soon, without waiting for it. Any address is
/// allowed. A hint: where the compiler knows none, nothing happens.
inline void prefetch_line(const void* address) noexcept {
#if defined(__GNUC__)
    __asm__ volatile("");  // Else GCC takes the callers for functions without effect, and leaves them out.
    __builtin_prefetch(address, 1);
#else
    static_cast<void>(address);
#endif
}

/// The same for all of an object, or for null.
template <typename T>
void prefetch_object(const T* object) noexcept {
#if defined(__GNUC__)
    constexpr std::size_t line = 64;
    __asm__ volatile("");
    for (std::size_t at = 0; object != nullptr && at < sizeof(T); at += line) {
        __builtin_prefetch(reinterpret_cast<const char*>(object) + at, 1);
    }
#else
    static_cast<void>(object);
#endif
}

}  // namespace lattice::inline v0
