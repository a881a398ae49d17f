#pragma once

#include <lattice/core/link_announcements.hpp>
#include <lattice/core/neighbours.hpp>
#include <lattice/core/origin_trees.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/sightings.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// What an engine keeps of the overlay that it is part of.
struct OverlayState {
    explicit OverlayState(Random& random) : sightings(random) {}

    Neighbours neighbours;            ///< Its slots are the links that all others mean.
    OriginTrees trees;                ///< How payload flows over them.
    Sightings sightings;              ///< What was announced over them and has not come.
    LinkAnnouncements announcements;  ///< What is to be announced over them.
    TimePoint doubted_at{};           ///< When silent neighbours were last looked for.
};

}  // namespace lattice::inline v0
