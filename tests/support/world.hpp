#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lattice/clock/manual.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/transport/memory.hpp>

/// A few nodes in one thread, on a manual clock and a memory network, for scenarios that read like a play: make a world,
/// let things happen, run, look.
namespace lattice::testing {

using Protocol = GossipProtocol<MemoryTransport<ManualClock>, ManualClock, FixedPeers>;

/// A delivery, kept.
struct Received {
    std::string type;
    std::string payload;
    std::string origin;
    unsigned hops;
    bool retrieved;
};

/// One node: a process that can be stopped, and one that can be killed and comes back without memory.
struct Node {
    Peer self;
    FixedPeers peers;
    MemoryTransport<ManualClock> transport;
    std::unique_ptr<Protocol> protocol;  ///< Null while killed.
    std::vector<Received> received;      ///< By its default handler, since it was last made.

    Node(MemoryNetwork<ManualClock>& network, Peer peer) : self(std::move(peer)), transport(network, self) {}

    [[nodiscard]] bool alive() const noexcept { return protocol != nullptr; }
    [[nodiscard]] Statistics statistics() const { return protocol->statistics(); }

    PublishOutcome broadcast(const std::string& payload, const std::string& type = "note") {
        return protocol->broadcast(type, payload);
    }

    /// How often a payload was delivered.
    [[nodiscard]] std::size_t times_received(const std::string& payload) const {
        return static_cast<std::size_t>(std::count_if(received.begin(), received.end(),
                                                      [&](const Received& one) { return one.payload == payload; }));
    }

    /// The keys of the messages that it holds.
    [[nodiscard]] std::set<MessageId> held() const {
        std::vector<MessageId> names;
        const auto& cache = protocol->engine().cache();
        cache.names_after(MessageId{}, cache.size() + 1, Naming::keys, names);
        return {names.begin(), names.end()};
    }
};

/// Settings for a world whose days are short: nothing is left to defaults that a test would have to wait for.
inline Config quick_config() {
    Config config;
    config.gossip_interval = std::chrono::milliseconds{100};
    config.anti_entropy_interval = std::chrono::seconds{1};
    config.limits.fetch_timeout = std::chrono::milliseconds{500};
    config.limits.fetch_timeout_max = std::chrono::seconds{1};
    return config;
}

/// Nodes that all know each other, running from the start.
class World {
   public:
    explicit World(std::size_t nodes, Config config = quick_config(), std::uint64_t seed = 1)
        : config_(std::move(config)), seed_(seed) {
        for (std::size_t i = 0; i < nodes; ++i) {
            const std::string id = "n" + std::to_string(i);
            nodes_.push_back(std::make_unique<Node>(network, Peer(id, "memory:" + id)));
        }
        everybody_knows_everybody();
        for (std::size_t i = 0; i < nodes; ++i) {
            spawn(i);
        }
    }

    Node& operator[](std::size_t index) { return *nodes_[index]; }
    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

    void everybody_knows_everybody() {
        std::vector<Peer> all;
        for (const auto& node : nodes_) {
            all.push_back(node->self);
        }
        const PeerList list(std::move(all));
        for (const auto& node : nodes_) {
            node->peers.replace(list);
        }
    }

    /// From now on `index` knows only these.
    void knows(std::size_t index, const std::vector<std::size_t>& others) {
        std::vector<Peer> list;
        for (const std::size_t other : others) {
            list.push_back(nodes_[other]->self);
        }
        nodes_[index]->peers.replace(std::move(list));
    }

    /// The process ends; what it remembered is gone.
    void kill(std::size_t index) { nodes_[index]->protocol.reset(); }

    /// A new process with the same name and address.
    void spawn(std::size_t index) {
        Node& node = *nodes_[index];
        Config config = config_;
        config.node_id = node.self.id();
        node.received.clear();
        node.protocol = std::make_unique<Protocol>(node.transport, clock, node.peers, std::move(config), ++seed_);
        node.protocol->register_default_handler([&node](const Delivery& delivery) {
            const Message& message = delivery.message;
            node.received.push_back({std::string(message.type()), std::string(as_text(message.payload())),
                                     std::string(message.origin()), delivery.envelope.hops, delivery.retrieved});
        });
        node.protocol->start();
    }

    /// Frames to these nodes and back reach each other only, until `network.heal()`.
    void partition(const std::vector<std::size_t>& side) {
        std::vector<Peer> peers;
        for (const std::size_t index : side) {
            peers.push_back(nodes_[index]->self);
        }
        network.partition(peers);
    }

    /// A frame arrives at `to` as if `from` had sent it; `from` need not exist.
    void inject(const Peer& from, std::size_t to, const Frame& frame) {
        MemoryTransport<ManualClock> impostor(network, from);
        SendStatus status{};
        impostor.send(frame, std::span(&nodes_[to]->self, 1), std::span(&status, 1));
        clock.run_ready();
    }

    void run(Duration time) { clock.advance(time); }

    /// Whether every living node but the one that broadcast it has the payload, each exactly once.
    [[nodiscard]] bool all_received(const std::string& payload, std::size_t origin) const {
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (i != origin && nodes_[i]->alive() && nodes_[i]->times_received(payload) != 1) {
                return false;
            }
        }
        return true;
    }

    /// Runs until that is so.
    bool run_until_all_received(const std::string& payload, std::size_t origin, Duration within) {
        return clock.run_until([&] { return all_received(payload, origin); }, within);
    }

    ManualClock clock;
    MemoryNetwork<ManualClock> network{clock};

   private:
    Config config_;
    std::uint64_t seed_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace lattice::testing
