#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lattice/clock/manual.hpp>
#include <lattice/core/gossip_protocol.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

/// Records what is sent, and lets the test say what the transport says.
struct RecordingTransport {
    struct Sent {
        std::string to;
        Frame frame;
    };
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        ++calls;
        for (std::size_t i = 0; i < peers.size(); ++i) {
            statuses[i] = answer;
            sent.push_back({std::string(peers[i].id()), frame});
        }
    }
    void open(TransportEvents callbacks) { events = std::move(callbacks); }
    void close() { events = {}; }

    std::vector<Sent> sent;
    TransportEvents events;
    SendStatus answer{SendStatus::sent};
    int calls{0};
};
static_assert(Transport<RecordingTransport>);

/// A source that can be told to change, and counts how often it is asked.
struct ListSource {
    std::vector<Peer> peers() {
        ++asked;
        return list;
    }
    std::vector<Peer> list;
    int asked{0};
};

struct NotifyingSource {
    PeerList peers() const { return list; }
    void on_change(Callback<void()> callback) { changed = std::move(callback); }
    PeerList list;
    Callback<void()> changed;
};

struct Host {
    using Protocol = GossipProtocol<RecordingTransport, ManualClock, ListSource>;

    explicit Host(Config config = named("self")) : gossip(transport, clock, source, std::move(config), 1) {
        source.list = {Peer("a", "memory://a"), Peer("b", "memory://b")};
    }
    static Config named(const std::string& id) {
        Config config;
        config.node_id = id;
        return config;
    }
    Message message(const std::string& payload, std::string_view type = "proof") {
        return test::message(payload, "a", clock.wall(), type);
    }
    Receipt push(const Message& message) {
        return transport.events.received(Peer("a", "memory://a"), Push{message, {5, 1}});
    }

    ManualClock clock;
    RecordingTransport transport;
    ListSource source;
    Protocol gossip;
};

}  // namespace

TEST_CASE("a setting that cannot work stops construction and is named") {
    Config config = Host::named("self");
    config.message_ttl = 0;
    try {
        const Host host(config);
        FAIL("constructed");
    } catch (const ConfigError& error) {
        CHECK(error.field() == "message_ttl");
    }
}

TEST_CASE("a frame is handed to the transport once for all its peers") {
    Host host;
    host.gossip.start();
    const PublishOutcome outcome = host.gossip.broadcast("proof", std::string("payload"));
    CHECK(outcome.status == PublishOutcome::Status::sent);
    CHECK(outcome.peers == 2);
    CHECK(host.transport.calls == 1);
    CHECK(host.transport.sent.size() == 2);
}

TEST_CASE("publishing reports what the transport said") {
    using Status = PublishOutcome::Status;
    Host host;
    CHECK(host.gossip.broadcast("proof", Bytes{}).status == Status::not_running);
    host.gossip.start();
    host.transport.answer = SendStatus::busy;
    CHECK(host.gossip.broadcast("proof", Bytes{}).status == Status::busy);
    host.transport.answer = SendStatus::unreachable;
    const PublishOutcome unreachable = host.gossip.broadcast("proof", Bytes{});
    CHECK(unreachable.status == Status::no_peers);
    CHECK(static_cast<bool>(unreachable));
    CHECK(host.gossip.broadcast("bad type", Bytes{}).status == Status::bad_type);
    CHECK(host.gossip.statistics().sends_busy == 2);
    CHECK(host.gossip.statistics().sends_unreachable == 2);
    CHECK(host.gossip.statistics().messages_sent == 2);
}

TEST_CASE("handlers get messages of their type, the default handler the rest") {
    Host host;
    std::vector<std::string> seen;
    host.gossip.register_handler("proof", [&](const Delivery& delivery) {
        seen.push_back("proof:" + std::string(as_text(delivery.message.payload())));
        CHECK(delivery.message.origin() == "a");
        CHECK(delivery.from.id() == "a");
        CHECK(delivery.envelope.hops == 1);
        CHECK_FALSE(delivery.retrieved);
    });
    host.gossip.register_default_handler(
        [&](const Delivery& delivery) { seen.push_back("default:" + std::string(delivery.message.type())); });
    host.gossip.start();
    CHECK(host.push(host.message("1")).disposition == Disposition::accepted);
    CHECK(host.push(host.message("2", "state_update")).disposition == Disposition::accepted);
    CHECK(seen == std::vector<std::string>{"proof:1", "default:state_update"});
}

