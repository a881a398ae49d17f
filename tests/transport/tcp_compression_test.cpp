#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <lattice/codec/zstd.hpp>
#include <lattice/transport/tcp.hpp>

#include "support/catch.hpp"
#include "transport/tcp_support.hpp"

using namespace lattice;
using namespace lattice::test;
using namespace std::chrono_literals;

namespace {

std::string text_of(std::size_t size) {
    std::string text;
    while (text.size() < size) {
        text += "line " + std::to_string(text.size()) + " of some text\n";
    }
    return text;
}

TcpOptions compressing(const std::string& id, std::string_view dictionary = {}) {
    TcpOptions options = TcpNode::named(id);
    options.compression = zstd({.dictionary = Bytes(dictionary)});
    return options;
}

/// A sender that is connected to some nodes.
struct Star {
    explicit Star(std::vector<TcpOptions> others) {
        sender.open();
        for (TcpOptions& options : others) {
            const std::string id = options.node_id;
            nodes.push_back(std::make_unique<TcpNode>(io, std::move(options)));
            nodes.back()->open();
            peers.push_back(nodes.back()->peer(id));
            sender.transport.connect(peers.back());
        }
        REQUIRE(run_until(io, [&] { return sender.transport.statistics().connections == nodes.size(); }));
    }

    void send(const Frame& frame) {
        std::vector<SendStatus> statuses(peers.size());
        sender.transport.send(frame, peers, statuses);
        const std::size_t expected = nodes.front()->received.size() + 1;
        REQUIRE(run_until(io, [&] {
            for (const auto& node : nodes) {
                if (node->received.size() != expected) {
                    return false;
                }
            }
            return true;
        }));
    }

    asio::io_context io;
    TcpNode sender{io, compressing("sender")};
    std::vector<std::unique_ptr<TcpNode>> nodes;
    std::vector<Peer> peers;
};

}  // namespace

TEST_CASE("peers that agree get payloads compressed, once for all; others get them as they are") {
    Star star({compressing("a"), compressing("b"), TcpNode::named("plain"), compressing("other", "a dictionary")});
    const std::uint64_t before = star.sender.transport.statistics().bytes_sent;
    const std::string text = text_of(20'000);
    const Frame frame = push_frame(text);
    star.send(frame);
    for (const auto& node : star.nodes) {
        const Message& message = *message_of(node->received.front().frame);
        CHECK(as_text(message.payload()) == text);
        CHECK(Message::authenticated(message).authenticity() == Message::Authenticity::verified);
    }
    const TcpStatistics statistics = star.sender.transport.statistics();
    CHECK(statistics.frames_packed == 1);
    CHECK(statistics.frames_encoded == 1);
    CHECK(statistics.bytes_sent - before < 3 * text.size());  // two in full, two in a fraction
    CHECK(statistics.bytes_sent - before > 2 * text.size());
}

TEST_CASE("small payloads, those that do not shrink, and frames without one stay as they are") {
    Star star({compressing("a")});
    star.send(push_frame(text_of(300)));
    star.send(announce_frame(100));
    std::string noise;
    for (int i = 0; i < 40; ++i) {
        const MessageId id = message_of(push_frame(std::to_string(i)))->id();
        noise += as_text(ByteView(id.bytes));
    }
    star.send(push_frame(noise));
    CHECK(star.sender.transport.statistics().frames_packed == 0);
    CHECK(payload_of(star.nodes[0]->received[2].frame) == noise);
}

TEST_CASE("peers with the same dictionary use it") {
    const std::string dictionary = text_of(1'000);
    asio::io_context io;
    TcpOptions options = compressing("a", dictionary);
    options.compressed_from = 50;
    TcpNode a(io, options);
    TcpNode b(io, compressing("b", dictionary));
    a.open();
    b.open();
    a.transport.connect(b.peer("b"));
    REQUIRE(run_until(io, [&] { return a.transport.connected(b.peer("b")); }));
    const std::string text = text_of(120);
    REQUIRE(a.send(push_frame(text), b.peer("b")) == SendStatus::sent);
    REQUIRE(run_until(io, [&] { return !b.received.empty(); }));
    CHECK(payload_of(b.received[0].frame) == text);
    CHECK(a.transport.statistics().frames_packed == 1);
}

TEST_CASE("a packed frame that breaks the rules, or was not agreed on, ends the connection") {
    const bool agreed = GENERATE(true, false);
    asio::io_context io;
    TcpNode victim(io, agreed ? compressing("victim") : TcpNode::named("victim"));
    victim.open();
    const auto address = parse_tcp_address(victim.transport.address());
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::make_address(address->host), address->port});
    tcp::handshake::Hello hello;
    hello.network_id = "test";
    hello.node_id = "hostile";
    hello.nonce = 77;
    hello.compression = {1, 0};
    auto bytes = tcp::handshake::encode(tcp::handshake::Kind::hello, hello);
    // length, version, kind, a payload of 100,000 bytes, no head, and what is no zstd frame
    for (const unsigned byte : {10U, 1U, 0xf2U, 0xa0U, 0x8dU, 0x06U, 0U, 1U, 2U, 3U, 4U}) {
        bytes.push_back(static_cast<std::byte>(byte));
    }
    asio::write(socket, asio::buffer(bytes));
    REQUIRE(run_until(io, [&] { return victim.heard(TcpEvent::Kind::disconnected, TcpFault::malformed); }));
    CHECK(victim.received.empty());
}
