#include <chrono>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <lattice/clock/manual.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/transport/memory.hpp>
#include <lattice/transport/transport_set.hpp>

#include "conformance/catch.hpp"
#include "conformance/transport_conformance.hpp"
#include "support/catch.hpp"

using namespace lattice;

namespace {

/// Notes what it is asked to do, and says what it is told to say.
struct Recorder {
    void send(const Frame&, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        std::vector<std::string> call;
        for (std::size_t i = 0; i < peers.size(); ++i) {
            call.emplace_back(peers[i].id());
            statuses[i] = says;
        }
        calls.push_back(call);
    }
    void open(TransportEvents given) {
        if (throws) {
            throw std::runtime_error("taken");
        }
        events = std::move(given);
        opened = true;
    }
    void close() {
        events = {};
        opened = false;
    }

    SendStatus says{SendStatus::sent};
    bool throws{false};
    bool opened{false};
    TransportEvents events;
    std::vector<std::vector<std::string>> calls;
};

using Calls = std::vector<std::vector<std::string>>;

struct TwoTransports {
    TwoTransports() {
        set.add("http", http);
        set.add("tcp", tcp);
    }

    std::vector<SendStatus> send(const std::vector<Peer>& peers) {
        std::vector<SendStatus> statuses(peers.size(), SendStatus::busy);
        set.send(Announce{}, peers, statuses);
        return statuses;
    }

    Recorder http;
    Recorder tcp;
    TransportSet set;
};

/// Two sets, each of a transport that carries frames and one that carries nothing.
struct Fixture {
    static constexpr std::size_t busy_within = 10'000;

    Fixture() {
        for (auto* set : {&a, &b}) {
            set->add("null", null);
        }
        a.add("memory", memory_a);
        b.add("memory", memory_b);
    }

    TransportSet& first() { return a; }
    TransportSet& second() { return b; }
    static Peer first_peer() { return Peer{"first", "memory:first"}; }
    static Peer second_peer() { return Peer{"second", "memory:second"}; }
    static Peer nobody() { return Peer{"nobody", "memory:nobody"}; }

    ManualClock& clock() { return manual; }
    void on_executor(Callback<void()> job) { job(); }
    bool run_until(Callback<bool()> condition, Duration within) {
        return manual.run_until([&] { return condition(); }, within);
    }

    ManualClock manual;
    NullTransport null;
    MemoryNetwork<ManualClock> network{manual};
    MemoryTransport<ManualClock> memory_a{network, first_peer()};
    MemoryTransport<ManualClock> memory_b{network, second_peer()};
    TransportSet a;
    TransportSet b;
};

}  // namespace

TEST_CASE("A set of transports keeps the rules of a transport", "[transport]") {
    conformance::check(conformance::transport_rules<Fixture>());
}

TEST_CASE("The scheme of a peer's address chooses its transport", "[transport]") {
    TwoTransports two;
    two.tcp.says = SendStatus::busy;
    const auto statuses = two.send({Peer{"a", "tcp://h:1"}, Peer{"b", "http://h:2"}, Peer{"c", "tcp://h:3"}});
    CHECK(statuses == std::vector{SendStatus::busy, SendStatus::sent, SendStatus::busy});
    CHECK(two.http.calls == Calls{{"b"}});
    CHECK(two.tcp.calls == Calls{{"a", "c"}});  // in one call, so that the frame is encoded once
}

TEST_CASE("Peers of one scheme stay together", "[transport]") {
    TwoTransports two;
    CHECK(two.send({Peer{"a", "tcp://h:1"}, Peer{"c", "tcp://h:3"}}) == std::vector(2, SendStatus::sent));
    CHECK(two.http.calls.empty());
    CHECK(two.tcp.calls == Calls{{"a", "c"}});
}

