#pragma once

#include <cstdint>

namespace lattice::inline v0 {

/// Nodes of the ring of all node ids, in the order of Peer::hash(): those from `first` up to, but not with, `last`; when
/// `last` is the smaller, round the end of the numbers. `first == last` is nobody.
struct Slice {
    std::uint64_t first{0};
    std::uint64_t last{0};

    [[nodiscard]] bool empty() const noexcept { return first == last; }

    /// Everybody but the node at `position`.
    static Slice all_but(std::uint64_t position) noexcept { return {position + 1, position}; }

    [[nodiscard]] bool contains(std::uint64_t position) const noexcept {
        return position - first < last - first;  // Both distances go up the ring, modulo 2^64.
    }

    friend bool operator==(const Slice&, const Slice&) = default;
};

/// How a pushed message goes on from the node that gets it.
enum class Course : std::uint8_t {
    rumor,    ///< To random peers, while it has hops left.
    slice,    ///< To the nodes of Route::slice, which the sender leaves to the receiver (a tree by delegation).
    overlay,  ///< Along the receiver's own tree over its neighbours.
};

/// What the sender of a Push asks of the receiver, beside taking the message. Changes at each hop; advisory: whoever lies
/// about it harms the spread of what passes through its own hands, which it could keep to itself as well.
struct Route {
    Course course{Course::rumor};
    bool acknowledge{false};  ///< Answer with an Acknowledge.
    std::uint8_t loss{0};  ///< What the sender measured: frames lost, in 255ths. For who has measured nothing itself.
    std::uint16_t round_trip{0};  ///< And how long acknowledgements take, in units of 100 us; 0: not known.
    std::uint8_t copy{
        1};  ///< Which copy this is, 1 to 15; an acknowledgement repeats it, and so is told from a late one.
    /// Which nodes the sender knows, itself included (see PeerList::view). A receiver that knows others sees to those itself.
    std::uint32_t view{0};
    Slice slice{};

    friend bool operator==(const Route&, const Route&) = default;
};

}  // namespace lattice::inline v0
