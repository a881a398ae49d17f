#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lattice/node.hpp>

#include "support/catch.hpp"
#include "support/inbox.hpp"

using namespace lattice;
using lattice_test::Inbox;
using Json = nlohmann::json;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

namespace {

struct Transfer {
    std::string from;
    std::string to;
    int amount{};
};

void to_json(Json& json, const Transfer& transfer) {
    json = {{"from", transfer.from}, {"to", transfer.to}, {"amount", transfer.amount}};
}
void from_json(const Json& json, Transfer& transfer) {
    json.at("from").get_to(transfer.from);
    json.at("to").get_to(transfer.to);
    json.at("amount").get_to(transfer.amount);
}

Peer peer_of(const Node<>& node) { return Peer(node.id(), node.http_address()); }

/// Two nodes that know each other.
struct Pair {
    Pair() {
        alice.set_peers(PeerList({peer_of(bob)}));
        bob.set_peers(PeerList({peer_of(alice)}));
    }
    void start() {
        alice.start();
        bob.start();
    }

    Inbox inbox;  // outlives the nodes, whose handlers use it
    Node<> alice{{.id = "alice"}};
    Node<> bob{{.id = "bob"}};
};

}  // namespace

TEST_CASE("A node takes a value of the host's and another gives it to its handler", "[node]") {
    Pair pair;
    pair.bob.register_handler<Transfer>("transfer", [&](const Transfer& transfer, const Delivery& delivery) {
        pair.inbox.put(transfer.from + " " + transfer.to + " " + std::to_string(transfer.amount) + " from " +
                       std::string(delivery.from.id()));
    });
    pair.start();
    const PublishOutcome outcome = pair.alice.broadcast("transfer", Transfer{"alice", "bob", 100});
    CHECK(outcome.status == PublishOutcome::Status::sent);
    CHECK(outcome.peers == 1);
    REQUIRE(pair.inbox.wait_for(1));
    CHECK(pair.inbox.texts() == Texts{"alice bob 100 from alice"});
    CHECK(pair.alice.statistics().messages_sent == 1);
    CHECK(pair.bob.statistics().delivered == 1);
}

TEST_CASE("Handlers take JSON, text, or everything else", "[node]") {
    Pair pair;
    pair.bob.register_handler<Json>("json", [&](const Json& json) { pair.inbox.put(json.dump()); });
    pair.bob.register_handler<std::string>("text", [&](const std::string& text) { pair.inbox.put(text); });
    pair.bob.register_default_handler(
        [&](const Delivery& delivery) { pair.inbox.put("other: " + std::string(delivery.message.type())); });
    pair.start();
    CHECK(pair.alice.broadcast("json", Json{{"b", 1}, {"a", {true, nullptr}}}));
    CHECK(pair.inbox.wait_for(1));
    CHECK(pair.alice.broadcast("text", std::string("\0\xff not JSON", 11)));
    CHECK(pair.inbox.wait_for(2));
    CHECK(pair.alice.broadcast("unheard-of", Bytes(std::string_view("..."))));
    CHECK(pair.inbox.wait_for(3));
    CHECK(pair.inbox.texts() ==
          Texts{R"({"a":[true,null],"b":1})", std::string("\0\xff not JSON", 11), "other: unheard-of"});
}

TEST_CASE("A handler may broadcast, and a validator may refuse", "[node]") {
    Pair pair;
    pair.bob.register_handler<std::string>("question", [&](const std::string& text) {
        pair.inbox.put(pair.bob.broadcast("answer", text + "!") ? "answered" : "not answered");
    });
    pair.bob.register_validator("question", [](const Delivery& delivery) {
        return as_text(delivery.message.payload()) == "bad" ? Verdict::reject : Verdict::accept;
    });
    pair.alice.register_handler<std::string>("answer", [&](const std::string& text) { pair.inbox.put(text); });
    pair.start();
    CHECK(pair.alice.broadcast("question", std::string("bad")));
    CHECK(pair.alice.broadcast("question", std::string("good")));
    REQUIRE(pair.inbox.wait_for(2));
    CHECK(pair.inbox.texts() == Texts{"answered", "good!"});
    CHECK(pair.bob.statistics().refusals(Refusal::rejected) == 1);
}

TEST_CASE("Every thread may broadcast, waiting or not", "[node]") {
    constexpr std::size_t threads = 4;
    constexpr std::size_t each = 25;
    Pair pair;
    pair.bob.register_handler<std::string>("text", [&](const std::string& text) { pair.inbox.put(text); });
    pair.start();
    std::atomic<std::size_t> taken{0};
    std::vector<std::thread> hosts;
    for (std::size_t i = 0; i < threads; ++i) {
        hosts.emplace_back([&pair, &taken, i] {
            for (std::size_t k = 0; k < each; ++k) {
                const std::string text = std::to_string(i) + ":" + std::to_string(k);
                const bool waits = k % 2 == 0;
                const auto outcome = waits ? pair.alice.broadcast("text", text) : pair.alice.post("text", text);
                using Status = PublishOutcome::Status;
                taken += outcome.status == (waits ? Status::sent : Status::posted) ? 1U : 0U;
            }
        });
    }
    for (auto& host : hosts) {
        host.join();
    }
    CHECK(taken == threads * each);
    CHECK(pair.inbox.wait_for(threads * each));
}

