#pragma once

#include <memory>

#include <lattice/sim/checkers/messages.hpp>
#include <lattice/sim/checkers/resources.hpp>

namespace lattice::inline v0::sim {

/// Lets every checker that holds in any world watch this one. EveryoneGetsEverything is not among them: it needs caches that
/// hold the whole history.
inline void watch_everything(World& world) {
    world.watch_with(std::make_unique<HandledOnce>());
    world.watch_with(std::make_unique<DeliveredAsBroadcast>());
    world.watch_with(std::make_unique<RejectedStaysPut>());
    world.watch_with(std::make_unique<RelaysInOrder>());
    world.watch_with(std::make_unique<DeliveredInTime>());
    world.watch_with(std::make_unique<MemoryWithinBounds>());
    world.watch_with(std::make_unique<CountersConserve>());
    world.watch_with(std::make_unique<HonestAreHeard>());
    world.watch_with(std::make_unique<HeaviestPays>());
}

}  // namespace lattice::inline v0::sim