TEST_CASE("a typed handler gets the value, and a payload that is none makes the message invalid") {
    Host host;
    std::vector<int> values;
    host.gossip.register_handler<std::string>(
        "text", [&](const std::string& value) { values.push_back(static_cast<int>(value.size())); });
    host.gossip.start();
    CHECK(host.push(host.message("four", "text")).disposition == Disposition::accepted);
    CHECK(values == std::vector<int>{4});
}

TEST_CASE("a handler may broadcast, and its frames go out after the message was taken") {
    Host host;
    std::optional<PublishOutcome> answer;
    host.gossip.register_handler("proof",
                                 [&](const Delivery&) { answer = host.gossip.broadcast("ack", std::string("seen")); });
    host.gossip.start();
    host.push(host.message("payload"));
    REQUIRE(answer.has_value());
    CHECK(answer->status == PublishOutcome::Status::sent);
    int acks = 0;
    int forwarded = 0;
    for (const auto& sent : host.transport.sent) {
        const Message* message = message_of(sent.frame);
        acks += message != nullptr && message->type() == "ack" ? 1 : 0;
        forwarded += message != nullptr && message->type() == "proof" ? 1 : 0;
    }
    CHECK(acks == 2);
    CHECK(forwarded == 1);
}

// Fault 13 of the reference.
TEST_CASE("a handler that throws loses nothing: the message is not forwarded, and may come again") {
    Host host;
    int calls = 0;
    host.gossip.register_handler("proof", [&](const Delivery&) {
        if (++calls == 1) {
            throw std::runtime_error("first time");
        }
    });
    host.gossip.start();
    const Message message = host.message("payload");
    const Receipt failed = host.push(message);
    CHECK(failed.disposition == Disposition::refused);
    CHECK(failed.refusal == Refusal::failed);
    CHECK(host.transport.sent.empty());
    CHECK(host.push(message).disposition == Disposition::accepted);
    CHECK(host.push(message).disposition == Disposition::duplicate);
    CHECK(calls == 2);
}

TEST_CASE("validators accept, reject, ignore, throw and defer") {
    Host host;
    std::map<std::string, Verdict> verdicts{{"good", Verdict::accept},
                                            {"bad", Verdict::reject},
                                            {"unsure", Verdict::ignore},
                                            {"later", Verdict::deferred},
                                            {"never", Verdict::deferred}};
    std::vector<std::string> delivered;
    host.gossip.register_validator("proof", [&](const Delivery& delivery) {
        const auto found = verdicts.find(std::string(as_text(delivery.message.payload())));
        if (found == verdicts.end()) {
            throw std::runtime_error("no verdict");
        }
        return found->second;
    });
    host.gossip.register_handler(
        "proof", [&](const Delivery& delivery) { delivered.emplace_back(as_text(delivery.message.payload())); });
    host.gossip.start();
    CHECK(host.push(host.message("good")).disposition == Disposition::accepted);
    CHECK(host.push(host.message("bad")).refusal == Refusal::rejected);
    CHECK(host.push(host.message("unsure")).refusal == Refusal::ignored);
    CHECK(host.push(host.message("throws")).refusal == Refusal::failed);
    const Message later = host.message("later");
    const Message never = host.message("never");
    CHECK(host.push(later).disposition == Disposition::pending);
    CHECK(host.push(never).disposition == Disposition::pending);
    CHECK(host.gossip.statistics().pending_messages == 2);
    CHECK(delivered == std::vector<std::string>{"good"});
    host.gossip.resolve(later.key(), Verdict::deferred);
    CHECK(delivered.size() == 1);
    host.gossip.resolve(later.key(), Verdict::accept);
    host.gossip.resolve(later.key(), Verdict::accept);
    host.gossip.resolve(never.key(), Verdict::reject);
    CHECK(delivered == std::vector<std::string>{"good", "later"});
    CHECK(host.gossip.statistics().pending_messages == 0);
    const Statistics s = host.gossip.statistics();
    CHECK(s.messages_received == s.delivered + s.duplicates_filtered + s.refusals());
}

