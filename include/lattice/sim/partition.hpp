#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/core/time.hpp>
#include <lattice/sim/event_queue.hpp>

namespace lattice::inline v0::sim {

/// Which nodes cannot reach which others: the shapes in which real networks split (after Jepsen's nemeses).
///
/// A value without state; who lies on which side follows from a seed, so one shape cuts every world differently.
class Partition {
   public:
    /// Two halves that do not hear each other.
    static Partition halves() { return Partition(Shape::halves); }
    /// One node that nobody hears and that hears nobody.
    static Partition isolate(NodeIndex node) {
        Partition partition(Shape::isolate);
        partition.chosen_ = node;
        return partition;
    }
    /// Every node sees a majority, and no two see the same one: each reaches its nearer half of a ring.
    static Partition ring_of_majorities() { return Partition(Shape::ring); }
    /// Two halves that only one node in between hears and reaches.
    static Partition bridge() { return Partition(Shape::bridge); }
    /// The first half reaches the second, and hears nothing from it.
    static Partition one_way() { return Partition(Shape::one_way); }
    /// Sides by name: side[i] is the side of node i; a node beyond the list is on side 0.
    static Partition sides(std::vector<std::uint32_t> side) {
        Partition partition(Shape::sides);
        partition.places_ = std::move(side);
        return partition;
    }

    /// The same cut, coming and going: cut for `period`, whole for `period`, and so on.
    [[nodiscard]] Partition flapping(Duration period) const {
        Partition copy = *this;
        copy.period_ = period;
        return copy;
    }

    /// Decides who stands where in a world of `nodes`; to be called before `cuts`.
    void settle(std::uint64_t seed, NodeIndex nodes) {
        if (shape_ == Shape::sides || shape_ == Shape::isolate) {
            return;
        }
        places_.resize(nodes);
        for (NodeIndex i = 0; i < nodes; ++i) {
            places_[i] = i;
        }
        Random random(seed);
        for (NodeIndex i = nodes; i > 1; --i) {
            std::swap(places_[i - 1], places_[random.below(i)]);
        }
    }

    /// Whether a frame between these two gets lost at this time. Nodes that came after `settle` stand on the first side.
    [[nodiscard]] bool cuts(NodeIndex from, NodeIndex to, Duration now) const noexcept {
        if (period_ > Duration::zero() && now / period_ % 2 != 0) {
            return false;
        }
        const auto nodes = static_cast<NodeIndex>(places_.size());
        const NodeIndex a = from < nodes ? places_[from] : 0;
        const NodeIndex b = to < nodes ? places_[to] : 0;
        switch (shape_) {
            case Shape::halves:
                return (a < nodes / 2) != (b < nodes / 2);
            case Shape::isolate:
                return (from == chosen_) != (to == chosen_);
            case Shape::ring:
                return ring_distance(a, b, nodes) > (nodes / 2 + 1) / 2;
            case Shape::bridge:
                return a != 0 && b != 0 && (a <= nodes / 2) != (b <= nodes / 2);
            case Shape::one_way:
                return a >= nodes / 2 && b < nodes / 2;
            case Shape::sides:
                return a != b;
        }
        return false;
    }

    [[nodiscard]] std::string describe() const {
        constexpr const char* names[] = {"halves", "one node isolated", "ring of majorities",
                                         "bridge", "one-way",           "sides"};
        return names[static_cast<std::size_t>(shape_)] + std::string(period_ > Duration::zero() ? ", flapping" : "");
    }

   private:
    enum class Shape : std::uint8_t { halves, isolate, ring, bridge, one_way, sides };

    explicit Partition(Shape shape) noexcept : shape_(shape) {}

    static NodeIndex ring_distance(NodeIndex a, NodeIndex b, NodeIndex nodes) noexcept {
        const NodeIndex forward = a < b ? b - a : a - b;
        return std::min(forward, nodes - forward);
    }

    Shape shape_;
    NodeIndex chosen_{0};
    Duration period_{0};
    std::vector<std::uint32_t> places_;  ///< Position of each node in the seed's order; for sides: its side.
};

}  // namespace lattice::inline v0::sim
