#include <array>
#include <chrono>
#include <map>
#include <vector>

#include <lattice/sim/network.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;
using namespace std::chrono_literals;

namespace {

/// Two or more ends of a network without nodes.
struct Wire {
    explicit Wire(NodeIndex nodes, LinkModel link = {}, std::uint64_t seed = 1) : network(timeline, seed) {
        network.set_nodes(nodes);
        network.set_link(std::move(link));
    }

    /// Arrivals until a time, as (time, receiver).
    std::vector<std::pair<Duration, NodeIndex>> arrivals(Duration until) {
        std::vector<std::pair<Duration, NodeIndex>> list;
        while (const auto event = timeline.next(until)) {
            network.arrive(event->slot,
                           [&](NodeIndex, const Frame&) { list.emplace_back(timeline.now(), event->node); });
        }
        timeline.advance_to(until);
        return list;
    }

    Timeline timeline;
    Network network;
    Frame frame{Announce{{MessageId{}}}};
};

LinkModel constant(Duration latency) {
    LinkModel link;
    link.latency = Latency::constant(latency);
    return link;
}

}  // namespace

TEST_CASE("A frame arrives after the link's latency, at everybody it was sent to", "[sim]") {
    Wire wire(3, constant(5ms));
    const std::array<Peer, 3> peers{Peer("n1", address_of(1)), Peer("n2", address_of(2)), Peer("stranger", "99")};
    std::array<SendStatus, 3> statuses{};
    wire.network.send(0, wire.frame, peers, statuses);
    CHECK(statuses == std::array<SendStatus, 3>{SendStatus::sent, SendStatus::sent, SendStatus::unreachable});
    CHECK(wire.network.in_flight() == 1);
    CHECK(wire.arrivals(1s) == std::vector<std::pair<Duration, NodeIndex>>{{5ms, 1}, {5ms, 2}});
    CHECK(wire.network.in_flight() == 0);
    CHECK(wire.network.traffic().frames[2] == 2);
    CHECK(wire.network.traffic().bytes[2] == 2 * encoded_size(wire.frame));
}

TEST_CASE("Loss and duplication take their share", "[sim]") {
    LinkModel link = constant(1ms);
    link.loss = 0.25;
    link.duplication = 0.5;
    Wire wire(2, link);
    for (int i = 0; i < 10'000; ++i) {
        wire.network.send_to(0, 1, wire.frame);
    }
    const auto arrived = static_cast<double>(wire.arrivals(1s).size());
    CHECK(arrived > 11'250 - 350);
    CHECK(arrived < 11'250 + 350);
    CHECK(wire.network.traffic().lost + static_cast<std::uint64_t>(arrived) ==
          10'000 + wire.network.traffic().duplicated);
}

TEST_CASE("Links that keep the order do so whatever the latency; others do not", "[sim]") {
    for (const auto order : {LinkModel::Order::kept, LinkModel::Order::any}) {
        LinkModel link;
        link.latency = Latency::uniform(1ms, 100ms);
        link.order = order;
        Wire wire(2, link);
        std::vector<std::size_t> sizes;
        for (std::size_t i = 1; i < 50; ++i) {
            wire.network.send_to(0, 1, Announce{std::vector<MessageId>(i)});
        }
        while (const auto event = wire.timeline.next(1s)) {
            wire.network.arrive(event->slot, [&](NodeIndex, const Frame& frame) {
                sizes.push_back(std::get<Announce>(frame).names.size());
            });
        }
        CHECK(std::is_sorted(sizes.begin(), sizes.end()) == (order == LinkModel::Order::kept));
    }
}

TEST_CASE("A narrow line sends one frame after the other, and says busy when too many wait", "[sim]") {
    Wire wire(2, constant(0ms));
    const std::size_t size = encoded_size(wire.frame);
    wire.network.limit_bandwidth(0, size);  // one frame per second
    CHECK(wire.network.send_to(0, 1, wire.frame) == SendStatus::sent);
    CHECK(wire.network.send_to(0, 1, wire.frame) == SendStatus::sent);
    CHECK(wire.network.send_to(0, 1, wire.frame) == SendStatus::sent);
    CHECK(wire.network.send_to(0, 1, wire.frame) == SendStatus::busy);
    CHECK(wire.network.send_to(1, 0, wire.frame) == SendStatus::sent);
    CHECK(wire.arrivals(10s) == std::vector<std::pair<Duration, NodeIndex>>{{0s, 0}, {1s, 1}, {2s, 1}, {3s, 1}});
}

TEST_CASE("A clogged link holds everything back and then lets it through", "[sim]") {
    Wire wire(2, constant(5ms));
    wire.network.clog(0, 1, 100ms);
    wire.network.send_to(0, 1, wire.frame);
    wire.network.send_to(1, 0, wire.frame);
    CHECK(wire.arrivals(1s) == std::vector<std::pair<Duration, NodeIndex>>{{5ms, 0}, {100ms, 1}});
}

TEST_CASE("Slow nodes, silent links and cuts do what they say until the network heals", "[sim]") {
    Wire wire(4, constant(5ms));
    wire.network.slow_down(1, 50ms);
    wire.network.silence(0, 2);
    wire.network.cut(Partition::isolate(3));
    for (const NodeIndex to : {1U, 2U, 3U}) {
        wire.network.send_to(0, to, wire.frame);
    }
    CHECK(wire.arrivals(1s) == std::vector<std::pair<Duration, NodeIndex>>{{55ms, 1}});
    CHECK(wire.network.traffic().cut == 2);
    wire.network.heal();
    for (const NodeIndex to : {1U, 2U, 3U}) {
        wire.network.send_to(0, to, wire.frame);
    }
    CHECK(wire.arrivals(2s).size() == 3);
}
