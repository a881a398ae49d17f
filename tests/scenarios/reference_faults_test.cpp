#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace lattice;
using namespace lattice::testing;
using namespace std::chrono_literals;

/// The protocol that this library re-creates has fifteen known faults. One scenario for each shows that this one does not
/// have it. The fourteenth, a connection per request, is a matter of transport/http and tested there.
namespace {

/// Somebody on the network who is no node: it says what the test makes it say, and keeps what it is told.
struct Stranger {
    Stranger(World& in, const std::string& id) : world(in), self(id, "memory:" + id), transport(in.network, self) {
        transport.open({[this](const Peer&, Frame frame) {
                            heard.push_back(std::move(frame));
                            return Receipt{};
                        },
                        nullptr});
    }

    void say(const Frame& frame, std::size_t to) {
        SendStatus status{};
        transport.send(frame, std::span(&world[to].self, 1), std::span(&status, 1));
    }

    template <typename Kind>
    [[nodiscard]] std::vector<Kind> all_heard() const {
        std::vector<Kind> found;
        for (const Frame& frame : heard) {
            if (const auto* kind = std::get_if<Kind>(&frame)) {
                found.push_back(*kind);
            }
        }
        return found;
    }

    World& world;
    Peer self;
    MemoryTransport<ManualClock> transport;
    std::vector<Frame> heard;
};

/// A message as an honest node of the name `origin` would have made it.
Message message_of(World& world, const std::string& payload, const std::string& origin = "elsewhere") {
    MessageFields fields;
    fields.type = "note";
    fields.origin = origin;
    fields.payload = as_bytes(payload);
    fields.timestamp = world.clock.wall();
    return Message::compose(fields);
}

/// The packets of one kind that a node sent.
template <typename Kind>
std::vector<MemoryPacket> sent_by(World& world, std::size_t node) {
    std::vector<MemoryPacket> found;
    for (const auto& packet : world.network.log()) {
        if (packet.from == world[node].self && std::holds_alternative<Kind>(packet.frame)) {
            found.push_back(packet);
        }
    }
    return found;
}

TEST_CASE("Fault 1: a backlog does not leave one message per round", "[scenario]") {
    World world(8);
    world.run(1s);
    world.network.record(true);
    const TimePoint start = world.clock.now();
    for (int i = 0; i < 100; ++i) {
        REQUIRE(world[0].broadcast("burst " + std::to_string(i)));
    }
    CHECK(sent_by<Push>(world, 0).size() == 100 * 7);
    CHECK(world.network.log().back().time == start);
    CHECK(world[0].statistics().pending_messages == 0);

    world.run(2 * quick_config().gossip_interval + 1ms);
    for (int i = 0; i < 100; ++i) {
        LATTICE_SHOW(i);
        CHECK(world.all_received("burst " + std::to_string(i), 0));
    }
}

/// How many of `messages` reach all of 50 nodes within two seconds after they were sent, without anti-entropy.
int complete_within_two_seconds(bool pull, int messages) {
    Config config;  // the reference's settings: fanout 3, rounds of half a second
    config.dissemination = Config::Dissemination::rumor;
    config.enable_anti_entropy = false;
    config.enable_pull = pull;
    World world(50, config);
    int complete = 0;
    for (int i = 0; i < messages; ++i) {
        const std::string payload = "message " + std::to_string(i);
        world[0].broadcast(payload);
        complete += world.run_until_all_received(payload, 0, 2s) ? 1 : 0;
    }
    return complete;
}

TEST_CASE("Fault 2: whom pushing misses does not wait for anti-entropy", "[scenario]") {
    CHECK(complete_within_two_seconds(false, 20) < 20);  // fanout 3 alone does not reach 50 nodes each time
    CHECK(complete_within_two_seconds(true, 20) == 20);
}

TEST_CASE("Fault 3: a message that was evicted is not processed again", "[scenario]") {
    Config config = quick_config();
    config.message_cache_size = 10;
    World world(4, config);
    const Message early = message_of(world, "early");
    Stranger stranger(world, "stranger");
    stranger.say(Push{early, {10, 1}}, 0);
    world.run(1s);
    REQUIRE(world.all_received("early", 99));

    for (int i = 0; i < 50; ++i) {
        stranger.say(Push{message_of(world, "filler " + std::to_string(i)), {1, 1}}, 0);
        world.clock.run_ready();
    }
    REQUIRE(world[0].held().count(early.key()) == 0);
    REQUIRE(world[0].statistics().cached_messages == 10);

    world.network.record(true);
    stranger.say(Push{early, {10, 1}}, 0);
    world.clock.run_ready();
    CHECK(world[0].times_received("early") == 1);
    CHECK(world[0].statistics().duplicates_filtered > 0);
    CHECK(sent_by<Push>(world, 0).empty());
}

TEST_CASE("Fault 4: a message without hops left can still be fetched", "[scenario]") {
    World world(3);
    world.knows(0, {1});
    world.knows(1, {0, 2});
    world.knows(2, {1});
    BroadcastOptions one_hop;
    one_hop.ttl = 1;
    world[0].protocol->broadcast("note", std::string("far"), std::move(one_hop));
    world.clock.run_ready();
    CHECK(world[1].times_received("far") == 1);
    CHECK(world[2].times_received("far") == 0);

    REQUIRE(world.run_until_all_received("far", 0, 10s));
    CHECK(world[2].received.front().retrieved);
}

TEST_CASE("Fault 5: what is served does not depend on when it is asked for", "[scenario]") {
    World world(6);
    Stranger early(world, "early");
    Stranger late(world, "late");
    const MessageId id = world[0].broadcast("constant").id;
    early.say(Request{{id}, Naming::keys}, 0);
    world.run(5s);
    late.say(Request{{id}, Naming::keys}, 0);
    world.clock.run_ready();

    REQUIRE(early.all_heard<Provide>().size() == 1);
    REQUIRE(late.all_heard<Provide>().size() == 1);
    CHECK(encode(early.heard.back()) == encode(late.heard.back()));
    for (std::size_t i = 0; i < world.size(); ++i) {
        CHECK(world[i].held() == std::set<MessageId>{id});
    }
}

TEST_CASE("Fault 6: naming an id first does not suppress the true message", "[scenario]") {
    Config config = quick_config();
    config.foreign_ids = GENERATE(Config::ForeignIds::accept, Config::ForeignIds::refuse);
    World world(4, config);
    Stranger liar(world, "liar");
    Stranger honest(world, "honest");
    const Message truth = message_of(world, "truth");
    MessageFields fields = truth.fields();
    fields.payload = as_bytes("a lie under the same id");
    const Message lie = Message::claimed(truth.id(), fields);

    for (std::size_t node = 0; node < world.size(); ++node) {
        liar.say(Push{lie, {10, 1}}, node);
    }
    world.run(1s);
    honest.say(Push{truth, {10, 1}}, 0);
    CHECK(world.run_until_all_received("truth", 99, 5s));
}

TEST_CASE("Fault 7: what is signed does not change on the way", "[scenario]") {
    World world(4);
    for (std::size_t i = 0; i < 4; ++i) {
        world.knows(i, i == 3 ? std::vector<std::size_t>{2} : std::vector<std::size_t>{i + 1});
    }
    world.network.record(true);
    const std::string key(ceiling::public_key, 'k');
    const std::string signature(ceiling::signature, 's');
    MessageFields fields{"note", "author", as_bytes("signed"), world.clock.wall()};
    fields.public_key = as_bytes(key);
    fields.signature = as_bytes(signature);
    const Message original = Message::compose(fields);
    Stranger author(world, "author");
    author.say(Push{original, {10, 0}}, 0);
    world.clock.run_ready();

    std::set<unsigned> ttls;
    for (const auto& packet : world.network.log()) {
        if (const auto* push = std::get_if<Push>(&packet.frame)) {
            ttls.insert(push->envelope.ttl);
            CHECK(push->message.id() == original.id());
            CHECK(Message::content_hash(push->message.fields()) == original.id());
            CHECK(as_text(push->message.signature()) == signature);
            CHECK(as_text(push->message.public_key()) == key);
        }
    }
    CHECK(ttls == std::set<unsigned>{7, 8, 9, 10});
    CHECK(world[3].times_received("signed") == 1);
}

TEST_CASE("Fault 8: no list of who has seen a message travels with it", "[scenario]") {
    Config config = quick_config();
    config.dissemination = Config::Dissemination::rumor;
    World world(8, config);
    world.network.record(true);
    world[0].broadcast("spread the word");
    REQUIRE(world.run_until_all_received("spread the word", 0, 10s));
    std::map<std::size_t, std::size_t> pushes_of_size;
    std::set<unsigned> hops;
    for (const auto& packet : world.network.log()) {
        if (const auto* push = std::get_if<Push>(&packet.frame)) {
            ++pushes_of_size[packet.size];
            hops.insert(push->envelope.hops);
        }
    }
    CHECK(hops.size() > 1);
    CHECK(pushes_of_size.size() == 1);  // as long after its last hop as after its first
}

TEST_CASE("Fault 9: timestamps from the future do not pin the cache", "[scenario]") {
    Config config = quick_config();
    config.message_cache_size = 5;
    World world(2, config);
    Stranger liar(world, "liar");
    const auto from_future = [&](Duration lead, int number) {
        const std::string payload = "from the future " + std::to_string(number);
        MessageFields fields{"note", "liar", as_bytes(payload),
                             world.clock.wall() + std::chrono::duration_cast<std::chrono::microseconds>(lead)};
        liar.say(Push{Message::compose(fields), {1, 1}}, 0);
        world.clock.run_ready();
    };
    for (int i = 0; i < 20; ++i) {
        from_future(config.limits.clock_lead_max - 1s, i);
    }
    REQUIRE(world[0].statistics().cached_messages == 5);
    const MessageId honest = world[1].broadcast("of today").id;
    world.clock.run_ready();
    CHECK(world[0].held().count(honest) == 1);
    CHECK(world[0].statistics().cached_messages == 5);

    from_future(config.limits.clock_lead_max + 1h, 99);
    CHECK(world[0].times_received("from the future 99") == 0);
    CHECK(world[0].statistics().refusals(Refusal::from_future) == 1);
}

TEST_CASE("Fault 10: ttl, payloads, names and queues have limits", "[scenario]") {
    World world(2);
    Stranger stranger(world, "stranger");

    SECTION("a ttl beyond the ceiling is cut") {
        world.network.record(true);
        stranger.say(Push{message_of(world, "for ever"), {255, 0}}, 0);
        world.clock.run_ready();
        const auto pushes = sent_by<Push>(world, 0);
        REQUIRE(!pushes.empty());
        CHECK(std::get<Push>(pushes[0].frame).envelope.ttl < ceiling::hops);
    }
    SECTION("a payload beyond the limit is refused, by sender and receiver") {
        const std::string huge(Limits{}.payload_max + 1, 'x');
        CHECK(world[0].broadcast(huge).status == PublishOutcome::Status::too_large);
        stranger.say(Push{message_of(world, huge), {10, 0}}, 0);
        world.run(1s);
        CHECK(world[0].received.empty());
        CHECK(world[0].held().empty());
    }
    SECTION("announced names are fetched within bounds") {
        Announce announce;
        announce.names.resize(5'000);
        for (std::size_t i = 0; i < announce.names.size(); ++i) {
            announce.names[i].bytes[0] = static_cast<std::byte>(i);
            announce.names[i].bytes[1] = static_cast<std::byte>(i >> 8U);
            announce.names[i].bytes[2] = std::byte{1};
        }
        stranger.say(announce, 0);
        world.clock.run_ready();
        std::size_t asked = 0;
        for (const auto& request : stranger.all_heard<Request>()) {
            asked += request.names.size();
        }
        CHECK(asked > 0);
        CHECK(asked <= Limits{}.fetches_in_flight_per_peer);
    }
    SECTION("a slow validator sheds load, per peer") {
        world[0].protocol->register_default_validator([](const Delivery&) { return Verdict::deferred; });
        const std::size_t most = Limits{}.validations_per_peer;
        for (std::size_t i = 0; i < most + 10; ++i) {
            stranger.say(Push{message_of(world, "waits " + std::to_string(i)), {1, 0}}, 0);
        }
        world.clock.run_ready();
        CHECK(world[0].statistics().pending_messages == most);
        CHECK(world[0].statistics().refusals(Refusal::overloaded) == 10);
        world[1].broadcast("from another peer");
        world.clock.run_ready();
        CHECK(world[0].statistics().pending_messages == most + 1);
    }
}

TEST_CASE("Fault 11: fetches go in batches, and a peer that does not answer stalls none", "[scenario]") {
    World world(3);
    std::vector<Message> messages;
    Announce announce;
    for (int i = 0; i < 50; ++i) {
        messages.push_back(message_of(world, "missed " + std::to_string(i)));
        announce.names.push_back(messages.back().key());
    }
    Stranger mute(world, "mute");
    Stranger helpful(world, "helpful");
    mute.say(announce, 0);
    helpful.say(announce, 0);
    world.clock.run_ready();
    CHECK(mute.all_heard<Request>().size() + helpful.all_heard<Request>().size() <= 2);

    std::size_t answered = 0;
    const bool complete = world.clock.run_until(
        [&] {
            for (; answered < helpful.heard.size(); ++answered) {
                if (const auto* request = std::get_if<Request>(&helpful.heard[answered])) {
                    for (const Message& message : messages) {
                        for (const MessageId& name : request->names) {
                            if (name == message.key()) {
                                helpful.say(Provide{message, {0, 3}}, 0);
                            }
                        }
                    }
                }
            }
            return world[0].received.size() == messages.size();
        },
        Limits{}.fetch_timeout + 1s);
    CHECK(complete);
}

TEST_CASE("Fault 12: an answer that is not what was asked for changes nothing", "[scenario]") {
    World world(2);
    world.knows(0, {});
    const Message wanted = message_of(world, "wanted");
    Stranger liar(world, "liar");
    liar.say(Announce{{wanted.key()}}, 0);
    world.clock.run_ready();
    REQUIRE(liar.all_heard<Request>().size() == 1);

    SECTION("another message") { liar.say(Provide{message_of(world, "unwanted"), {0, 1}}, 0); }
    SECTION("another message under the name that was asked for") {
        MessageFields fields = wanted.fields();
        fields.payload = as_bytes("unwanted");
        liar.say(Provide{Message::claimed(wanted.id(), fields), {0, 1}}, 0);
    }
    world.clock.run_ready();
    CHECK(world[0].held().count(wanted.key()) == 0);

    Stranger honest(world, "honest");
    honest.say(Push{wanted, {1, 1}}, 0);
    world.clock.run_ready();
    CHECK(world[0].times_received("wanted") == 1);
}

TEST_CASE("Fault 13: a message whose handler threw comes again", "[scenario]") {
    World world(3);
    int calls = 0;
    int done = 0;
    world[2].protocol->register_handler("note", [&](const Delivery&) {
        if (++calls == 1) {
            throw std::runtime_error("the host's storage is full");
        }
        ++done;
    });
    world[0].broadcast("important");
    CHECK(world.clock.run_until([&] { return done == 1; }, 10s));
    CHECK(world[2].statistics().refusals(Refusal::failed) == 1);
    world.run(10s);
    CHECK(calls == 2);
}

TEST_CASE("Fault 15: addresses come from the host alone", "[scenario]") {
    World world(3);
    world.knows(0, {1});
    Stranger stranger(world, "stranger");
    world.network.record(true);
    for (int i = 0; i < 20; ++i) {
        stranger.say(Push{message_of(world, "from a stranger " + std::to_string(i)), {10, 0}}, 0);
        world[0].broadcast("to friends " + std::to_string(i));
    }
    world.run(30s);
    CHECK(world[0].received.size() >= 20);
    std::set<std::string> contacted;
    for (const auto& packet : world.network.log()) {
        const bool of_its_own_accord = std::holds_alternative<Push>(packet.frame) ||
                                       std::holds_alternative<Announce>(packet.frame) ||
                                       std::holds_alternative<SyncRequest>(packet.frame);
        if (packet.from == world[0].self && of_its_own_accord) {
            contacted.emplace(packet.to.id());
        }
    }
    CHECK(contacted == std::set<std::string>{"n1"});
}

}  // namespace
