#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <lattice/core/config.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/sim/clock.hpp>
#include <lattice/sim/hostile.hpp>
#include <lattice/sim/transport.hpp>

namespace lattice::inline v0::sim {

/// The protocol that users run, on the models of this folder.
using Protocol = GossipProtocol<SimTransport, SimClock, SimPeers>;

/// The node id of a node in a world.
inline std::string node_id_of(NodeIndex node) { return "n" + std::to_string(node); }

/// One node of a world: a machine, and the process on it when there is one.
///
/// Nodes are many, so what only some need is behind a pointer, and nothing is stored that follows from the index.
struct Node {
    enum class Power : std::uint8_t {
        off,      ///< No process, or a stopped one. What arrives is lost.
        on,       ///< Running.
        paused,   ///< The process stands still, as under a stop signal; what arrives waits.
        hostile,  ///< Something else answers at this address.
    };

    Node(Timeline& timeline, Network& network, NodeIndex node) : clock(timeline, node), transport(network, node) {}

    SimClock clock;
    SimTransport transport;
    SimPeers peers;
    std::optional<Protocol>
        protocol;  ///< Declared after what it refers to. Absent before the first start, after a crash.
    std::unique_ptr<Hostile> hostile;
    std::uint32_t life{0};    ///< Counts processes; the one that runs now, or ran last.
    std::uint32_t pauses{0};  ///< Counts pauses, so that a resume event of an earlier one means nothing.
    Power power{Power::off};
};

}  // namespace lattice::inline v0::sim
