#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <asio/io_context.hpp>

#include <lattice/transport/tcp.hpp>

#include "support/catch.hpp"
#include "transport/tcp_support.hpp"

using namespace lattice;
using namespace lattice::test;
using namespace std::chrono_literals;

TEST_CASE("a frame reaches the peer, and the answer comes back on the same connection") {
    asio::io_context io;
    TcpNode a(io, "a");
    TcpNode b(io, "b");
    a.open();
    b.open();

    REQUIRE(a.send(push_frame("hello"), b.peer("b")) == SendStatus::sent);
    REQUIRE(run_until(io, [&] { return !b.received.empty(); }));
    CHECK(payload_of(b.received[0].frame) == "hello");
    CHECK(b.received[0].from.id() == "a");
    CHECK(b.received[0].from.address().empty());

    // b never dialled a, and knows no address of it.
    REQUIRE(b.send(push_frame("answer"), b.received[0].from) == SendStatus::sent);
    REQUIRE(run_until(io, [&] { return !a.received.empty(); }));
    CHECK(payload_of(a.received[0].frame) == "answer");
    CHECK(a.transport.statistics().connections == 1);
    CHECK(b.transport.statistics().connections == 1);
    CHECK(b.transport.statistics().dials == 0);
}

TEST_CASE("every kind of frame arrives as it was sent") {
    asio::io_context io;
    TcpNode a(io, "a");
    TcpNode b(io, "b");
    a.open();
    b.open();
    std::vector<MessageId> names(3);
    names[1].bytes[5] = std::byte{9};
    const Message message = *message_of(push_frame(std::string(100'000, 'x')));
    const std::vector<Frame> frames{Push{message, {4, 1}},
                                    Provide{message, {0, 2}},
                                    Announce{names},
                                    Request{names, Naming::ids},
                                    NotFound{names, Naming::keys},
                                    SyncRequest{names[1], 17, Naming::keys},
                                    SyncIds{names[1], names, false, Naming::ids}};
    for (const Frame& frame : frames) {
        REQUIRE(a.send(frame, b.peer("b")) == SendStatus::sent);
    }
    REQUIRE(run_until(io, [&] { return b.received.size() == frames.size(); }));
    // Payloads come last, because small frames overtake them.
    const std::size_t order[] = {3, 4, 5, 6, 2, 0, 1};
    for (std::size_t i = 0; i < frames.size(); ++i) {
        CHECK(b.received[i].frame.index() == frames[order[i]].index());
    }
    CHECK(payload_of(b.received[5].frame) == std::string(100'000, 'x'));
    CHECK(std::get<SyncRequest>(b.received[2].frame).limit == 17);
    CHECK(std::get<SyncIds>(b.received[3].frame).names == names);
}

TEST_CASE("one frame for many peers is encoded once") {
    asio::io_context io;
    TcpNode sender(io, "sender");
    std::vector<std::unique_ptr<TcpNode>> nodes;
    std::vector<Peer> peers;
    sender.open();
    for (int i = 0; i < 5; ++i) {
        nodes.push_back(std::make_unique<TcpNode>(io, "node" + std::to_string(i)));
        nodes.back()->open();
        peers.push_back(nodes.back()->peer("node" + std::to_string(i)));
    }
    std::vector<SendStatus> statuses(peers.size());
    for (int i = 0; i < 100; ++i) {
        sender.transport.send(push_frame(std::to_string(i)), peers, statuses);
        REQUIRE(std::count(statuses.begin(), statuses.end(), SendStatus::sent) == 5);
    }
    for (const auto& node : nodes) {
        REQUIRE(run_until(io, [&] { return node->received.size() == 100; }));
        for (std::size_t i = 0; i < 100; ++i) {
            CHECK(payload_of(node->received[i].frame) == std::to_string(i));
        }
    }
    const TcpStatistics statistics = sender.transport.statistics();
    CHECK(statistics.frames_encoded == 100);
    CHECK(statistics.frames_sent == 500);
    CHECK(statistics.writes <= 20);  // hello and a batch for each of five
    CHECK(statistics.queued_bytes == 0);
}

TEST_CASE("two nodes that dial each other at once end with one connection and lose nothing") {
    asio::io_context io;
    TcpNode a(io, "a");
    TcpNode b(io, "b");
    a.open();
    b.open();
    REQUIRE(a.send(push_frame("from a"), b.peer("b")) == SendStatus::sent);
    REQUIRE(b.send(push_frame("from b"), a.peer("a")) == SendStatus::sent);
    REQUIRE(run_until(io, [&] { return !a.received.empty() && !b.received.empty(); }));
    run_for(io, 200ms);
    CHECK(a.transport.statistics().connections == 1);
    CHECK(b.transport.statistics().connections == 1);
    CHECK(a.transport.statistics().handshakes == 0);
    CHECK(b.transport.statistics().handshakes == 0);
    CHECK(a.failed.empty());
    CHECK(b.failed.empty());
    CHECK(a.received.size() == 1);
    CHECK(b.received.size() == 1);
}

TEST_CASE("a full mesh that starts at once ends with one connection per pair") {
    constexpr std::size_t nodes_count = 8;
    asio::io_context io;
    std::vector<std::unique_ptr<TcpNode>> nodes;
    for (std::size_t i = 0; i < nodes_count; ++i) {
        TcpOptions options = TcpNode::named("node" + std::to_string(i));
        options.connections_per_address = 64;
        nodes.push_back(std::make_unique<TcpNode>(io, options));
        nodes.back()->open();
    }
    for (std::size_t i = 0; i < nodes_count; ++i) {
        for (std::size_t j = 0; j < nodes_count; ++j) {
            if (i != j) {
                REQUIRE(nodes[i]->send(push_frame("x"), nodes[j]->peer("node" + std::to_string(j))) ==
                        SendStatus::sent);
            }
        }
    }
    REQUIRE(run_until(io, [&] {
        return std::all_of(nodes.begin(), nodes.end(),
                           [](const auto& node) { return node->received.size() == nodes_count - 1; });
    }));
    run_for(io, 200ms);
    for (const auto& node : nodes) {
        CHECK(node->transport.statistics().connections == nodes_count - 1);
        CHECK(node->transport.statistics().handshakes == 0);
        CHECK(node->failed.empty());
    }
}

TEST_CASE("a node does not talk to itself") {
    asio::io_context io;
    TcpNode a(io, "a");
    a.open();
    a.send(push_frame("me"), a.peer("somebody"));
    REQUIRE(run_until(io, [&] { return !a.failed.empty(); }));
    CHECK(a.heard(TcpEvent::Kind::refused, TcpFault::self));
    CHECK(a.heard(TcpEvent::Kind::failed, TcpFault::self));
    CHECK(a.transport.statistics().connections == 0);
    CHECK(a.received.empty());
}

TEST_CASE("who does not belong together is told why") {
    asio::io_context io;
    TcpOptions options = TcpNode::named("a");
    TcpOptions others = TcpNode::named("b");
    TcpFault expected{};
    std::string dialled = "b";

    SECTION("another network") {
        others.network_id = "another";
        expected = TcpFault::wrong_network;
    }
    SECTION("the same node id") {
        others.node_id = "a";
        expected = TcpFault::id_taken;
    }
    SECTION("no place left") {
        others.connections_max = 1;
        expected = TcpFault::full;
    }
    TcpNode a(io, options);
    TcpNode b(io, others);
    TcpNode c(io, "c");
    a.open();
    b.open();
    c.open();
    if (expected == TcpFault::full) {
        c.send(push_frame("first"), b.peer("b"));
        REQUIRE(run_until(io, [&] { return !b.received.empty(); }));
    }
    a.send(push_frame("x"), b.peer(dialled));
    REQUIRE(run_until(io, [&] { return !a.failed.empty(); }));
    CHECK(a.heard(TcpEvent::Kind::failed, expected));
    CHECK(b.heard(TcpEvent::Kind::refused, expected));
    CHECK(std::none_of(b.received.begin(), b.received.end(), [](const auto& r) { return r.from.id() == "a"; }));
}

TEST_CASE("another node than the one that was meant is not talked to") {
    asio::io_context io;
    TcpNode a(io, "a");
    TcpNode b(io, "b");
    a.open();
    b.open();
    a.send(push_frame("x"), b.peer("charlie"));
    REQUIRE(run_until(io, [&] { return !a.failed.empty(); }));
    CHECK(a.heard(TcpEvent::Kind::failed, TcpFault::unexpected_id));
    CHECK(a.failed[0].id() == "charlie");
    run_for(io, 20ms);
    CHECK(b.received.empty());
}

TEST_CASE("an unreachable peer fails, and is reached once it is there") {
    asio::io_context io;
    TcpNode a(io, "a");
    a.open();
    Peer absent;
    {
        TcpNode placeholder(io, "b");
        absent = placeholder.peer("b");
    }
    CHECK(a.send(push_frame("lost"), absent) == SendStatus::sent);
    REQUIRE(run_until(io, [&] { return !a.failed.empty(); }));
    CHECK(a.failed[0] == absent);
    CHECK(a.heard(TcpEvent::Kind::failed, TcpFault::io));
    CHECK(a.send(push_frame("lost"), absent) == SendStatus::unreachable);

    TcpOptions options = TcpNode::named("b");
    options.listen = std::string(absent.address());
    TcpNode b(io, options);
    b.open();
    REQUIRE(run_until(io, [&] { return a.transport.connected(absent); }));
    CHECK(a.send(push_frame("found"), absent) == SendStatus::sent);
    REQUIRE(run_until(io, [&] { return !b.received.empty(); }));
    CHECK(payload_of(b.received[0].frame) == "found");
    CHECK(a.failed.size() == 1);
}

TEST_CASE("a connection that breaks is reported and comes back by itself") {
    asio::io_context io;
    TcpNode a(io, "a");
    auto b = std::make_unique<TcpNode>(io, "b");
    a.open();
    b->open();
    const Peer peer = b->peer("b");
    a.send(push_frame("x"), peer);
    REQUIRE(run_until(io, [&] { return !b->received.empty(); }));

    b->transport.close();
    REQUIRE(run_until(io, [&] { return !a.failed.empty(); }));
    CHECK(a.heard(TcpEvent::Kind::disconnected, TcpFault::closed));
    b->open();
    CHECK(b->transport.address() == peer.address());
    REQUIRE(run_until(io, [&] { return a.transport.connected(peer); }));
    CHECK(a.send(push_frame("again"), peer) == SendStatus::sent);
    REQUIRE(run_until(io, [&] { return b->received.size() == 2; }));
}

TEST_CASE("addresses that are none fail without a connection") {
    asio::io_context io;
    TcpNode a(io, "a");
    a.open();
    for (const char* address : {"http://127.0.0.1:1", "127.0.0.1", "tcp://127.0.0.1:0", "tcp://:5", "tcp://h:99999"}) {
        LATTICE_SHOW(address);
        CHECK(a.send(push_frame("x"), Peer(std::string("peer at ") + address, address)) == SendStatus::unreachable);
    }
    CHECK(a.send(push_frame("x"), Peer("no-address")) == SendStatus::unreachable);
    CHECK(a.send(push_frame("x"), Peer()) == SendStatus::unreachable);
    run_for(io, 20ms);
    CHECK(a.heard(TcpEvent::Kind::failed, TcpFault::bad_address));
    CHECK(a.transport.statistics().dials == 0);
    CHECK(a.transport.statistics().frames_encoded == 0);
}

TEST_CASE("a message that expires before it can be sent is not written") {
    asio::io_context io;
    WallTime now{1'000s};
    TcpOptions options = TcpNode::named("a");
    options.wall_clock = std::make_shared<Callback<WallTime()>>([&now] { return now; });
    TcpNode a(io, options);
    TcpNode b(io, "b");
    a.open();
    b.open();
    MessageFields fields{"test", "origin", as_bytes("x"), WallTime{999s}, WallTime{1'010s}};
    const Frame early = Push{Message::compose(fields), {3, 0}};
    fields.expiry = WallTime{1'020s};
    const Frame late = Push{Message::compose(fields), {3, 0}};
    REQUIRE(a.send(early, b.peer("b")) == SendStatus::sent);
    REQUIRE(a.send(late, b.peer("b")) == SendStatus::sent);
    now = WallTime{1'010s};  // before there is a connection
    REQUIRE(run_until(io, [&] { return !b.received.empty(); }));
    run_for(io, 5ms);
    REQUIRE(b.received.size() == 1);
    CHECK(message_of(b.received[0].frame)->id() == message_of(late)->id());
    CHECK(a.transport.statistics().frames_expired == 1);
    CHECK(a.transport.statistics().queued_bytes == 0);
}

TEST_CASE("what was sent before close still arrives") {
    asio::io_context io;
    TcpNode a(io, "a");
    TcpNode b(io, "b");
    a.open();
    b.open();
    const Peer peer = b.peer("b");
    a.transport.connect(peer);
    REQUIRE(run_until(io, [&] { return a.transport.connected(peer); }));
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(a.send(push_frame(std::string(1'000, 'x')), peer) != SendStatus::busy);
    }
    a.transport.close();
    CHECK(a.send(push_frame("late"), peer) == SendStatus::unreachable);
    REQUIRE(run_until(io, [&] { return b.received.size() == 1000; }));
    b.transport.close();
    run_for(io, 10s);
    CHECK(io.stopped());  // nothing is left to do
    CHECK(a.transport.statistics().queued_bytes == 0);
}

TEST_CASE("a closed transport calls nobody, and opens again") {
    asio::io_context io;
    TcpNode a(io, "a");
    TcpNode b(io, "b");
    const std::string address = b.transport.address();
    a.open();
    for (int round = 0; round < 5; ++round) {
        b.open();
        CHECK(b.transport.address() == address);
        const Peer peer = b.peer("b");
        // What goes to the connection that has just ended may be lost, so it is sent until it arrives.
        REQUIRE(run_until(io, [&] {
            a.send(push_frame("x"), peer);
            return !b.received.empty();
        }));
        a.send(push_frame("y"), peer);
        b.transport.close();
        const std::size_t received = b.received.size();
        const std::size_t failed = b.failed.size();
        run_for(io, 20ms);
        CHECK(b.received.size() == received);
        CHECK(b.failed.size() == failed);
        b.received.clear();
    }
}

TEST_CASE("closing from within a callback is no error") {
    asio::io_context io;
    TcpNode a(io, "a");
    TcpNode b(io, "b");
    a.open();
    int calls = 0;
    TransportEvents events;
    // More captures than fit in place, so that a destroyed callback would be noticed by the address sanitizer.
    events.received = [&, keeps = std::vector<int>(100, 1), more = std::string(100, 'x')](const Peer&, Frame) {
        ++calls;
        b.transport.close();
        CHECK(keeps.size() == more.size());
        return Receipt{};
    };
    b.transport.open(std::move(events));
    for (int i = 0; i < 10; ++i) {
        a.send(push_frame("x"), b.peer("b"));
    }
    REQUIRE(run_until(io, [&] { return calls != 0; }));
    run_for(io, 20ms);
    CHECK(calls == 1);
}

TEST_CASE("the io_context may go first with everything in flight") {
    auto io = std::make_unique<asio::io_context>();
    auto a = std::make_unique<TcpNode>(*io, "a");
    auto b = std::make_unique<TcpNode>(*io, "b");
    a->open();
    b->open();
    const Peer peer = b->peer("b");
    a->send(push_frame("x"), peer);
    REQUIRE(run_until(*io, [&] { return !b->received.empty(); }));
    for (int i = 0; i < 1000; ++i) {
        a->send(push_frame(std::string(10'000, 'x')), peer);
    }
    io->restart();
    io->run_one();
    a.reset();
    const std::weak_ptr<std::vector<HeardEvent>> events = b->events;
    b.reset();
    io.reset();
    CHECK(events.expired());  // what was in flight is gone with it
}

TEST_CASE("a callback that throws loses its frame and no other") {
    asio::io_context io;
    TcpNode a(io, "a");
    TcpNode b(io, "b");
    a.open();
    std::vector<std::string> seen;
    TransportEvents events;
    events.received = [&](const Peer&, Frame frame) {
        seen.push_back(payload_of(frame));
        if (seen.size() == 2) {
            throw std::runtime_error("handler");
        }
        return Receipt{};
    };
    b.transport.open(std::move(events));
    for (const char* text : {"1", "2", "3", "4"}) {
        a.send(push_frame(text), b.peer("b"));
    }
    CHECK_THROWS_AS(run_until(io, [&] { return seen.size() == 4; }), std::runtime_error);
    REQUIRE(run_until(io, [&] { return seen.size() == 4; }));
    CHECK(seen == std::vector<std::string>{"1", "2", "3", "4"});
}

TEST_CASE("settings that cannot work are refused by name") {
    asio::io_context io;
    const auto construct = [&](auto change) {
        TcpOptions options = TcpNode::named("a");
        change(options);
        const TcpTransport transport(io, options);
    };
    CHECK_THROWS_AS(construct([](TcpOptions& o) { o.node_id.clear(); }), std::invalid_argument);
    CHECK_THROWS_AS(construct([](TcpOptions& o) { o.network_id.assign(65, 'x'); }), std::invalid_argument);
    CHECK_THROWS_AS(construct([](TcpOptions& o) { o.listen = "nowhere"; }), std::invalid_argument);
    CHECK_THROWS_AS(construct([](TcpOptions& o) { o.payload_max = 0; }), std::invalid_argument);
    CHECK_THROWS_AS(construct([](TcpOptions& o) { o.connections_max = 0; }), std::invalid_argument);
    TcpNode holder(io, "holder");
    CHECK_THROWS_AS(construct([&](TcpOptions& o) { o.listen = holder.transport.address(); }), std::system_error);
}
