#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <lattice/sim/spread.hpp>

#include "print.hpp"

namespace simulate {

/// Writes down, in a small world, every copy of every frame, so that a page can play them again.
class Recorder {
   public:
    static constexpr std::size_t nodes_max = 200;  ///< More cannot be told apart on a screen.
    static constexpr std::size_t journeys_max = 30'000;

    /// Watches the world from now on; it must outlive the recording.
    void follow(lattice::sim::World& world) {
        world.network().follow([this](const lattice::sim::Network::Journey& journey) {
            if (journeys_.size() < journeys_max) {
                journeys_.push_back(
                    {journey.from, journey.to, journey.frame.index(), journey.departure, journey.arrival});
            }
        });
    }

    /// Forgets what was before; times count from here.
    void begin(lattice::Duration now) {
        journeys_.clear();
        start_ = now;
    }

    /// [departure, arrival or -1, from, to, kind] of each, in milliseconds.
    [[nodiscard]] std::string to_json() const {
        std::string text = "[";
        for (const Journey& journey : journeys_) {
            const std::string arrival = journey.arrival ? milliseconds(*journey.arrival) : "-1";
            text += (text.size() == 1 ? "[" : ",[") + milliseconds(journey.departure) + "," + arrival + "," +
                    std::to_string(journey.from) + "," + std::to_string(journey.to) + "," +
                    std::to_string(journey.kind) + "]";
        }
        return text + "]";
    }

   private:
    struct Journey {
        lattice::sim::NodeIndex from;
        lattice::sim::NodeIndex to;
        std::size_t kind;
        lattice::Duration departure;
        std::optional<lattice::Duration> arrival;
    };

    [[nodiscard]] std::string milliseconds(lattice::Duration time) const {
        return json_number(static_cast<double>((time - start_).count()) / 1e6);
    }

    std::vector<Journey> journeys_;
    lattice::Duration start_{};
};

}  // namespace simulate
