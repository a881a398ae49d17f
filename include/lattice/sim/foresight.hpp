#pragma once

#include <array>
#include <cstddef>

#include <lattice/sim/event_queue.hpp>

namespace lattice::inline v0::sim {

/// Prepares for events a little before they come, in steps, each when a few others were shown since the one before: a step may
/// have to follow what the last one began to fetch from memory.
class Foresight {
   public:
    static constexpr unsigned steps = 5;
    static constexpr std::size_t gap = 1;  ///< Events between two steps for the same one: they take longer than memory.
    static constexpr std::size_t distance = gap * steps;  ///< How far ahead events should be shown.

    /// An event comes soon. Calls `prepare(event, step)` for it and for some that were shown before.
    template <typename Prepare>
    void add(const Event& event, Prepare&& prepare) {
        shown_[count_ % distance] = event;
        for (unsigned step = 0; step < steps && step * gap <= count_; ++step) {
            prepare(shown_[(count_ - step * gap) % distance], step);
        }
        ++count_;
    }

   private:
    std::array<Event, distance> shown_{};
    std::size_t count_{0};
};

}  // namespace lattice::inline v0::sim
