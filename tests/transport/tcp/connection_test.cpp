#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <lattice/transport/tcp.hpp>

#include "support/catch.hpp"
#include "transport/tcp/frames.hpp"
#include "transport/tcp_support.hpp"

using namespace lattice;
using namespace lattice::test;
using namespace std::chrono_literals;
using tcp::handshake::Hello;
using tcp::handshake::Kind;

namespace {

constexpr std::string_view ping("\x02\x01\xf0", 3);
constexpr std::string_view pong("\x02\x01\xf1", 3);

/// A socket that says what a test wants it to, and remembers what it was told.
class RawPeer {
   public:
    RawPeer(asio::io_context& io, const TcpNode& node) : io_(io), socket_(io) {
        const auto address = parse_tcp_address(node.transport.address());
        socket_.connect({asio::ip::make_address(address->host), address->port});
    }
    RawPeer(asio::io_context& io, asio::ip::tcp::socket socket) : io_(io), socket_(std::move(socket)) {}

    void say(std::string_view bytes) { asio::write(socket_, asio::buffer(bytes)); }
    void say(const std::vector<std::byte>& bytes) { asio::write(socket_, asio::buffer(bytes)); }

    void say_hello(const std::string& id, Kind kind = Kind::hello) {
        Hello hello;
        hello.node_id = id;
        hello.network_id = "test";
        hello.nonce = 99;
        say(encode(kind, hello));
    }

    /// Takes what is there; false once the other side has closed.
    bool poll() {
        std::error_code error;
        socket_.non_blocking(true);
        char buffer[4096];
        for (;;) {
            const std::size_t size = socket_.read_some(asio::buffer(buffer), error);
            heard.append(buffer, size);
            if (error) {
                break;
            }
        }
        socket_.non_blocking(false);
        closed = closed || error != asio::error::would_block;
        return !closed;
    }

    bool hears(std::string_view bytes) {
        return run_until(io_, [&] { return !poll() || heard.find(bytes) != std::string::npos; }) &&
               heard.find(bytes) != std::string::npos;
    }
    bool is_closed() {
        return run_until(io_, [&] { return !poll(); });
    }
    /// What the greeting that was heard says.
    tcp::handshake::Greeting greeting() {
        tcp::handshake::Parsed parsed;
        run_until(io_, [&] {
            const bool open = poll();
            parsed = tcp::handshake::parse(as_bytes(heard));
            return !open || parsed.status != tcp::handshake::Parsed::Status::incomplete;
        });
        CHECK(parsed.status == tcp::handshake::Parsed::Status::read);
        return parsed.greeting;
    }

    std::string heard;
    bool closed{false};

   private:
    asio::io_context& io_;
    asio::ip::tcp::socket socket_;
};

std::string wire_text(const Frame& frame) { return std::string(encode(frame).text()); }

}  // namespace

TEST_CASE("frames may follow a hello at once, and unknown ones are skipped") {
    asio::io_context io;
    TcpNode node(io, "node");
    node.open();
    RawPeer raw(io, node);
    raw.say_hello("raw");
    raw.say(wire_text(push_of_size(10)) + std::string("\x04\x01\x77??", 5) + wire_text(announce_of(3)));
    REQUIRE(run_until(io, [&] { return node.received.size() == 2; }));
    CHECK(raw.greeting().kind == Kind::welcome);
    CHECK(raw.greeting().hello.node_id == "node");
    CHECK(node.received[1].from.id() == "raw");
}

TEST_CASE("who speaks another protocol is shown the door without a word") {
    asio::io_context io;
    TcpNode node(io, "node");
    node.open();
    RawPeer raw(io, node);
    raw.say("GET /api/gossip/message_ids HTTP/1.1\r\n\r\n");
    CHECK(raw.is_closed());
    CHECK(raw.heard.empty());
    CHECK(node.heard(TcpEvent::Kind::refused, TcpFault::not_lattice));
}

TEST_CASE("a broken frame ends the connection that brought it") {
    asio::io_context io;
    TcpNode node(io, "node");
    node.open();
    std::string bytes;
    TcpFault expected = TcpFault::malformed;
    SECTION("a length beyond the cap") {
        bytes = std::string("\xff\xff\xff\x7f", 4);
        expected = TcpFault::oversize;
    }
    SECTION("a length that is padded") { bytes = std::string("\x80\x00", 2); }
    SECTION("fields beyond the frame") { bytes = std::string("\x04\x01\x01zz", 5); }
    RawPeer raw(io, node);
    raw.say_hello("raw");
    raw.say(wire_text(push_of_size(10)) + bytes);
    CHECK(raw.is_closed());
    CHECK(node.heard(TcpEvent::Kind::disconnected, expected));
    CHECK(node.received.size() == 1);
    CHECK(node.transport.statistics().connections == 0);
}

