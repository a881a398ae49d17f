#include <lattice/transport/http.hpp>

#include "support/catch.hpp"
#include "transport/http/fixture.hpp"

using namespace lattice_test;

namespace {

template <typename T>
const T* frame_at(const Node& node, std::size_t index) {
    return index < node.arrivals.size() ? std::get_if<T>(&node.arrivals[index].frame) : nullptr;
}

}  // namespace

TEST_CASE("a first message goes in the reference's way, the next ones as frames") {
    Node alice("alice");
    Node bob("bob");
    const Message message = make_message();
    REQUIRE(alice.send(Push{message, {5, 1}}, bob.peer("bob")) == SendStatus::sent);
    REQUIRE(bob.wait_for_frames(1));
    const auto* first = frame_at<Push>(bob, 0);
    REQUIRE(first != nullptr);
    CHECK(first->message.id() == message.id());
    CHECK(first->message.authenticity() == Message::Authenticity::verified);
    CHECK(first->envelope.ttl == 5);
    CHECK(bob.arrivals[0].from.id() == "alice");

    REQUIRE(alice.send(Announce{{message.key()}}, bob.peer("bob")) == SendStatus::sent);
    REQUIRE(bob.wait_for_frames(2));
    const auto* second = frame_at<Announce>(bob, 1);
    REQUIRE(second != nullptr);
    CHECK(second->names == std::vector{message.key()});
}

TEST_CASE("a frame that the reference has no call for finds out first what the peer understands") {
    Node alice("alice");
    Node bob("bob");
    REQUIRE(alice.send(Announce{{make_message().key()}}, bob.peer("bob")) == SendStatus::sent);
    REQUIRE(bob.wait_for_frames(1));
    CHECK(frame_at<Announce>(bob, 0) != nullptr);
}

TEST_CASE("so does a message whose receiver is to be counted: JSON has no word for that") {
    Node alice("alice");
    Node bob("bob");
    REQUIRE(alice.send(Push{make_message(), {5, 1, Priority::normal, true}}, bob.peer("bob")) == SendStatus::sent);
    REQUIRE(bob.wait_for_frames(1));
    REQUIRE(frame_at<Push>(bob, 0) != nullptr);
    CHECK(frame_at<Push>(bob, 0)->envelope.receipt);
}

TEST_CASE("what the protocol sends while it handles frames comes back in the answer") {
    Node alice("alice");
    Node bob("bob");
    const Message held = make_message(R"({"held":true})");
    bob.on_frame = [&](Node& node, const Peer& from, const Frame& frame) {
        if (std::holds_alternative<Request>(frame)) {
            CHECK(node.send_now(Provide{held, {3, 2}}, from) == SendStatus::sent);
        }
        return Receipt{};
    };
    REQUIRE(alice.send(Push{make_message(), {5, 1}}, bob.peer("bob")) == SendStatus::sent);
    REQUIRE(bob.wait_for_frames(1));
    REQUIRE(alice.send(Request{{held.key()}, Naming::keys}, bob.peer("bob")) == SendStatus::sent);
    REQUIRE(alice.wait_for_frames(1));
    const auto* provided = frame_at<Provide>(alice, 0);
    REQUIRE(provided != nullptr);
    CHECK(provided->message.payload().size() == held.payload().size());
    CHECK(alice.arrivals[0].from.id() == "bob");
    CHECK(alice.arrivals[0].from.address() == bob.transport.address());
}

TEST_CASE("a peer that cannot be reached is reported, and rests") {
    Node alice("alice");
    const http::Fd closed = http::listen_at("127.0.0.1", 0);
    const std::uint16_t port = http::port_of(closed.get());
    REQUIRE(port != 0);
    const_cast<http::Fd&>(closed).reset();
    const Peer nobody("nobody", "http://127.0.0.1:" + std::to_string(port));
    REQUIRE(alice.send(Push{make_message(), {5, 1}}, nobody) == SendStatus::sent);
    REQUIRE(alice.wait_for_failures(1));
    CHECK(alice.failures[0].id() == "nobody");
}

TEST_CASE("what is queued can be waited for, as long as the peer answers") {
    Node a("a");
    Node b("b");
    for (int n = 0; n < 5; ++n) {
        REQUIRE(a.send(Push{make_message("{\"n\":" + std::to_string(n) + "}"), {5, 1}}, b.peer("b")) ==
                SendStatus::sent);
    }
    a.close();
    CHECK(a.transport.flush(20s));
    CHECK(b.wait_until([&] { return b.arrivals.size() == 5; }));
    CHECK(a.transport.flush(Duration{0}));

    http::Fd deaf = http::listen_at("127.0.0.1", 0);  // it takes connections and says nothing
    a.open();
    const Peer silent("silent", "http://127.0.0.1:" + std::to_string(http::port_of(deaf.get())));
    REQUIRE(a.send(Push{make_message(), {5, 1}}, silent) == SendStatus::sent);
    CHECK_FALSE(a.transport.flush(20ms));
    deaf.reset();
    REQUIRE(a.wait_for_failures(1));
    CHECK(a.transport.flush(20s));
}

TEST_CASE("addresses that are not base URLs are unreachable") {
    Node alice("alice");
    for (const char* address : {"", "127.0.0.1:80", "https://a:1", "http://", "http://a:0", "http://a:99999",
                                "http://a/b", "http://a:1/b", "http://u@a:1", "http://a b:1", "http://a:1?x",
                                "http://[::1", "ftp://a:1", "http://a\r\nX: 1:80", "http://:80", "http://a:"}) {
        LATTICE_SHOW(address);
        CHECK(alice.send(Push{make_message(), {5, 1}}, Peer("p", address)) == SendStatus::unreachable);
    }
}

TEST_CASE("a transport may be opened and closed any number of times") {
    Node bob("bob");
    for (int cycle = 0; cycle < 1'000; ++cycle) {
        bob.close();
        bob.open();
    }
    Node alice("alice");
    REQUIRE(alice.send(Push{make_message(), {5, 1}}, bob.peer("bob")) == SendStatus::sent);
    CHECK(bob.wait_for_frames(1));
}

TEST_CASE("transports come and go without leaving threads or sockets behind") {
    ThreadExecutor executor;
    for (int cycle = 0; cycle < 100; ++cycle) {
        HttpTransport transport([&](Callback<void()> job) { executor.post(std::move(job)); }, options_named("node"));
        executor.run_and_wait([&] {
            if (cycle % 2 == 0) {
                transport.open({[](const Peer&, const Frame&) { return Receipt{}; }, [](const Peer&) {}});
            }
        });
        CHECK(transport.port() != 0);
    }
    const http::Fd next(::socket(AF_INET, SOCK_STREAM, 0));
    CHECK(next.get() < 50);  // numbers are given out from the lowest free one
}

TEST_CASE("a node id that could not stand in a header is refused") {
    ThreadExecutor executor;
    for (const char* id : {"a b", "a\r\nX: b"}) {
        CHECK_THROWS_AS(HttpTransport([&](Callback<void()> job) { executor.post(std::move(job)); }, options_named(id)),
                        ConfigError);
    }
}
