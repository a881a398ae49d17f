/// Servers that mean harm, or are slow, against a transport that calls them.

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <lattice/transport/http.hpp>

#include "support/catch.hpp"
#include "transport/http/fixture.hpp"

using namespace lattice_test;

namespace {

/// Takes connections and lets the test play the server on each, one after the other.
class FakeServer {
   public:
    using Script = std::function<void(int fd)>;

    explicit FakeServer(Script script)
        : socket_(http::listen_at("127.0.0.1", 0)), script_(std::move(script)), thread_([this] { run(); }) {}
    ~FakeServer() {
        wake_.wake();
        thread_.join();
    }

    [[nodiscard]] Peer peer() const {
        return Peer("fake", "http://127.0.0.1:" + std::to_string(http::port_of(socket_.get())));
    }
    [[nodiscard]] int connections() const { return connections_; }

    /// Reads a request's head, with its body if it has one.
    static std::string read_request(int fd) {
        http::BoundedStream stream(fd);
        stream.set_deadline(http::socket_time() + 20s);
        if (stream.read_head(16'384) != http::BoundedStream::Head::complete) {
            return {};
        }
        std::string text(stream.head());
        const auto at = text.find("Content-Length: ");
        const std::size_t length = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
        std::string head(text.size(), '\0');
        stream.read(head.data(), head.size());
        stream.allow_body(length);
        std::string body;
        stream.read_body(body);
        return text + body;
    }

    /// Until the other side has had enough.
    static bool write(int fd, std::string_view text) {
        while (!text.empty()) {
            const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
            if (n > 0) {
                text.remove_prefix(static_cast<std::size_t>(n));
            } else if (!(errno == EAGAIN && http::wait_for(fd, POLLOUT, http::socket_time() + 20s))) {
                return false;
            }
        }
        return true;
    }

   private:
    void run() {
        for (;;) {
            pollfd entries[2] = {{socket_.get(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
            ::poll(entries, 2, -1);
            if (entries[1].revents != 0) {
                return;
            }
            http::Fd fd(::accept(socket_.get(), nullptr, nullptr));
            if (fd) {
                ++connections_;
                http::prepare_socket(fd.get());
                script_(fd.get());
            }
        }
    }

    http::Fd socket_;
    http::WakePipe wake_;
    Script script_;
    std::atomic<int> connections_{0};
    std::thread thread_;
};

std::string ok(const std::string& body, const std::string& more = {}) {
    return "HTTP/1.1 200 OK\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Request request_for(const Message& message) { return {{message.id()}, Naming::ids}; }

HttpOptions impatient() {
    HttpOptions options = options_named("alice");
    options.limits.push_timeout = 300ms;
    options.limits.pull_timeout = 300ms;
    return options;
}

}  // namespace

TEST_CASE("answers without an end are cut off") {
    // In the head, in the body, in chunks: each would go on for ever.
    const std::string beginnings[] = {"HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\n\r\n",
                                      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
                                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 "};
    for (const std::string& beginning : beginnings) {
        LATTICE_SHOW(beginning);
        std::atomic<std::size_t> written{0};
        FakeServer server([&](int fd) {
            FakeServer::read_request(fd);
            std::string part = beginning;
            const bool chunked = beginning.find("chunked") != std::string::npos;
            while (written < (64U << 20U) && FakeServer::write(fd, part)) {
                written += part.size();
                part = chunked ? "1000\r\n" + std::string(4'096, 'x') + "\r\n" : std::string(4'096, 'x');
            }
        });
        Node alice("alice");
        REQUIRE(alice.send(request_for(make_message()), server.peer()) == SendStatus::sent);
        REQUIRE(alice.wait_for_failures(1));
        CHECK(written < (16U << 20U));
        CHECK(alice.arrivals.empty());
    }
}

TEST_CASE("an answer a byte at a time ends at the deadline") {
    std::atomic<bool> cut{false};
    FakeServer server([&](int fd) {
        FakeServer::read_request(fd);
        while (FakeServer::write(fd, "H")) {
            http::wait_for(-1, 0, http::socket_time() + 20ms);
        }
        cut = true;
    });
    Node alice(impatient());
    REQUIRE(alice.send(request_for(make_message()), server.peer()) == SendStatus::sent);
    REQUIRE(alice.wait_for_failures(1));
}

TEST_CASE("a message that was not asked for is not taken") {
    const Message wanted = make_message(R"({"wanted":1})");
    const Message other = make_message(R"({"other":1})");
    FakeServer server([&](int fd) {
        FakeServer::read_request(fd);
        FakeServer::write(fd, ok(encode_json(other, {5, 1}, "fake")));
    });
    Node alice("alice");
    REQUIRE(alice.send(request_for(wanted), server.peer()) == SendStatus::sent);
    REQUIRE(alice.wait_for_frames(1));
    const auto* missing = std::get_if<NotFound>(&alice.arrivals[0].frame);
    REQUIRE(missing != nullptr);
    CHECK(missing->names == std::vector{wanted.id()});
    CHECK(missing->naming == Naming::ids);
}

TEST_CASE("a peer that has too much to do is reported, as what was sent to it is lost, and rests") {
    HttpOptions options = options_named("alice");
    options.limits.backoff_min = options.limits.backoff_max = 20s;
    Node alice(options);
    FakeServer server([](int fd) {
        FakeServer::read_request(fd);
        FakeServer::write(fd, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    });
    REQUIRE(alice.send(Push{make_message(), {5, 1}}, server.peer()) == SendStatus::sent);
    REQUIRE(alice.wait_for_failures(1));
    CHECK(alice.failures[0].id() == "fake");
    CHECK(alice.transport.flush(20s));
    CHECK(alice.send(Push{make_message(), {5, 1}}, server.peer()) == SendStatus::busy);
}

TEST_CASE("redirects are not followed") {
    FakeServer target([](int) {});
    FakeServer server([&](int fd) {
        FakeServer::read_request(fd);
        FakeServer::write(fd, "HTTP/1.1 302 Found\r\nLocation: " + std::string(target.peer().address()) +
                                  "/\r\nContent-Length: 0\r\n\r\n");
    });
    Node alice("alice");
    REQUIRE(alice.send(request_for(make_message()), server.peer()) == SendStatus::sent);
    REQUIRE(alice.wait_for_frames(1));
    CHECK(std::holds_alternative<NotFound>(alice.arrivals[0].frame));
    CHECK(target.connections() == 0);
}

TEST_CASE("listings come up sorted, without repetitions, and within what was asked for") {
    std::vector<MessageId> ids;
    for (int i = 0; i < 6; ++i) {
        ids.push_back(make_message("{\"i\":" + std::to_string(i) + "}").id());
    }
    std::string body = R"({"message_ids":[)";
    for (const MessageId& id : ids) {
        body += "\"" + to_hex(id) + "\",\"" + to_hex(id) + "\",";
    }
    body.back() = ']';
    body += "}";
    FakeServer server([&](int fd) {
        while (!FakeServer::read_request(fd).empty()) {
            FakeServer::write(fd, ok(body));
        }
    });
    std::sort(ids.begin(), ids.end());
    Node alice("alice");
    REQUIRE(alice.send(SyncRequest{{}, 100, Naming::ids}, server.peer()) == SendStatus::sent);
    REQUIRE(alice.wait_for_frames(1));
    const auto* all = std::get_if<SyncIds>(&alice.arrivals[0].frame);
    REQUIRE(all != nullptr);
    CHECK(all->names == ids);
    CHECK(all->complete);
    CHECK(all->naming == Naming::ids);

    REQUIRE(alice.send(SyncRequest{ids[1], 2, Naming::ids}, server.peer()) == SendStatus::sent);
    REQUIRE(alice.wait_for_frames(2));
    const auto* part = std::get_if<SyncIds>(&alice.arrivals[1].frame);
    REQUIRE(part != nullptr);
    CHECK(part->names == std::vector{ids[2], ids[3]});
    CHECK(part->after == ids[1]);
    CHECK_FALSE(part->complete);
}

TEST_CASE("slow peers do not delay the others") {
    HttpOptions options = options_named("alice");
    options.limits.senders_max = 4;
    Node alice(options);
    Node bob("bob");
    http::WakePipe end;
    std::vector<std::unique_ptr<FakeServer>> slow;
    std::vector<Peer> peers;
    for (int i = 0; i < 16; ++i) {
        slow.push_back(
            std::make_unique<FakeServer>([&](int) { http::wait_for(end.fd(), POLLIN, http::socket_time() + 20s); }));
        peers.emplace_back("slow" + std::to_string(i), std::string(slow.back()->peer().address()));
    }
    REQUIRE(alice.send(Push{make_message(), {5, 1}}, bob.peer("bob")) == SendStatus::sent);
    REQUIRE(bob.wait_for_frames(1));
    for (const Peer& peer : peers) {
        CHECK(alice.send(Push{make_message(), {5, 1}}, peer) == SendStatus::sent);
    }
    const auto begin = http::socket_time();
    for (std::size_t i = 0; i < 50; ++i) {
        REQUIRE(alice.send(Push{make_message(), {5, 1}}, bob.peer("bob")) == SendStatus::sent);
        REQUIRE(bob.wait_for_frames(2 + i));
    }
    CHECK(http::socket_time() - begin < 3s);
    end.wake();
}

TEST_CASE("a full queue says busy, and holds no more than its bounds") {
    HttpOptions options = options_named("alice");
    options.limits.queue_items_max = 8;
    Node alice(options);
    http::WakePipe end;
    FakeServer server([&](int) { http::wait_for(end.fd(), POLLIN, http::socket_time() + 20s); });
    SendSummary summary;
    while (summary.sent < 100 && summary.count(alice.send(Push{make_message(), {5, 1}}, server.peer()))) {
    }
    CHECK(summary.sent >= 8);
    CHECK(summary.sent <= 10);  // one is under way, and one may be between the two
    CHECK(summary.crowded >= 6);
    CHECK(summary.crowded < summary.sent);
    end.wake();
}

TEST_CASE("the transport ends at once, whatever its peers are doing") {
    http::WakePipe end;
    FakeServer server([&](int) { http::wait_for(end.fd(), POLLIN, http::socket_time() + 20s); });
    const auto begin = http::socket_time();
    {
        Node alice("alice");
        for (int i = 0; i < 8; ++i) {
            const Peer peer("p" + std::to_string(i), std::string(server.peer().address()));
            CHECK(alice.send(Push{make_message(), {5, 1}}, peer) == SendStatus::sent);
        }
        RawSocket half(alice.transport.port());
        REQUIRE(half.send("POST /api/gossip HTTP/1.1\r\n"));
        while (alice.transport.connections() < 1) {
            std::this_thread::yield();
        }
    }
    CHECK(http::socket_time() - begin < 3s);
    end.wake();
}

TEST_CASE("a kept connection that the peer has closed is replaced without a failure") {
    std::atomic<int> requests{0};
    FakeServer server([&](int fd) {
        if (!FakeServer::read_request(fd).empty()) {
            ++requests;
            FakeServer::write(fd, ok("{}"));
        }
    });
    Node alice("alice");
    for (int i = 0; i < 5; ++i) {
        REQUIRE(alice.send(request_for(make_message()), server.peer()) == SendStatus::sent);
        REQUIRE(alice.wait_for_frames(static_cast<std::size_t>(i) + 1));
    }
    CHECK(requests == 5);
    CHECK(alice.failures.empty());
}