TEST_CASE("What was broadcast before a node stops still arrives", "[node]") {
    constexpr std::size_t messages = 20;
    Inbox inbox;
    Node<> bob({.id = "bob"});
    bob.register_handler<std::string>("text", [&](const std::string& text) { inbox.put(text); });
    bob.start();
    {
        Node alice({.id = "alice", .drain_timeout = std::chrono::seconds{20}}, FixedPeers{peer_of(bob)});
        alice.start();
        for (std::size_t i = 0; i < messages; ++i) {
            CHECK(alice.broadcast("text", std::to_string(i)));
        }
    }
    CHECK(inbox.texts().size() == messages);
}

TEST_CASE("Over HTTP, what a node missed comes by set reconciliation once it knows what the other understands",
          "[node]") {
    Config config;
    config.gossip_interval = std::chrono::milliseconds{20};
    config.anti_entropy_interval = std::chrono::milliseconds{100};
    config.enable_push = false;
    config.enable_pull = false;
    Inbox inbox;
    Node<> alice({.id = "alice", .config = config});
    Node<> bob({.id = "bob", .config = config});
    alice.set_peers(PeerList({peer_of(bob)}));
    bob.set_peers(PeerList({peer_of(alice)}));
    bob.register_default_handler(
        [&](const Delivery& delivery) { inbox.put(std::string(as_text(delivery.message.payload()))); });
    alice.start();
    bob.start();
    const auto served = [&] { return alice.statistics().reconciles_served + bob.statistics().reconciles_served; };
    std::size_t messages = 0;
    do {
        alice.broadcast("note", "m" + std::to_string(messages++));
        REQUIRE(inbox.wait_for(messages));
    } while (messages < 30 && served() < 5);
    CHECK(served() >= 5);
    CHECK(bob.statistics().delivered == messages);
}

TEST_CASE("What is posted tells its outcome later", "[node]") {
    Pair pair;
    CHECK(pair.alice.post("text", std::string("early"), {},
                          [&](const PublishOutcome& outcome) { pair.inbox.put(name_of(outcome.status)); }));
    REQUIRE(pair.inbox.wait_for(1));
    CHECK(pair.inbox.texts() == Texts{"not_running"});
    CHECK(pair.alice.post("no spaces", std::string()).status == PublishOutcome::Status::bad_type);
    CHECK(pair.alice.broadcast("text", std::string()).status == PublishOutcome::Status::not_running);
}

TEST_CASE("A node waits until others have its message, over HTTP and TCP", "[node]") {
    TcpOptions tcp;
    tcp.listen = "127.0.0.1:0";
    Pair pair;
    Node<> carol({.id = "carol", .tcp = tcp});
    Node<> dave({.id = "dave", .tcp = tcp});
    carol.set_peers(PeerList({Peer("dave", dave.tcp_address())}));
    dave.set_peers(PeerList({Peer("carol", carol.tcp_address())}));
    pair.start();
    carol.start();
    dave.start();
    const auto note = [&](const ReceiptOutcome& outcome) {
        pair.inbox.put(std::string(name_of(outcome.state)) + " " + std::to_string(outcome.reached) + " of " +
                       std::to_string(outcome.network));
    };
    PublishOptions options;
    options.receipt = ReceiptGoal{.peers = 1, .timeout = 20s};
    CHECK(pair.alice.broadcast("text", std::string("over HTTP, to whom nothing was said before"), options, note));
    CHECK(pair.inbox.wait_for(1));
    options.receipt = ReceiptGoal{.fraction = 1.0, .timeout = 20s};
    CHECK(carol.post("text", std::string("over TCP"), options, {}, note));
    CHECK(pair.inbox.wait_for(2));
    options.receipt = ReceiptGoal{.peers = 3, .timeout = 20s};
    CHECK(dave.broadcast("text", std::string("more than there are"), options, note));
    dave.stop();
    CHECK(pair.inbox.wait_for(3));
    const Texts texts = pair.inbox.texts();
    REQUIRE(texts.size() == 3);
    CHECK(texts[0] == "resolved 1 of 2");
    CHECK(texts[1] == "resolved 1 of 2");
    CHECK(texts[2].starts_with("stopped"));
}

TEST_CASE("Health, metrics and statistics are served", "[node]") {
    Node node({.id = "alice"});
    httplib::Client client("127.0.0.1", node.http_port());
    node.start();
    REQUIRE(node.broadcast("text", std::string("alone")).status == PublishOutcome::Status::no_peers);

    const auto health = client.Get("/health");
    REQUIRE(health);
    CHECK(health->status == 200);
    const auto metrics = client.Get("/metrics");
    REQUIRE(metrics);
    CHECK(metrics->body.find("\nlattice_messages_sent_total 1\n") != std::string::npos);
    const auto stats = client.Get("/api/gossip/stats");
    REQUIRE(stats);
    CHECK(Json::parse(stats->body).at("messages_sent") == 1);

    node.stop();
    const auto stopped = client.Get("/health");
    REQUIRE(stopped);
    CHECK(stopped->status == 503);
}