TEST_CASE("a handshake has a deadline, however slowly it is fed") {
    asio::io_context io;
    TcpOptions options = TcpNode::named("node");
    options.handshake_timeout = 100ms;
    TcpNode node(io, options);
    node.open();
    RawPeer silent(io, node);
    RawPeer slow(io, node);
    Hello hello;
    hello.node_id = "slow";
    const auto bytes = encode(Kind::hello, hello);
    std::size_t said = 0;
    REQUIRE(run_until(io, [&] {
        if (said < 4) {
            slow.say(std::vector<std::byte>{bytes[said++]});
        }
        return !silent.poll() && !slow.poll();
    }));
    CHECK(node.heard(TcpEvent::Kind::refused, TcpFault::timeout));
    CHECK(node.transport.statistics().handshakes == 0);
}

TEST_CASE("a dialled address that answers nothing has a deadline too") {
    asio::io_context io;
    asio::ip::tcp::acceptor mute(io, {asio::ip::address_v4::loopback(), 0});
    TcpOptions options = TcpNode::named("node");
    options.handshake_timeout = 50ms;
    TcpNode node(io, options);
    node.open();
    node.send(push_of_size(1), Peer("mute", "tcp://127.0.0.1:" + std::to_string(mute.local_endpoint().port())));
    REQUIRE(run_until(io, [&] { return !node.failed.empty(); }));
    CHECK(node.heard(TcpEvent::Kind::failed, TcpFault::timeout));
    CHECK(node.transport.statistics().queued_bytes == 0);
}

