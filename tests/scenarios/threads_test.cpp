#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <lattice/clock/asio.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/transport/memory.hpp>

#include "support/asio_fixtures.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

/// Scenarios in which the host has many threads and the protocol one. They are for the thread sanitizer as well.
namespace {

using Transport = MemoryTransport<AsioClock>;
using Protocol = GossipProtocol<Transport, AsioClock, FixedPeers>;

/// Three nodes on the thread of one clock: made, and in the end destroyed, on that thread.
struct Nodes {
    struct Node {
        Node(MemoryNetwork<AsioClock>& network, AsioClock& clock, const FixedPeers& everybody, const std::string& id)
            : transport(network, Peer(id, "memory:" + id)),
              peers(everybody),
              protocol(transport, clock, peers, named(id), 1) {
            protocol.register_default_handler([this](const Delivery&) { ++received; });
            protocol.start();
        }
        static Config named(const std::string& id) {
            Config config;
            config.node_id = id;
            config.gossip_interval = 10ms;
            config.limits.messages_per_second = 0;
            return config;
        }

        Transport transport;
        FixedPeers peers;
        std::atomic<int> received{0};
        Protocol protocol;
    };

    Nodes() {
        host.on_executor([this] {
            network = std::make_unique<MemoryNetwork<AsioClock>>(host.clock());
            const FixedPeers everybody{Peer("a", "memory:a"), Peer("b", "memory:b"), Peer("c", "memory:c")};
            for (const char* id : {"a", "b", "c"}) {
                nodes.push_back(std::make_unique<Node>(*network, host.clock(), everybody, id));
            }
        });
    }
    Nodes(const Nodes&) = delete;
    Nodes& operator=(const Nodes&) = delete;
    ~Nodes() {
        host.on_executor([this] { nodes.clear(); });
    }

    testing::AsioOwnThread host;
    std::unique_ptr<MemoryNetwork<AsioClock>> network;
    std::vector<std::unique_ptr<Node>> nodes;
};

TEST_CASE("Four threads broadcast through one node, and every message arrives once", "[scenario]") {
    constexpr int threads = 4;
    constexpr int each = 100;
    Nodes world;
    std::atomic<int> refused{0};
    std::atomic<int> outcomes{0};
    std::vector<std::thread> hosts;
    for (int thread = 0; thread < threads; ++thread) {
        hosts.emplace_back([&, thread] {
            for (int i = 0; i < each; ++i) {
                BroadcastOptions options;
                options.outcome = [&](const PublishOutcome& outcome) { outcomes += outcome ? 1 : 0; };
                const std::string payload = std::to_string(thread) + "/" + std::to_string(i);
                refused += world.nodes[0]->protocol.broadcast("note", payload, std::move(options)) ? 0 : 1;
            }
        });
    }
    for (auto& thread : hosts) {
        thread.join();
    }
    const auto all = [&] { return world.nodes[1]->received + world.nodes[2]->received == 2 * threads * each; };
    CHECK(world.host.run_until(all, 20s));
    CHECK(refused == 0);
    CHECK(outcomes == threads * each);
    CHECK(world.nodes[1]->received == threads * each);
}

TEST_CASE("A node stops and starts while other threads broadcast and look at it", "[scenario]") {
    Nodes world;
    std::atomic<bool> done{false};
    std::atomic<int> looked{0};
    std::vector<std::thread> hosts;
    for (int thread = 0; thread < 2; ++thread) {
        hosts.emplace_back([&] {
            while (!done) {
                world.nodes[0]->protocol.broadcast("note", std::string("again"));
                world.nodes[0]->protocol.inspect([&](const Engine&) { ++looked; });
                std::this_thread::yield();
            }
        });
    }
    for (int cycle = 0; cycle < 200; ++cycle) {
        world.host.on_executor([&] {
            world.nodes[0]->protocol.stop();
            world.nodes[0]->protocol.start();
        });
    }
    const bool was_seen = world.host.run_until([&] { return looked > 0; }, 20s);
    done = true;
    for (auto& thread : hosts) {
        thread.join();
    }
    CHECK(was_seen);
}

}  // namespace
