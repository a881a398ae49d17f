// Three nodes in one process: one says hello, the two others hear it. No socket, no thread, no waiting.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

#include <lattice/clock/manual.hpp>
#include <lattice/lattice.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/transport/memory.hpp>

using namespace std::chrono_literals;

// A node is a protocol object with the three things that it needs from its host: a transport that carries frames, a clock
// that it lives on, and a source that names its peers.
struct Node {
    Node(lattice::MemoryNetwork<lattice::ManualClock>& network, lattice::ManualClock& clock,
         const lattice::FixedPeers& everybody, const lattice::Peer& self, std::uint64_t seed)
        : transport(network, self), peers(everybody), protocol(transport, clock, peers, config_of(self), seed) {
        // Called once for every new message of the type "greeting", whoever broadcast it and however it came here.
        protocol.register_handler<std::string>(
            "greeting", [this](const std::string& text, const lattice::Delivery& delivery) {
                std::cout << protocol.self().id() << " hears \"" << text << "\" from " << delivery.message.origin()
                          << ", " << int{delivery.envelope.hops} << " hop away\n";
                ++heard;
            });
        protocol.start();
    }

    static lattice::Config config_of(const lattice::Peer& self) {
        lattice::Config config;  // fanout, intervals and limits have defaults; only the name has none
        config.node_id = self.id();
        return config;
    }

    int heard{0};
    lattice::MemoryTransport<lattice::ManualClock> transport;
    lattice::FixedPeers peers;
    lattice::GossipProtocol<lattice::MemoryTransport<lattice::ManualClock>, lattice::ManualClock, lattice::FixedPeers>
        protocol;
};

int main() {
    const lattice::Peer alice{"alice", "memory:alice"};
    const lattice::Peer bob{"bob", "memory:bob"};
    const lattice::Peer carol{"carol", "memory:carol"};
    const lattice::FixedPeers everybody{alice, bob, carol};

    lattice::ManualClock clock;  // stands still until it is told to move
    lattice::MemoryNetwork network{clock};
    Node a(network, clock, everybody, alice, 1);
    Node b(network, clock, everybody, bob, 2);
    Node c(network, clock, everybody, carol, 3);

    const auto outcome = a.protocol.broadcast("greeting", std::string("hello"));
    std::cout << "alice says hello: " << name_of(outcome.status) << " to " << outcome.peers << " peers\n";

    clock.advance(1s);  // everything that happens within a second, now

    const auto statistics = b.protocol.statistics();
    std::cout << "bob received " << statistics.messages_received << " copies, of which "
              << statistics.duplicates_filtered << " he knew already\n";
    return a.heard == 0 && b.heard == 1 && c.heard == 1 ? 0 : 1;
}
