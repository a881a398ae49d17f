#pragma once

#include <cstdint>

#include <lattice/core/link_announcements.hpp>
#include <lattice/core/links.hpp>
#include <lattice/core/neighbours.hpp>
#include <lattice/core/origin_trees.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/sightings.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// What an engine keeps of the overlay that it is part of.
template <typename T>
struct BasicOverlayState {
    explicit BasicOverlayState(Random& random) : sightings(random) {}

    BasicNeighbours<T> neighbours;            ///< Its slots are the links that all others mean.
    BasicOriginTrees<T> trees;                ///< How payload flows over them.
    BasicSightings<T> sightings;              ///< What was announced over them and has not come.
    BasicLinkAnnouncements<T> announcements;  ///< What is to be announced over them.
    TimePoint doubted_at{};                   ///< When silent neighbours were last looked for.

    /// Some links may have closed: nothing goes over them any more.
    void links_changed() noexcept {
        for_each_link(neighbours.take_closed(), [&](std::uint32_t link) {
            trees.link_closed(link);
            announcements.link_closed(link);
        });
    }

    /// When there is something to do; TimePoint::max() when nothing is.
    [[nodiscard]] TimePoint due() const noexcept {
        TimePoint due = neighbours.due();
        due = sightings.next_deadline() < due ? sightings.next_deadline() : due;
        return announcements.due() < due ? announcements.due() : due;
    }
};

}  // namespace lattice::inline v0