TEST_CASE("a source that does not tell of changes is asked now and then, not for every message") {
    Host host;
    host.gossip.start();
    CHECK(host.source.asked == 1);
    for (int i = 0; i < 100; ++i) {
        host.gossip.broadcast("proof", Bytes{});
    }
    CHECK(host.source.asked == 1);
    host.source.list.emplace_back("c", "memory://c");
    host.clock.advance(1s);
    CHECK(host.gossip.broadcast("proof", Bytes{}).peers == 3);
}

TEST_CASE("a source that tells of changes is heard") {
    ManualClock clock;
    RecordingTransport transport;
    NotifyingSource source;
    GossipProtocol gossip(transport, clock, source, Host::named("self"), 1);
    gossip.start();
    CHECK(gossip.broadcast("proof", Bytes{}).status == PublishOutcome::Status::no_peers);
    source.list = PeerList({Peer("a", "memory://a")});
    source.changed();
    CHECK(gossip.broadcast("proof", Bytes{}).peers == 1);
    gossip.stop();
    CHECK_FALSE(source.changed);
}

TEST_CASE("starting and stopping may be repeated, and nothing is lost") {
    Host host;
    int delivered = 0;
    host.gossip.register_default_handler([&](const Delivery&) { ++delivered; });
    const Message message = host.message("payload");
    for (int i = 0; i < 1'000; ++i) {
        host.gossip.start();
        host.gossip.start();
        CHECK(host.push(message).disposition == (i == 0 ? Disposition::accepted : Disposition::duplicate));
        host.clock.advance(10ms);
        host.gossip.stop();
        host.gossip.stop();
    }
    CHECK(delivered == 1);
    host.clock.advance(1h);
    CHECK(host.gossip.engine().cache().size() == 1);
}

TEST_CASE("a handler may stop the protocol") {
    Host host;
    host.gossip.register_default_handler([&](const Delivery&) { host.gossip.stop(); });
    host.gossip.start();
    host.push(host.message("payload"));
    CHECK_FALSE(host.gossip.running());
    CHECK(host.gossip.engine().cache().size() == 1);
}

TEST_CASE("other threads may broadcast and look; what is wrong they learn at once") {
    using Status = PublishOutcome::Status;
    Host host;
    host.gossip.start();
    std::optional<PublishOutcome> outcome;
    std::optional<std::size_t> cached;
    std::thread other([&] {
        CHECK(host.gossip.broadcast("bad type", Bytes{}).status == Status::bad_type);
        CHECK(host.gossip.broadcast("proof", Bytes(std::string(300'000, 'x'))).status == Status::too_large);
        BroadcastOptions options;
        options.outcome = [&](const PublishOutcome& told) { outcome = told; };
        CHECK(host.gossip.broadcast("proof", Bytes{}, std::move(options)).status == Status::posted);
        host.gossip.inspect([&](const Engine& engine) { cached = engine.cache().size(); });
    });
    other.join();
    CHECK_FALSE(outcome.has_value());
    host.clock.run_ready();
    REQUIRE(outcome.has_value());
    CHECK(outcome->status == Status::sent);
    CHECK(cached == 1);
}

TEST_CASE("posted broadcasts are bounded") {
    Config config = Host::named("self");
    config.limits.posted_max = 10;
    Host host(config);
    host.gossip.start();
    int overloaded = 0;
    std::thread other([&] {
        for (int i = 0; i < 15; ++i) {
            overloaded += host.gossip.broadcast("proof", Bytes{}).status == PublishOutcome::Status::overloaded;
        }
    });
    other.join();
    CHECK(overloaded == 5);
    host.clock.run_ready();
    CHECK(host.gossip.statistics().messages_sent == 10);
}

TEST_CASE("what was posted to an object that is gone does nothing") {
    ManualClock clock;
    RecordingTransport transport;
    ListSource source;
    auto gossip = std::make_unique<Host::Protocol>(transport, clock, source, Host::named("self"), 1);
    gossip->start();
    std::thread other([&] { gossip->broadcast("proof", Bytes{}); });
    other.join();
    gossip.reset();
    clock.advance(1h);
    CHECK(transport.sent.empty());
}

TEST_CASE("an idle node with nobody to talk to holds one timer") {
    Host host;
    host.source.list.clear();
    host.gossip.start();
    int wakes = 0;
    for (const TimePoint end = host.clock.now() + 1h; host.clock.now() < end; ++wakes) {
        REQUIRE(host.clock.run_next());
    }
    CHECK(wakes <= 3600 / 15 + 1);
    CHECK(wakes >= 3600 / 45);
}
