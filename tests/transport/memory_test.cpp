#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/clock/manual.hpp>
#include <lattice/transport/memory.hpp>

#include "conformance/catch.hpp"
#include "conformance/transport_conformance.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

struct MemoryFixture {
    static constexpr std::size_t busy_within = 10'000;

    ManualClock manual;
    MemoryNetwork<ManualClock> network{manual};
    MemoryTransport<ManualClock> a{network, first_peer()};
    MemoryTransport<ManualClock> b{network, second_peer()};

    auto& first() { return a; }
    auto& second() { return b; }
    static Peer first_peer() { return Peer{"first", "memory:first"}; }
    static Peer second_peer() { return Peer{"second", "memory:second"}; }
    static Peer nobody() { return Peer{"nobody", "memory:nobody"}; }

    ManualClock& clock() { return manual; }
    void on_executor(Callback<void()> job) { job(); }
    bool run_until(Callback<bool()> condition, Duration within) {
        return manual.run_until([&] { return condition(); }, within);
    }
};

struct SlowMemoryFixture : MemoryFixture {
    SlowMemoryFixture() { network.set_latency(3ms); }
};

TEST_CASE("MemoryTransport keeps the rules of a Transport", "[transport][conformance]") {
    SECTION("without latency") { conformance::check(conformance::transport_rules<MemoryFixture>()); }
    SECTION("with latency") { conformance::check(conformance::transport_rules<SlowMemoryFixture>()); }
}

/// Three nodes on one network; each node keeps the frames that it gets, as the number of names in them.
struct Three {
    struct Node {
        Node(MemoryNetwork<ManualClock>& network, const std::string& id)
            : peer(id, "memory:" + id), transport(network, peer) {
            open();
        }
        void open() {
            transport.open({[this](const Peer&, Frame frame) {
                                got.push_back(std::get<Announce>(frame).names.size());
                                return Receipt{};
                            },
                            [this](const Peer& lost) { failed.emplace_back(lost.id()); }});
        }
        SendStatus send(std::size_t number, const Node& to) {
            SendStatus status{};
            transport.send(Announce{std::vector<MessageId>(number)}, std::span(&to.peer, 1), std::span(&status, 1));
            return status;
        }

        Peer peer;
        MemoryTransport<ManualClock> transport;
        std::vector<std::size_t> got;
        std::vector<std::string> failed;
    };

    ManualClock clock;
    MemoryNetwork<ManualClock> network{clock};
    Node a{network, "a"};
    Node b{network, "b"};
    Node c{network, "c"};
};

using Numbers = std::vector<std::size_t>;

TEST_CASE("Frames between two nodes arrive in order", "[transport]") {
    Three nodes;
    nodes.network.set_latency(10ms);
    for (std::size_t i = 1; i <= 5; ++i) {
        nodes.a.send(i, nodes.b);
    }
    nodes.clock.advance(10ms - 1ns);
    CHECK(nodes.b.got == Numbers{});
    nodes.clock.advance(1ns);
    CHECK(nodes.b.got == Numbers({1, 2, 3, 4, 5}));
}

TEST_CASE("A fate can lose, double and delay packets", "[transport]") {
    Three nodes;
    nodes.network.decide([](const MemoryPacket& packet) {
        switch (std::get<Announce>(packet.frame).names.size()) {
            case 1:
                return MemoryFate::lost();
            case 2:
                return MemoryFate{2, {}};
            default:
                return MemoryFate{1, 5ms};
        }
    });
    CHECK(nodes.a.send(1, nodes.b) == SendStatus::sent);  // a sender cannot know
    nodes.a.send(3, nodes.b);
    nodes.a.send(2, nodes.b);
    nodes.clock.advance(5ms);
    CHECK(nodes.b.got == Numbers({2, 2, 3}));
}

TEST_CASE("A cut link loses what is sent over it until it heals", "[transport]") {
    Three nodes;
    nodes.network.cut(nodes.a.peer, nodes.b.peer);
    CHECK(nodes.a.send(1, nodes.b) == SendStatus::sent);
    nodes.b.send(2, nodes.a);
    nodes.a.send(3, nodes.c);
    nodes.clock.run_ready();
    CHECK(nodes.b.got == Numbers{});
    CHECK(nodes.a.got == Numbers{});
    CHECK(nodes.c.got == Numbers{3});

    nodes.network.heal();
    nodes.a.send(4, nodes.b);
    nodes.clock.run_ready();
    CHECK(nodes.b.got == Numbers{4});
    CHECK(nodes.a.failed.empty());
}

TEST_CASE("A link can be cut in one direction", "[transport]") {
    Three nodes;
    nodes.network.cut_one_way(nodes.a.peer, nodes.b.peer);
    nodes.a.send(1, nodes.b);
    nodes.b.send(2, nodes.a);
    nodes.clock.run_ready();
    CHECK(nodes.b.got == Numbers{});
    CHECK(nodes.a.got == Numbers{2});
}

