/// The reference's endpoints and ours, with a protocol that the test plays.

#include <map>
#include <string>
#include <vector>

#include <lattice/transport/http/endpoints.hpp>

#include "support/catch.hpp"
#include "transport/http/fixture.hpp"

using namespace lattice_test;

namespace {

std::string request(const std::string& method, const std::string& path, const std::string& body = {},
                    const std::string& headers = "Content-Type: application/json\r\n") {
    return method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ask(const Node& node, const std::string& text) {
    RawSocket socket(node.transport.port());
    socket.send(text);
    return socket.read_answer();
}

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("the status of a push tells what became of the message") {
    struct Case {
        Receipt receipt;
        int status;
        std::string body;
    };
    const Case cases[] = {
        {{Disposition::accepted, {}}, 200, R"({"status":"accepted"})"},
        {{Disposition::duplicate, {}}, 200, R"({"status":"duplicate"})"},
        {{Disposition::pending, {}}, 202, R"({"status":"pending"})"},
        {{Disposition::refused, Refusal::malformed}, 400, R"({"status":"refused","reason":"malformed"})"},
        {{Disposition::refused, Refusal::too_large}, 413, R"({"status":"refused","reason":"too_large"})"},
        {{Disposition::refused, Refusal::no_hops_left}, 422, R"({"status":"refused","reason":"no_hops_left"})"},
        {{Disposition::refused, Refusal::too_old}, 422, R"({"status":"refused","reason":"too_old"})"},
        {{Disposition::refused, Refusal::rejected}, 422, R"({"status":"refused","reason":"rejected"})"},
        {{Disposition::refused, Refusal::rate_limited}, 429, R"({"status":"refused","reason":"rate_limited"})"},
        {{Disposition::refused, Refusal::overloaded}, 503, R"({"status":"refused","reason":"overloaded"})"},
        {{Disposition::refused, Refusal::failed}, 500, R"({"status":"refused","reason":"failed"})"}};
    Node node("node");
    const std::string push = request("POST", "/api/gossip", encode_json(make_message(), {5, 1}, "client"));
    for (const Case& expected : cases) {
        node.on_frame = [&](Node&, const Peer&, const Frame&) { return expected.receipt; };
        const std::string answer = ask(node, push);
        CHECK(status_of(answer) == expected.status);
        CHECK(body_of(answer) == expected.body);
        CHECK(answer.find("X-Lattice: 1\r\n") != std::string::npos);
    }
}

TEST_CASE("a push comes from whom the header names, or from the address") {
    Node node("node");
    const std::string body = encode_json(make_message(), {5, 1}, "client");
    const std::string json = "Content-Type: application/json\r\n";
    CHECK(status_of(ask(node, request("POST", "/api/gossip", body))) == 200);
    CHECK(status_of(ask(node, request("POST", "/api/gossip", body, json + "X-Lattice-Node: node7\r\n"))) == 200);
    CHECK(status_of(ask(node, request("POST", "/api/gossip", body, json + "X-Lattice-Node: not an id\r\n"))) == 200);
    REQUIRE(node.wait_for_frames(3));
    CHECK(node.arrivals[0].from.id() == "http:127.0.0.1");
    CHECK(node.arrivals[0].from.address().empty());
    CHECK(node.arrivals[1].from.id() == "node7");
    CHECK(node.arrivals[1].from.address().empty());
    CHECK(node.arrivals[2].from.id() == "http:127.0.0.1");
}

TEST_CASE("a sender that is known can be called back at its address") {
    Node alice("alice");
    Node bob("bob");
    REQUIRE(bob.send(Announce{{make_message().key()}}, alice.peer("alice")) == SendStatus::sent);
    REQUIRE(alice.wait_for_frames(1));
    REQUIRE(alice.send(Push{make_message(), {5, 1}}, bob.peer("bob")) == SendStatus::sent);
    REQUIRE(bob.wait_for_frames(1));
    CHECK(bob.arrivals[0].from.address() == alice.transport.address());
}

TEST_CASE("a message is served by its id, now or later") {
    const Message held = make_message();
    Node node("node");
    std::vector<Peer> later;
    bool at_once = true;
    const auto answer_to = [&](const Peer& to) { CHECK(node.send_now(Provide{held, {4, 1}}, to) == SendStatus::sent); };
    node.on_frame = [&](Node& self, const Peer& from, const Frame& frame) {
        const auto& wanted = std::get<Request>(frame);
        CHECK(wanted.naming == Naming::ids);
        if (wanted.names.front() != held.id()) {
            self.send_now(NotFound{wanted.names, Naming::ids}, from);
        } else if (at_once) {
            answer_to(from);
        } else {
            self.executor.post([&, from] { answer_to(from); });
        }
        return Receipt{};
    };
    const std::string path = "/api/gossip/message/";
    for (const bool soon : {true, false}) {
        at_once = soon;
        const std::string answer = ask(node, request("GET", path + to_hex(held.id())));
        CHECK(status_of(answer) == 200);
        const JsonMessage decoded = decode_json(body_of(answer));
        REQUIRE(decoded);
        CHECK(decoded.message.id() == held.id());
        CHECK(decoded.envelope.ttl == 4);
    }
    CHECK(status_of(ask(node, request("GET", path + std::string(64, '0')))) == 404);
}

TEST_CASE("ids are listed in pages, as the protocol gives them") {
    std::vector<MessageId> held;
    for (int i = 0; i < 25; ++i) {
        held.push_back(make_message("{\"i\":" + std::to_string(i) + "}").id());
    }
    std::sort(held.begin(), held.end());
    Node node("node");
    node.on_frame = [&](Node& self, const Peer& from, const Frame& frame) {
        const auto& asked = std::get<SyncRequest>(frame);
        SyncIds page{asked.after, {}, true, Naming::ids};
        for (const MessageId& id : held) {
            if (id > asked.after && page.names.size() < std::min<std::size_t>(asked.limit, 10)) {
                page.names.push_back(id);
            }
        }
        page.complete = page.names.empty() || page.names.back() == held.back();
        self.send_now(page, from);
        return Receipt{};
    };
    const auto all = decode_json_ids(body_of(ask(node, request("GET", "/api/gossip/message_ids"))));
    REQUIRE(all);
    CHECK(all.ids == held);
    CHECK(all.complete);
    const auto part =
        decode_json_ids(body_of(ask(node, request("GET", "/api/gossip/message_ids?limit=3&after=" + to_hex(held[4])))));
    REQUIRE(part);
    CHECK(part.ids == std::vector{held[5], held[6], held[7]});
    CHECK_FALSE(part.complete);
    CHECK(status_of(ask(node, request("GET", "/api/gossip/message_ids?limit=x"))) == 400);
}

TEST_CASE("health, pages and routes of the host's") {
    ThreadExecutor executor;
    HttpTransport transport([&](Callback<void()> job) { executor.post(std::move(job)); }, options_named("a\"b"));
    int made = 0;
    transport.add_page("/metrics", "text/plain; version=0.0.4",
                       [&] { return "made " + std::to_string(++made) + "\n"; });
    transport.routes()->Post("/own", [](const httplib::Request& asked, httplib::Response& answer) {
        answer.set_content(asked.body, "text/plain");
    });
    const auto ask_it = [&](const std::string& text) {
        RawSocket socket(transport.port());
        socket.send(text);
        return socket.read_answer();
    };
    executor.run_and_wait([&] {
        transport.open({[](const Peer&, const Frame&) { return Receipt{}; }, [](const Peer&) {}});
    });
    const std::string healthy = ask_it(request("GET", "/health"));
    CHECK(status_of(healthy) == 200);
    CHECK(body_of(healthy) == R"({"status":"ok","node_id":"a\"b"})");
    const std::string metrics = ask_it(request("GET", "/metrics"));
    CHECK(body_of(metrics) == "made 1\n");
    CHECK(metrics.find("Content-Type: text/plain; version=0.0.4\r\n") != std::string::npos);
    CHECK(body_of(ask_it(request("POST", "/own", "hello", "Content-Type: text/plain\r\n"))) == "hello");

    executor.run_and_wait([&] { transport.close(); });
    CHECK(status_of(ask_it(request("GET", "/health"))) == 503);
    CHECK(status_of(ask_it(request("GET", "/metrics"))) == 503);
    CHECK(status_of(ask_it(request("POST", "/api/gossip", encode_json(make_message(), {5, 1}, "c")))) == 503);
}

TEST_CASE("a connection is kept for as long as the client and the version of HTTP let it") {
    Node node("node");
    RawSocket kept(node.transport.port());
    for (int i = 0; i < 2; ++i) {
        REQUIRE(kept.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"));
        const std::string answer = kept.read_answer();
        CHECK(answer.starts_with("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=30\r\nX-Lattice: 1\r\n"));
        CHECK(body_of(answer) == R"({"status":"ok","node_id":"node"})");
    }
    for (const char* last : {"GET /health HTTP/1.0\r\n\r\n", "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n",
                             "GET /health HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"}) {
        LATTICE_SHOW(last);
        RawSocket socket(node.transport.port());
        REQUIRE(socket.send(last));
        const std::string answer = socket.read_answer();
        CHECK(status_of(answer) == 200);
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        CHECK(socket.is_closed());
    }
    RawSocket other(node.transport.port());
    REQUIRE(other.send("GET /health HTTP/1.1\r\n\r\n"));
    const std::string whole = other.read_answer();
    REQUIRE(other.send("HEAD /health HTTP/1.1\r\n\r\nGET /health HTTP/1.1\r\nConnection: close\r\n\r\n"));
    const std::string both = other.read_all();  // the head alone, then an answer
    CHECK(both.starts_with(whole.substr(0, whole.find("\r\n\r\n") + 4) + "HTTP/1.1 200 OK\r\nConnection: close\r\n"));
}

TEST_CASE("closing releases whoever waits for the protocol") {
    Node node("node");
    node.on_frame = [](Node&, const Peer&, const Frame&) { return Receipt{}; };  // never answers the request
    RawSocket socket(node.transport.port());
    REQUIRE(socket.send(request("GET", "/api/gossip/message/" + std::string(64, '0'))));
    REQUIRE(node.wait_for_frames(1));
    node.close();
    CHECK(status_of(socket.read_answer()) == 503);
}

TEST_CASE("a protocol that does not decide in time is answered for") {
    HttpOptions options = options_named("node");
    options.limits.reply_timeout = 50ms;
    Node node(options);
    CHECK(status_of(ask(node, request("GET", "/api/gossip/message/" + std::string(64, '0')))) == 503);
}

TEST_CASE("a callback may close the transport") {
    Node node("node");
    node.on_frame = [](Node& self, const Peer&, const Frame&) {
        self.transport.close();
        return Receipt{};
    };
    const std::string push = request("POST", "/api/gossip", encode_json(make_message(), {5, 1}, "client"));
    RawSocket socket(node.transport.port());
    REQUIRE(socket.send(push));
    CHECK(status_of(socket.read_answer()) == 200);
    CHECK(status_of(ask(node, push)) == 503);
}
