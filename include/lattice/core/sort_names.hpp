#pragma once

#include <cstddef>
#include <vector>

#include <lattice/core/message_id.hpp>

namespace lattice::inline v0 {

/// Sorts names in ascending order, in place (heapsort, Williams 1964). The core does without <algorithm>, which would cost a
/// fifth of its whole time to compile.
inline void sort_names(std::vector<MessageId>& names) noexcept {
    const auto sink = [&](std::size_t at, std::size_t end) {
        const MessageId moved = names[at];
        for (std::size_t child = 2 * at + 1; child < end; child = 2 * at + 1) {
            if (child + 1 < end && names[child] < names[child + 1]) {
                ++child;
            }
            if (!(moved < names[child])) {
                break;
            }
            names[at] = names[child];
            at = child;
        }
        names[at] = moved;
    };
    for (std::size_t at = names.size() / 2; at-- > 0;) {
        sink(at, names.size());
    }
    for (std::size_t end = names.size(); end-- > 1;) {
        const MessageId greatest = names[0];
        names[0] = names[end];
        names[end] = greatest;
        sink(0, end);
    }
}

}  // namespace lattice::inline v0
