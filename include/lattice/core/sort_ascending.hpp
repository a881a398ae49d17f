#pragma once

#include <cstddef>
#include <vector>

namespace lattice::inline v0 {

/// Sorts in ascending order, in place (heapsort, Williams 1964). The core does without <algorithm>, which would cost a fifth of
/// its whole time to compile.
template <typename T>
void sort_ascending(std::vector<T>& values) noexcept {
    const auto sink = [&](std::size_t at, std::size_t end) {
        const T moved = values[at];
        for (std::size_t child = 2 * at + 1; child < end; child = 2 * at + 1) {
            if (child + 1 < end && values[child] < values[child + 1]) {
                ++child;
            }
            if (!(moved < values[child])) {
                break;
            }
            values[at] = values[child];
            at = child;
        }
        values[at] = moved;
    };
    for (std::size_t at = values.size() / 2; at-- > 0;) {
        sink(at, values.size());
    }
    for (std::size_t end = values.size(); end-- > 1;) {
        const T greatest = values[0];
        values[0] = values[end];
        values[end] = greatest;
        sink(0, end);
    }
}

}  // namespace lattice::inline v0
