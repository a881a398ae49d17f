#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <lattice/clock/asio.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/transport/tcp.hpp>

#include "support/catch.hpp"
#include "transport/tcp_support.hpp"

using namespace lattice;
using namespace lattice::test;
using namespace std::chrono_literals;

namespace {

/// A whole node over TCP that remembers which messages it was given.
struct GossipNode {
    GossipNode(asio::io_context& io, AsioClock& clock, const TcpOptions& options)
        : transport(io, options), protocol(transport, clock, peers, config(options.node_id), *options.seed) {
        protocol.register_default_handler([this](const Delivery& delivery) { seen.insert(delivery.message.id()); });
    }

    static Config config(const std::string& id) {
        Config config;
        config.node_id = id;
        config.fanout = 3;
        config.gossip_interval = 20ms;
        config.anti_entropy_interval = 200ms;
        config.message_cache_size = 10'000;
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        return config;
    }

    TcpTransport transport;
    FixedPeers peers;
    GossipProtocol<TcpTransport, AsioClock, FixedPeers> protocol;
    std::set<MessageId> seen;
};

struct Cluster {
    explicit Cluster(std::size_t count, std::size_t queue_bytes) {
        std::vector<Peer> peers;
        for (std::size_t i = 0; i < count; ++i) {
            TcpOptions options = TcpNode::named("node" + std::to_string(i));
            options.connections_per_address = 64;
            options.queue_bytes_max = queue_bytes;
            nodes.push_back(std::make_unique<GossipNode>(io, clock, options));
            peers.emplace_back(options.node_id, nodes.back()->transport.address());
        }
        for (auto& node : nodes) {
            node->peers.replace(peers);
            node->protocol.start();
            for (const Peer& peer : peers) {
                if (peer.id() != node->protocol.self().id()) {
                    node->transport.connect(peer);
                }
            }
        }
        REQUIRE(run_until(io, [&] {
            for (const auto& node : nodes) {
                if (node->transport.statistics().connections != count - 1) {
                    return false;
                }
            }
            return true;
        }));
    }

    asio::io_context io;
    AsioClock clock{io};
    std::vector<std::unique_ptr<GossipNode>> nodes;
};

}  // namespace

TEST_CASE("a publisher beyond capacity is told so, memory stays bounded, and all nodes are equal in the end") {
    constexpr std::size_t queue_bytes = 256U << 10U;
    constexpr std::size_t messages = 3'000;
    Cluster cluster(4, queue_bytes);
    GossipNode& publisher = *cluster.nodes[0];
    std::set<MessageId> published;
    std::size_t told = 0;
    std::size_t queued_max = 0;
    // Ten times what the queues hold, without a turn of the loop in between.
    asio::post(cluster.io, [&] {
        for (std::size_t i = 0; i < messages; ++i) {
            const auto outcome =
                publisher.protocol.broadcast("flood", Bytes(std::string(1'000, 'x') + std::to_string(i)));
            published.insert(outcome.id);
            told += outcome.status == PublishOutcome::Status::busy ? 1U : 0U;
            queued_max = std::max(queued_max, publisher.transport.statistics().queued_bytes);
        }
    });
    REQUIRE(run_until(cluster.io, [&] { return published.size() == messages; }));
    CHECK(told > messages / 2);
    CHECK(told < messages);
    CHECK(queued_max <= 3 * queue_bytes);
    CHECK(queued_max > queue_bytes);

    CHECK(run_until(
        cluster.io,
        [&] {
            for (std::size_t i = 1; i < cluster.nodes.size(); ++i) {
                if (cluster.nodes[i]->seen.size() != messages) {
                    return false;
                }
            }
            return true;
        },
        60s));
    for (std::size_t i = 1; i < cluster.nodes.size(); ++i) {
        CHECK((cluster.nodes[i]->seen == published));
    }
}

TEST_CASE(
    "a thread that publishes without pause is refused what the queues cannot take, and nothing that was taken is "
    "lost") {
    constexpr std::size_t queue_bytes = 256U << 10U;
    constexpr std::size_t messages = 20'000;
    Cluster cluster(4, queue_bytes);
    GossipNode& publisher = *cluster.nodes[0];
    std::atomic<std::size_t> overloaded{0};
    std::atomic<bool> done{false};
    std::set<MessageId> published;
    std::size_t incomplete = 0;
    std::thread host([&] {
        for (std::size_t i = 0; i < messages; ++i) {
            BroadcastOptions options;
            options.outcome = [&](const PublishOutcome& outcome) {
                published.insert(outcome.id);
                incomplete += outcome.peers == 3 ? 0U : 1U;
            };
            const auto outcome = publisher.protocol.broadcast(
                "flood", Bytes(std::string(1'000, 'x') + std::to_string(i)), std::move(options));
            overloaded += outcome.status == PublishOutcome::Status::overloaded ? 1U : 0U;
        }
        done = true;
    });
    std::size_t queued_max = 0;
    CHECK(run_until(
        cluster.io,
        [&] {
            queued_max = std::max(queued_max, publisher.transport.statistics().queued_bytes);
            bool all = done && published.size() == messages - overloaded;
            for (std::size_t i = 1; i < cluster.nodes.size(); ++i) {
                all = all && cluster.nodes[i]->seen.size() == published.size();
            }
            return all;
        },
        60s));
    host.join();
    CHECK(overloaded > messages / 10);
    CHECK(incomplete < messages / 100);  // One peer of three may lag, and be sent the rest by repair.
    CHECK(queued_max <= 3 * queue_bytes);
}

TEST_CASE("frames of every node reach every node over one connection per pair") {
    Cluster cluster(6, 4U << 20U);
    for (auto& node : cluster.nodes) {
        REQUIRE(node->protocol.broadcast("hello", Bytes(node->protocol.self().id())));
    }
    CHECK(run_until(cluster.io, [&] {
        for (const auto& node : cluster.nodes) {
            if (node->seen.size() != cluster.nodes.size() - 1) {
                return false;
            }
        }
        return true;
    }));
    for (const auto& node : cluster.nodes) {
        CHECK(node->transport.statistics().connections == cluster.nodes.size() - 1);
    }
}