TEST_CASE("A partition separates two sides", "[transport]") {
    Three nodes;
    nodes.network.partition({nodes.a.peer, nodes.b.peer});
    nodes.a.send(1, nodes.b);
    nodes.a.send(2, nodes.c);
    nodes.c.send(3, nodes.b);
    nodes.clock.run_ready();
    CHECK(nodes.b.got == Numbers{1});
    CHECK(nodes.c.got == Numbers{});

    nodes.network.heal();
    nodes.c.send(4, nodes.b);
    nodes.clock.run_ready();
    CHECK(nodes.b.got == Numbers({1, 4}));
}

TEST_CASE("A frame to a closed node fails, and one on its way reaches it when it opens again", "[transport]") {
    Three nodes;
    nodes.network.set_latency(10ms);
    nodes.b.transport.close();
    CHECK(nodes.a.send(1, nodes.b) == SendStatus::sent);
    nodes.clock.advance(10ms);
    CHECK(nodes.a.failed == std::vector<std::string>{"b"});

    nodes.a.send(2, nodes.b);
    nodes.b.open();
    nodes.clock.advance(10ms);
    CHECK(nodes.b.got == Numbers{2});
}

TEST_CASE("A destroyed node is unreachable, and what was on its way fails", "[transport]") {
    Three nodes;
    const Peer peer{"d", "memory:d"};
    SendStatus status{};
    {
        const Three::Node d{nodes.network, "d"};
        CHECK(nodes.a.send(1, d) == SendStatus::sent);
    }
    nodes.a.transport.send(Announce{}, std::span(&peer, 1), std::span(&status, 1));
    CHECK(status == SendStatus::unreachable);
    nodes.clock.run_ready();
    CHECK(nodes.a.failed == std::vector<std::string>{"d"});
}

TEST_CASE("The queue to one peer is bounded and leaves others alone", "[transport]") {
    ManualClock clock;
    MemoryOptions options;
    options.queue_max = 2;
    MemoryNetwork<ManualClock> network{clock, options};
    Three::Node a{network, "a"};
    Three::Node b{network, "b"};
    Three::Node c{network, "c"};
    CHECK(a.send(1, b) == SendStatus::sent);
    CHECK(a.send(2, b) == SendStatus::sent);
    CHECK(a.send(3, b) == SendStatus::busy);
    CHECK(a.send(4, c) == SendStatus::sent);
    CHECK(c.send(5, b) == SendStatus::sent);
    clock.run_ready();
    CHECK(b.got == Numbers({1, 2, 5}));
    CHECK(a.send(6, b) == SendStatus::sent);
}

TEST_CASE("The log keeps what was sent, whatever became of it", "[transport]") {
    Three nodes;
    nodes.network.record(true);
    nodes.network.cut(nodes.a.peer, nodes.b.peer);
    nodes.a.send(1, nodes.b);
    nodes.clock.advance(1s);
    nodes.a.send(2, nodes.c);
    nodes.network.record(false);
    nodes.a.send(3, nodes.c);

    const auto& log = nodes.network.log();
    REQUIRE(log.size() == 2);
    CHECK(log[0].to == nodes.b.peer);
    CHECK(log[1].from == nodes.a.peer);
    CHECK(log[1].time == log[0].time + 1s);
    CHECK(std::get<Announce>(log[1].frame).names.size() == 2);
    CHECK(log[1].size == encoded_size(Announce{std::vector<MessageId>(2)}));
    nodes.network.clear_log();
    CHECK(log.empty());
}

TEST_CASE("What a link cannot carry does not arrive", "[transport]") {
    ManualClock clock;
    MemoryOptions options;
    options.limits.payload_max = 100;
    MemoryNetwork<ManualClock> network{clock, options};
    Three::Node a{network, "a"};
    Three::Node b{network, "b"};
    const std::string payload(101, 'x');
    SendStatus status{};
    a.transport.send(Push{conformance::transport_checks::message(as_bytes(payload)), {}}, std::span(&b.peer, 1),
                     std::span(&status, 1));
    clock.run_ready();
    CHECK(b.got == Numbers{});
    CHECK(network.undecodable() == 1);
}

TEST_CASE("An address belongs to one node", "[transport]") {
    Three nodes;
    using Transport = MemoryTransport<ManualClock>;
    CHECK_THROWS_AS(Transport(nodes.network, Peer("other", "memory:a")), std::invalid_argument);
    CHECK_THROWS_AS(Transport(nodes.network, Peer("other")), std::invalid_argument);
}

TEST_CASE("A network may go before its nodes and what is on its way", "[transport]") {
    ManualClock clock;
    std::optional<MemoryNetwork<ManualClock>> network(std::in_place, clock);
    Three::Node a{*network, "a"};
    {
        Three::Node b{*network, "b"};
        b.send(1, a);
        network.reset();
        b.send(2, a);
    }
    clock.run_ready();
    CHECK(a.got == Numbers({1, 2}));
}

}  // namespace
