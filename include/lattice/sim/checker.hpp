#pragma once

#include <string_view>

#include <lattice/core/frame.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/core/statistics.hpp>
#include <lattice/sim/event_queue.hpp>
#include <lattice/sim/ledger.hpp>

namespace lattice::inline v0::sim {

class World;

/// Watches a world for one invariant. It is told of everything that happens and calls World::violated when it must not.
///
/// Checkers look from outside, with the knowledge of all nodes at once; they must not change anything. Every function has
/// an empty default.
class Checker {
   public:
    Checker() = default;
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;
    virtual ~Checker() = default;

    /// The invariant in a few words, for reports.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// A node hands a frame to the network, whatever becomes of it there.
    virtual void sent(World&, NodeIndex /*from*/, NodeIndex /*to*/, const Frame&) {}
    /// A running honest node is about to get a frame.
    virtual void arriving(World&, NodeIndex /*from*/, NodeIndex /*to*/, const Frame&) {}
    /// It has got it; this is what it said.
    virtual void arrived(World&, NodeIndex /*from*/, NodeIndex /*to*/, const Receipt&) {}
    /// A handler of an honest node runs. `times`: how often for this message in this life, this one included.
    virtual void delivered(World&, NodeIndex /*node*/, const Delivery&, std::uint16_t /*times*/) {}
    /// A node's host has broadcast a message.
    virtual void broadcast(World&, NodeIndex /*node*/, const Message&) {}
    /// The validator of a node said no for good.
    virtual void rejected(World&, NodeIndex /*node*/, const Message&) {}
    /// A node begins a life without memory.
    virtual void booted(World&, NodeIndex /*node*/) {}
    /// An event of a node is over, with all that followed from it at once. `node` is `nobody` for what the scenario did.
    virtual void settled(World&, NodeIndex /*node*/) {}
    /// Called every second of virtual time.
    virtual void during(World&) {}
    /// Called once, after everything had the time to heal.
    virtual void at_end(World&) {}
};

}  // namespace lattice::inline v0::sim