TEST_CASE("a dialled address that answers nonsense is left alone") {
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    TcpNode node(io, "node");
    node.open();
    node.send(push_of_size(1), Peer("raw", "tcp://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port())));
    RawPeer raw(io, acceptor.accept());
    TcpFault expected = TcpFault::malformed;
    SECTION("another protocol") {
        raw.say("220 mail.example ESMTP\r\n");
        expected = TcpFault::not_lattice;
    }
    SECTION("a hello, which is for diallers") { raw.say_hello("raw"); }
    SECTION("a welcome of another version") {
        Hello hello;
        hello.node_id = "raw";
        hello.network_id = "test";
        hello.oldest = hello.newest = 77;
        raw.say(encode(Kind::welcome, hello));
        expected = TcpFault::version;
    }
    SECTION("a refusal for a reason of a later version") {
        raw.say(tcp::handshake::encode_refusal(static_cast<TcpFault>(31)));
        expected = static_cast<TcpFault>(31);
    }
    SECTION("a refusal for no reason") {
        raw.say(tcp::handshake::encode_refusal(TcpFault::none));
        expected = TcpFault::none;
    }
    REQUIRE(run_until(io, [&] { return !node.failed.empty(); }));
    CHECK(node.heard(TcpEvent::Kind::failed, expected));
    CHECK(node.transport.statistics().connections == 0);
}

TEST_CASE("a peer that reads nothing is told of as busy, costs the others nothing, and is cut") {
    asio::io_context io;
    TcpOptions options = TcpNode::named("node");
    options.queue_bytes_max = 1U << 20U;
    options.stall_timeout = 500ms;
    TcpNode node(io, options);
    TcpNode honest(io, "honest");
    node.open();
    honest.open();
    RawPeer deaf(io, node);
    deaf.say_hello("deaf");
    const std::vector<Peer> peers{Peer("deaf"), honest.peer("honest")};
    node.transport.connect(peers[1]);
    REQUIRE(run_until(io, [&] { return node.transport.statistics().connections == 2; }));

    std::vector<SendStatus> statuses(2);
    std::size_t sent = 0;
    bool busy = false;
    // The deaf one is cut in the end; until then every frame reaches the honest one.
    REQUIRE(run_until(io, [&] {
        node.transport.send(push_of_size(250'000), peers, statuses);
        sent += statuses[1] == SendStatus::sent ? 1U : 0U;
        busy = busy || statuses[0] == SendStatus::busy;
        CHECK(statuses[1] == SendStatus::sent);
        CHECK(node.transport.statistics().queued_bytes <= 2 * options.queue_bytes_max);
        run_until(io, [&] { return honest.received.size() == sent; });
        return !node.failed.empty();
    }));
    CHECK(busy);
    CHECK(node.failed[0].id() == "deaf");
    CHECK(node.heard(TcpEvent::Kind::disconnected, TcpFault::stalled));
    CHECK(honest.received.size() == sent);
    CHECK(node.transport.statistics().queued_bytes == 0);
}

TEST_CASE("a peer that says nothing is pinged, and cut when it does not answer") {
    asio::io_context io;
    TcpOptions options = TcpNode::named("node");
    options.keep_alive_interval = 40ms;
    options.keep_alive_timeout = 1s;
    TcpNode node(io, options);
    node.open();
    RawPeer dead(io, node);
    dead.say_hello("dead");
    RawPeer alive(io, node);
    alive.say_hello("alive");
    std::size_t answered = 0;
    REQUIRE(run_until(io, [&] {
        alive.poll();
        for (std::size_t at = alive.heard.find(ping); at != std::string::npos; at = alive.heard.find(ping, at + 1)) {
            alive.heard[at] = 'x';
            alive.say(pong);
            ++answered;
        }
        return !dead.poll() && answered >= 5;
    }));
    CHECK(dead.heard.find(ping) != std::string::npos);
    CHECK(node.heard(TcpEvent::Kind::disconnected, TcpFault::silent));
    CHECK(node.transport.statistics().connections == 1);
}

TEST_CASE("pings are answered, but they cannot fill the queue") {
    asio::io_context io;
    TcpNode node(io, "node");
    node.open();
    RawPeer raw(io, node);
    raw.say_hello("raw");
    raw.say(ping);
    REQUIRE(raw.hears(pong));
    std::string many;
    for (int i = 0; i < 20'000; ++i) {
        many += ping;
    }
    raw.say(many);
    REQUIRE(run_until(io, [&] { return node.transport.statistics().bytes_received > many.size(); }));
    CHECK(node.transport.statistics().queued_bytes < 1'000);
    raw.say(wire_text(push_of_size(1)));
    REQUIRE(run_until(io, [&] { return !node.received.empty(); }));
}

TEST_CASE("a newcomer does not displace a peer that is there, but the peer is probed") {
    asio::io_context io;
    TcpNode node(io, "node");
    node.open();
    RawPeer first(io, node);
    first.say_hello("peer");
    REQUIRE(run_until(io, [&] { return node.transport.statistics().connections == 1; }));
    RawPeer second(io, node);
    second.say_hello("peer");
    CHECK(second.greeting().reason == TcpFault::duplicate);
    CHECK(second.is_closed());
    CHECK(first.hears(ping));
    first.say(std::string(pong) + wire_text(push_of_size(1)));
    REQUIRE(run_until(io, [&] { return !node.received.empty(); }));
    CHECK(node.transport.statistics().connections == 1);
}

TEST_CASE("a peer that vanished is noticed when it comes back, and then let in") {
    asio::io_context io;
    TcpOptions options = TcpNode::named("node");
    options.keep_alive_timeout = 50ms;
    TcpNode node(io, options);
    node.open();
    RawPeer vanished(io, node);  // its machine lost power: nothing is closed, nothing is answered
    vanished.say_hello("peer");
    REQUIRE(run_until(io, [&] { return node.transport.statistics().connections == 1; }));
    TcpNode peer(io, "peer");
    peer.open();
    peer.send(push_of_size(1), node.peer("node"));
    REQUIRE(run_until(io, [&] { return peer.transport.connected(node.peer("node")); }));
    CHECK(node.heard(TcpEvent::Kind::disconnected, TcpFault::silent));
}

TEST_CASE("one address gets its share of connections and no more") {
    asio::io_context io;
    TcpOptions options = TcpNode::named("node");
    options.connections_per_address = 3;
    TcpNode node(io, options);
    node.open();
    std::vector<std::unique_ptr<RawPeer>> peers;
    for (int i = 0; i < 10; ++i) {
        peers.push_back(std::make_unique<RawPeer>(io, node));
    }
    REQUIRE(run_until(io, [&] {
        std::size_t open = 0;
        for (const auto& peer : peers) {
            open += peer->poll() ? 1U : 0U;
        }
        return open == 5;  // two more than may stay, to be told why not
    }));
    std::size_t full = 0;
    std::size_t welcome = 0;
    int number = 0;
    for (const auto& peer : peers) {
        if (!peer->closed) {
            peer->say_hello("peer" + std::to_string(++number));
            full += peer->greeting().reason == TcpFault::full ? 1U : 0U;
            welcome += peer->greeting().kind == Kind::welcome ? 1U : 0U;
        }
    }
    CHECK(welcome == 3);
    CHECK(full == 2);
    CHECK(node.transport.statistics().connections == 3);
}

TEST_CASE("a peer that sends without end does not keep others waiting") {
    asio::io_context io;
    TcpNode node(io, "node");
    node.open();
    RawPeer loud(io, node);
    loud.say_hello("loud");
    RawPeer quiet(io, node);
    quiet.say_hello("quiet");
    REQUIRE(run_until(io, [&] { return node.transport.statistics().connections == 2; }));
    std::string many;
    while (many.size() < 60'000) {
        many += wire_text(announce_of(0));
    }
    loud.say(many);
    quiet.say(wire_text(push_of_size(1)));
    std::size_t before_quiet = 0;
    REQUIRE(run_until(io, [&] {
        for (std::size_t i = 0; i < node.received.size(); ++i) {
            if (node.received[i].from.id() == "quiet") {
                before_quiet = i;
                return true;
            }
        }
        return false;
    }));
    CHECK(before_quiet <= 3 * tcp::Inbox::frames_per_turn);
    CHECK(many.size() / wire_text(announce_of(0)).size() > 10 * tcp::Inbox::frames_per_turn);
}
