/// Clients that mean harm, on raw sockets, against a transport that serves.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <lattice/transport/http.hpp>

#include "support/catch.hpp"
#include "transport/http/fixture.hpp"

using namespace lattice_test;

namespace {

const std::string head_of_push = "POST /api/gossip HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";

std::string push_request(const Message& message) {
    const std::string body = encode_json(message, {5, 1}, "client");
    return head_of_push + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ask(const Node& node, const std::string& text) {
    RawSocket socket(node.transport.port());
    socket.send(text);
    return socket.read_answer();
}

std::string post(const std::string& body, const std::string& more_headers = {}) {
    return head_of_push + more_headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Resident memory of this process, MiB.
std::size_t resident_mib() {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    unsigned long total = 0;
    unsigned long resident = 0;
    const int read = file == nullptr ? 0 : std::fscanf(file, "%lu %lu", &total, &resident);
    if (file != nullptr) {
        std::fclose(file);
    }
    return read == 2 ? resident * 4 / 1'024 : 0;
}

/// Whatever happened before, an honest message is still taken, and nothing but it has reached the protocol.
void check_honest_client_is_served(Node& node) {
    const std::size_t before = node.arrivals.size();
    CHECK(before == 0);
    CHECK(status_of(ask(node, push_request(make_message()))) == 200);
    CHECK(node.wait_for_frames(1));
    CHECK(node.arrivals.size() == 1);
}

/// Sends `chunk` until the other side has had enough or `most` bytes have gone.
std::size_t flood(RawSocket& socket, const std::string& chunk, std::size_t most) {
    std::size_t sent = 0;
    while (sent < most && socket.send(chunk, 2s)) {
        sent += chunk.size();
    }
    return sent;
}

}  // namespace

TEST_CASE("framing faults get 400 and the connection is closed") {
    Node node("node");
    for (const char* headers :
         {"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
          "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
          "Content-Length: -2\r\n\r\n{}", "Content-Length : 2\r\n\r\n{}", "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
          "X: \x01\r\nContent-Length: 2\r\n\r\n{}"}) {
        LATTICE_SHOW(headers);
        RawSocket socket(node.transport.port());
        REQUIRE(socket.send(head_of_push + headers));
        const std::string answer = socket.read_answer();
        CHECK(status_of(answer) == 400);
        CHECK(answer.find("Connection: close") != std::string::npos);
        CHECK(socket.is_closed());
    }
    check_honest_client_is_served(node);
}

TEST_CASE("a chunked body of 200 MiB is refused before it is read") {
    Node node("node");
    const std::size_t before = resident_mib();
    RawSocket socket(node.transport.port());
    REQUIRE(socket.send(head_of_push + "Transfer-Encoding: chunked\r\n\r\n"));
    const std::string chunk = "10000\r\n" + std::string(65'536, 'x') + "\r\n";
    CHECK(flood(socket, chunk, 200U << 20U) < (16U << 20U));
    CHECK(resident_mib() < before + 16);
    check_honest_client_is_served(node);
}

TEST_CASE("a body that claims to be huge is refused before it is read") {
    Node node("node");
    for (const char* length : {"400000", "209715200", "18446744073709551615"}) {
        RawSocket socket(node.transport.port());
        REQUIRE(socket.send(head_of_push + "Content-Length: " + length + "\r\n\r\n"));
        CHECK(status_of(socket.read_answer()) == 413);
        CHECK(socket.is_closed());
    }
    check_honest_client_is_served(node);
}

TEST_CASE("a compressed body is refused, whatever it holds") {
    Node node("node");
    CHECK(status_of(ask(node, post("\x1f\x8b\x08", "Content-Encoding: gzip\r\n"))) == 415);
    check_honest_client_is_served(node);
}

TEST_CASE("200,000 headers do not fill the memory") {
    Node node("node");
    const std::size_t before = resident_mib();
    RawSocket socket(node.transport.port());
    REQUIRE(socket.send(head_of_push));
    std::string many;
    for (int i = 0; i < 1'000; ++i) {
        many += "X-" + std::to_string(i) + ": y\r\n";
    }
    flood(socket, many, 200 * many.size());
    CHECK(socket.is_closed());
    CHECK(resident_mib() < before + 16);
    check_honest_client_is_served(node);

    std::string few;
    for (int i = 0; i < 70; ++i) {
        few += "X: y\r\n";
    }
    CHECK(status_of(ask(node, head_of_push + few + "\r\n")) == 431);
}

TEST_CASE("a header line without an end does not fill the memory") {
    Node node("node");
    const std::size_t before = resident_mib();
    RawSocket socket(node.transport.port());
    REQUIRE(socket.send(head_of_push + "X: "));
    CHECK(flood(socket, std::string(65'536, 'a'), 200U << 20U) < (16U << 20U));
    CHECK(resident_mib() < before + 16);

    RawSocket second(node.transport.port());
    CHECK(flood(second, "GET /" + std::string(65'536, 'a'), 200U << 20U) < (16U << 20U));
    check_honest_client_is_served(node);
}

TEST_CASE("encoded line ends in a header stay what they are") {
    Node node("node");
    const std::string answer = ask(node, post("{}", "X-Lattice-Node: a%0d%0aSet-Cookie: b\r\n"));
    CHECK(status_of(answer) == 400);
    CHECK(answer.find("Set-Cookie") == std::string::npos);
    check_honest_client_is_served(node);
}

TEST_CASE("what leads nowhere gets 404") {
    Node node("node");
    for (const std::string& path :
         {std::string("/nothing"), std::string("/api/gossip/message/") + std::string(63, 'a'),
          std::string("/api/gossip/message/") + std::string(64, 'G'), std::string("/api/gossip/message/../message_ids"),
          std::string("/api%2fgossip"), std::string("/api/gossip/message_ids%00"), std::string("/../../etc/passwd"),
          std::string("/api/gossip/message/") + '\0'}) {
        LATTICE_SHOW(path);
        CHECK(status_of(ask(node, "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n")) == 404);
    }
    check_honest_client_is_served(node);
}

TEST_CASE("bodies that are no message get 400, and the connection lives on") {
    Node node("node");
    RawSocket socket(node.transport.port());
    std::string deep;
    for (int i = 0; i < 100'000; ++i) {
        deep += "[";
    }
    for (const std::string& body : {std::string(), std::string("{"), std::string("[]"), std::string("null"), deep,
                                    std::string("{\"message_id\":\"zz\"}"), std::string("\xef\xbb\xbf{}"),
                                    std::string("{\"a\":1,\"a\":2}"), std::string(300'000, '{')}) {
        REQUIRE(socket.send(post(body)));
        CHECK(status_of(socket.read_answer()) == 400);
    }
    check_honest_client_is_served(node);
}

TEST_CASE("bodies that are no frames get 400, and none of their frames is taken") {
    Node node("node");
    const Bytes good = encode(Frame(Announce{{make_message().key()}}));
    const std::string head =
        "POST /api/gossip/frames HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-lattice-frames\r\nContent-Length: ";
    for (const std::string& bad :
         {std::string("\xff\xff\xff\xff\x7f"), std::string("\x05\x01"), std::string(12, '\xff')}) {
        const std::string body = std::string(good.text()) + bad;
        CHECK(status_of(ask(node, head + std::to_string(body.size()) + "\r\n\r\n" + body)) == 400);
    }
    check_honest_client_is_served(node);
}

TEST_CASE("wrong media types, methods and origins are refused") {
    Node node("node");
    CHECK(
        status_of(ask(
            node, "POST /api/gossip HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")) ==
        415);
    CHECK(status_of(ask(node, "POST /api/gossip HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")) == 415);
    CHECK(status_of(ask(node, "PUT /api/gossip HTTP/1.1\r\nHost: a\r\n\r\n")) == 405);
    CHECK(status_of(ask(node, post("{}", "Origin: https://evil.example\r\n"))) == 403);
    CHECK(status_of(ask(node, "GET /api/gossip/message_ids HTTP/1.1\r\nHost: a\r\nOrigin: null\r\n\r\n")) == 403);
    CHECK(status_of(ask(node, post("{}", "Expect: miracles\r\n"))) == 417);
    CHECK(status_of(ask(node, "GET / HTTP/3.0\r\n\r\n")) == 505);
    CHECK(status_of(ask(node, "this is not HTTP\r\n\r\n")) == 400);
    check_honest_client_is_served(node);
}

TEST_CASE("clients that send a byte now and then are cut, and delay nobody") {
    HttpOptions options = options_named("node");
    options.limits.header_timeout = 400ms;
    options.limits.body_timeout = 400ms;
    Node node(options);
    std::vector<RawSocket> slow;
    for (int i = 0; i < 64; ++i) {
        slow.emplace_back(node.transport.port());
        // Half of them dawdle in the head, half in the body.
        REQUIRE(slow.back().send(i % 2 == 0 ? "POST /api" : head_of_push + "Content-Length: 100\r\n\r\n{"));
    }
    const auto begin = http::socket_time();
    CHECK(status_of(ask(node, push_request(make_message()))) == 200);
    CHECK(http::socket_time() - begin < 2s);

    // A byte at a time, each sooner than a timeout per read would end: only an absolute deadline stops this.
    std::size_t cut = 0;
    const auto patience = http::socket_time() + 20s;
    while (cut < slow.size() && http::socket_time() < patience) {
        cut = 0;
        for (RawSocket& socket : slow) {
            cut += socket.send("x", 0ms) ? 0 : 1;
        }
        http::wait_for(-1, 0, http::socket_time() + 20ms);
    }
    CHECK(cut == slow.size());
}

TEST_CASE("connections beyond the bound are refused, and idle ones make room") {
    HttpOptions options = options_named("node");
    options.limits.connections_max = 4;
    Node node(options);
    std::vector<RawSocket> busy;
    for (int i = 0; i < 4; ++i) {
        busy.emplace_back(node.transport.port());
        REQUIRE(busy.back().send("GET /hea"));  // a request in progress
    }
    while (node.transport.connections() < 4) {
        std::this_thread::yield();
    }
    // The first bytes may still be on their way to their threads; until then the connection counts as idle.
    bool refused = false;
    for (int tries = 0; tries < 100 && !refused; ++tries) {
        RawSocket fifth(node.transport.port());
        fifth.send("GET /health HTTP/1.1\r\n\r\n");
        refused = status_of(fifth.read_answer()) == 503;
        if (!refused) {
            busy.emplace_back(node.transport.port());
            REQUIRE(busy.back().send("GET /hea"));
        }
    }
    CHECK(refused);
    busy.clear();

    Node other(options);
    std::vector<RawSocket> idle;
    for (int i = 0; i < 12; ++i) {
        idle.emplace_back(other.transport.port());
        REQUIRE(idle.back().send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"));
        CHECK(status_of(idle.back().read_answer()) == 200);
        while (i >= 4 && other.transport.connections() > 4) {
            std::this_thread::yield();
        }
    }
    CHECK(other.transport.connections() <= 4);
}

TEST_CASE("one address gets no more than its share of connections") {
    HttpOptions options = options_named("node");
    options.limits.connections_from_loopback = 2;
    Node node(options);
    RawSocket first(node.transport.port());
    RawSocket second(node.transport.port());
    for (RawSocket* socket : {&first, &second}) {
        REQUIRE(socket->send("GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /hea"));
        CHECK(status_of(socket->read_answer()) == 200);
    }
    bool refused = false;
    for (int tries = 0; tries < 100 && !refused; ++tries) {  // until both are known to be in a request
        RawSocket third(node.transport.port());
        refused = third.send("GET /health HTTP/1.1\r\n\r\n") && status_of(third.read_answer()) == 503;
    }
    CHECK(refused);
}

TEST_CASE("a request may come in any pieces, and several may come at once") {
    Node node("node");
    const std::string request = push_request(make_message());
    RawSocket socket(node.transport.port());
    for (const char c : request) {
        REQUIRE(socket.send(std::string_view(&c, 1)));
    }
    CHECK(status_of(socket.read_answer()) == 200);
    REQUIRE(socket.send(request + request + request));
    for (int i = 0; i < 3; ++i) {
        CHECK(status_of(socket.read_answer()) == 200);
    }
    REQUIRE(socket.send(head_of_push + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    CHECK(socket.read_answer().starts_with("HTTP/1.1 100 "));
    REQUIRE(socket.send("{}"));
    CHECK(status_of(socket.read_answer()) == 400);
    CHECK(node.arrivals.size() == 4);
}

TEST_CASE("what throws is answered with 500 and no text") {
    HttpOptions options = options_named("node");
    ThreadExecutor executor;
    HttpTransport transport([&](Callback<void()> job) { executor.post(std::move(job)); }, options);
    transport.routes()->Get("/throws",
                            [](const httplib::Request&, httplib::Response&) { throw std::runtime_error("secret"); });
    transport.add_page("/page", "text/plain", []() -> std::string { throw std::runtime_error("secret"); });
    executor.run_and_wait([&] {
        transport.open(
            {[](const Peer&, const Frame&) -> Receipt { throw std::runtime_error("secret"); }, [](const Peer&) {}});
    });
    for (const std::string& request : {std::string("GET /throws HTTP/1.1\r\n\r\n"),
                                       std::string("GET /page HTTP/1.1\r\n\r\n"), push_request(make_message())}) {
        RawSocket socket(transport.port());
        REQUIRE(socket.send(request));
        const std::string answer = socket.read_answer();
        CHECK(status_of(answer) == 500);
        CHECK(answer.find("secret") == std::string::npos);
    }
    executor.run_and_wait([&] { transport.close(); });
}