TEST_CASE("A scheme that nobody carries is unreachable", "[transport]") {
    TwoTransports two;
    const std::vector<Peer> peers{Peer{"a", "quic://h:1"}, Peer{"b", "http"}, Peer{"c", "://h"},
                                  Peer{"d", "tcp://h:1"}};
    const auto statuses = two.send(peers);
    CHECK(statuses ==
          std::vector{SendStatus::unreachable, SendStatus::unreachable, SendStatus::unreachable, SendStatus::sent});
    CHECK(two.http.calls.empty());
    CHECK(two.tcp.calls == Calls{{"d"}});
}

TEST_CASE("A peer without an address is answered by the transport that can", "[transport]") {
    TwoTransports two;
    SECTION("the first that can is the last that is asked") {
        CHECK(two.send({Peer{"a"}}) == std::vector{SendStatus::sent});
        CHECK(two.tcp.calls.empty());
    }
    SECTION("one after another is asked") {
        two.http.says = SendStatus::unreachable;
        two.tcp.says = SendStatus::busy;
        CHECK(two.send({Peer{"a"}}) == std::vector{SendStatus::busy});
    }
    SECTION("nobody may be able to") {
        two.http.says = two.tcp.says = SendStatus::unreachable;
        CHECK(two.send({Peer{"a"}}) == std::vector{SendStatus::unreachable});
    }
}

TEST_CASE("Sending to nobody changes nothing", "[transport]") {
    TwoTransports two;
    two.send({});
    CHECK((two.http.calls.empty() && two.tcp.calls.empty()));
}

TEST_CASE("When one transport cannot be opened, none stays open", "[transport]") {
    TwoTransports two;
    two.tcp.throws = true;
    CHECK_THROWS_AS(two.set.open({}), std::runtime_error);
    CHECK_FALSE(two.http.opened);
    two.tcp.throws = false;
    two.set.open({});
    CHECK((two.http.opened && two.tcp.opened));
    two.set.close();
    CHECK_FALSE((two.http.opened || two.tcp.opened));
}

TEST_CASE("A node with two transports bridges between peers that have one each", "[transport]") {
    using Network = MemoryNetwork<ManualClock>;
    using Endpoint = MemoryTransport<ManualClock>;
    ManualClock clock;
    Network north(clock);
    Network south(clock);
    const Peer alice("alice", "north:alice");
    const Peer bob_north("bob", "north:bob");
    const Peer bob_south("bob", "south:bob");
    const Peer carol("carol", "south:carol");

    Endpoint of_alice(north, alice);
    Endpoint of_bob_north(north, bob_north);
    Endpoint of_bob_south(south, bob_south);
    Endpoint of_carol(south, carol);
    TransportSet bridge;
    bridge.add("north", of_bob_north);
    bridge.add("south", of_bob_south);

    FixedPeers peers_of_alice{bob_north};
    FixedPeers peers_of_bob{alice, carol};
    FixedPeers peers_of_carol{bob_south};
    const auto config = [](const char* id) {
        Config made;
        made.node_id = id;
        return made;
    };
    GossipProtocol at_alice(of_alice, clock, peers_of_alice, config("alice"), 1);
    GossipProtocol at_bob(bridge, clock, peers_of_bob, config("bob"), 2);
    GossipProtocol at_carol(of_carol, clock, peers_of_carol, config("carol"), 3);
    std::vector<std::string> received;
    at_carol.register_handler<std::string>("news", [&](const std::string& text) { received.push_back(text); });
    at_alice.register_handler<std::string>("news", [&](const std::string& text) { received.push_back(text); });
    at_alice.start();
    at_bob.start();
    at_carol.start();

    CHECK(at_alice.broadcast("news", std::string("southward")));
    CHECK(clock.run_until([&] { return received.size() == 1; }, std::chrono::seconds{5}));
    CHECK(at_carol.broadcast("news", std::string("northward")));
    CHECK(clock.run_until([&] { return received.size() == 2; }, std::chrono::seconds{5}));
    CHECK(received == std::vector<std::string>{"southward", "northward"});
}
