#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lattice::inline v0 {

/// Sorts `count` values in ascending order, in place (heapsort, Williams 1964). The core does without <algorithm>, which would
/// cost a fifth of its whole time to compile.
template <typename T>
void sort_ascending(T* values, std::size_t count) noexcept {
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
    for (std::size_t at = count / 2; at-- > 0;) {
        sink(at, count);
    }
    for (std::size_t end = count; end-- > 1;) {
        const T greatest = values[0];
        values[0] = values[end];
        values[end] = greatest;
        sink(0, end);
    }
}

template <typename T>
void sort_ascending(std::vector<T>& values) noexcept {
    sort_ascending(values.data(), values.size());
}

/// The same for values with a member `rank`, a number that grows with their order. Ranks that are spread evenly, as the first
/// bytes of digests are, make it linear: each value goes to its place but for the few that share it. Others, which somebody
/// may have chosen, cost what `sort_ascending` does.
template <typename T>
void sort_by_rank(std::vector<T>& values) {
    if (values.size() < 2) {
        return;
    }
    const auto shift = static_cast<unsigned>(64 - std::bit_width(values.size()));
    std::vector<std::uint32_t> ends((std::size_t{1} << (64 - shift)) + 1);
    for (const T& value : values) {
        ++ends[static_cast<std::size_t>(value.rank >> shift) + 1];
    }
    for (std::size_t i = 1; i < ends.size(); ++i) {
        ends[i] += ends[i - 1];
    }
    std::vector<T> sorted(values);
    for (const T& value : values) {
        sorted[ends[static_cast<std::size_t>(value.rank >> shift)]++] = value;
    }
    std::size_t start = 0;
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
        if (ends[i] - start > 1) {
            sort_ascending(sorted.data() + start, ends[i] - start);
        }
        start = ends[i];
    }
    values.swap(sorted);
}

}  // namespace lattice::inline v0