TEST_CASE("A node with HTTP and TCP bridges between nodes that have one", "[node]") {
    TcpOptions tcp;
    tcp.listen = "127.0.0.1:0";
    Inbox inbox;
    Node<> web{{.id = "web"}};
    Node<> bridge{{.id = "bridge", .tcp = tcp}};
    Node<> wire{{.id = "wire", .tcp = tcp}};
    CHECK(web.tcp_address() == "");
    web.set_peers(PeerList({peer_of(bridge)}));
    bridge.set_peers(PeerList({peer_of(web), Peer("wire", wire.tcp_address())}));
    wire.set_peers(PeerList({Peer("bridge", bridge.tcp_address())}));
    web.register_handler<std::string>("text", [&](const std::string& text) { inbox.put("web has " + text); });
    wire.register_handler<std::string>("text", [&](const std::string& text) { inbox.put("wire has " + text); });
    for (Node<>* node : {&web, &bridge, &wire}) {
        node->start();
    }
    CHECK(web.broadcast("text", std::string("one")));
    CHECK(inbox.wait_for(1));
    CHECK(wire.broadcast("text", std::string("two")));
    CHECK(inbox.wait_for(2));
    CHECK(inbox.texts() == Texts{"wire has one", "web has two"});
}

TEST_CASE("A node lives on an io_context of the host's", "[node]") {
    asio::io_context io;
    Texts received;
    Node<> alice{{.id = "alice", .io = &io}};
    Node<> bob{{.id = "bob", .io = &io}, FixedPeers{peer_of(alice)}};
    alice.set_peers(PeerList({peer_of(bob)}));
    bob.register_handler<std::string>("text", [&](const std::string& text) {
        received.push_back(text);
        io.stop();
    });
    alice.start();
    bob.start();
    CHECK(alice.broadcast("text", std::string("hello")).status == PublishOutcome::Status::posted);
    CHECK(received.empty());  // nothing runs by itself
    io.run_for(Inbox::patience);
    CHECK(received == Texts{"hello"});
}

TEST_CASE("Settings that cannot work are named", "[node]") {
    const auto field_of = [](NodeOptions options) -> std::string {
        try {
            const Node<> node(std::move(options));
        } catch (const ConfigError& error) {
            return error.field();
        }
        return "none";
    };
    CHECK(field_of({.id = "alice"}) == "none");
    CHECK(field_of({.id = ""}) == "node_id");
    NodeOptions options{.id = "alice"};
    options.config.fanout = 0;
    CHECK(field_of(options) == "fanout");
}

TEST_CASE("An address that is taken is an error, and can be had later", "[node]") {
    auto first = std::make_unique<Node<>>(NodeOptions{.id = "alice"});
    const std::uint16_t port = first->http_port();
    CHECK_THROWS_AS(Node<>({.id = "bob", .http = {.port = port}}), std::runtime_error);
    first.reset();
    CHECK(Node<>({.id = "bob", .http = {.port = port}}).http_port() == port);
}

TEST_CASE("A node starts and stops a thousand times and still gossips", "[node]") {
    Pair pair;
    pair.bob.register_handler<std::string>("text", [&](const std::string& text) { pair.inbox.put(text); });
    for (int i = 0; i < 1'000; ++i) {
        pair.start();
        pair.alice.stop();
        pair.bob.stop();
    }
    CHECK_FALSE(pair.alice.running());
    pair.start();
    CHECK(pair.alice.running());
    CHECK(pair.alice.broadcast("text", std::string("hello")));
    CHECK(pair.inbox.wait_for(1));
}

TEST_CASE("The process-wide node comes and goes a thousand times", "[node]") {
    CHECK(get_gossip_protocol() == nullptr);
    const auto nobody = [] { return PeerList(); };
    for (int i = 0; i < 1'000; ++i) {
        ProcessWideNode& node = init_gossip_protocol(Config{}, "alice", nobody);
        REQUIRE(get_gossip_protocol() == &node);
        node.start();
        REQUIRE(node.broadcast("text", std::string("alone")));
        shutdown_gossip_protocol();
        REQUIRE(get_gossip_protocol() == nullptr);
    }
    shutdown_gossip_protocol();  // none: no error
}

TEST_CASE("The process-wide node gets its peers from a function", "[node]") {
    Inbox inbox;
    Node<> bob{{.id = "bob"}};
    bob.register_handler<std::string>("text", [&](const std::string& text) { inbox.put(text); });
    bob.start();
    init_gossip_protocol(Config{}, "alice", [&] { return std::vector<Peer>{peer_of(bob)}; }).start();
    CHECK_THROWS_AS(init_gossip_protocol(Config{}, "carol", [] { return PeerList(); }), std::logic_error);
    CHECK(get_gossip_protocol()->id() == "alice");
    CHECK(get_gossip_protocol()->broadcast("text", std::string("hello")));
    CHECK(inbox.wait_for(1));
    shutdown_gossip_protocol();
}
