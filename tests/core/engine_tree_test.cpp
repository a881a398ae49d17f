// Trees: what the engine does with routes, acknowledgements and silence.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/engine.hpp>

#include "support/catch.hpp"
#include "support/engine_time.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

Peer peer(int number) { return Peer("node-" + std::to_string(number), "memory://node-" + std::to_string(number)); }

struct Sent {
    Push push;
    Peer to;
};

/// One engine, node 0, that knows nodes 1 to `others`.
struct Node {
    explicit Node(int others, bool reliable, const std::function<void(Config&)>& adjust = {})
        : engine(settings(adjust), peer(0), 1) {
        std::vector<Peer> list;
        for (int i = 1; i <= others; ++i) {
            list.push_back(peer(i));
        }
        peers = PeerList(std::move(list));
        engine.rely_on_transport(reliable);
        engine.start(now);
        engine.peers_changed(peers, now);
    }

    static std::shared_ptr<const Config> settings(const std::function<void(Config&)>& adjust) {
        Config config;
        config.node_id = "shared";
        config.enable_anti_entropy = false;
        if (adjust) {
            adjust(config);
        }
        REQUIRE_FALSE(validate(config).has_value());
        return std::make_shared<const Config>(config);
    }

    PublishOutcome publish(const std::string& payload = "news") {
        return engine.publish("t", as_bytes(payload), {}, now, effects);
    }
    void receive(const Peer& from, Frame frame) {
        engine.receive(from, std::move(frame), now, effects);
        while (!effects.offers.empty()) {
            const Ticket ticket = effects.offers.back().ticket;
            effects.offers.pop_back();
            engine.conclude(ticket, Conclusion::accepted, now, effects);
        }
    }
    void acknowledge(const Sent& sent) {
        receive(sent.to, Acknowledge{{{sent.push.message.key().word(0), sent.push.route.copy}}});
    }
    /// Lets time pass, with everything that becomes due on the way.
    void advance(Duration by) { test::advance(engine, now, by, effects); }
    /// The pushes since the last call.
    std::vector<Sent> pushes() {
        std::vector<Sent> out;
        each<Push>([&](const Push& push, const Peer& to) { out.push_back({push, to}); });
        effects.clear();
        return out;
    }
    template <typename F, typename Use>
    void each(Use&& use) const {
        for (const auto& send : effects.sends) {
            if (const auto* frame = std::get_if<F>(&send.frame)) {
                for (const Peer& to : effects.targets_of(send)) {
                    use(*frame, to);
                }
            }
        }
    }
    template <typename F>
    [[nodiscard]] std::vector<Peer> receivers_of() const {
        std::vector<Peer> out;
        each<F>([&](const F&, const Peer& to) { out.push_back(to); });
        return out;
    }

    Now now{TimePoint{1h}, WallTime{std::chrono::hours{24 * 365 * 53}}};
    PeerList peers;
    Engine engine;
    Effects effects;
};

/// How many of the peers are reached when everybody does as the pushes say.
std::size_t covered(const PeerList& peers, const std::vector<Sent>& pushes) {
    std::set<std::string> reached;
    for (const Sent& sent : pushes) {
        reached.insert(std::string(sent.to.id()));
        for (const Peer& each : peers) {
            if (sent.push.route.slice.contains(each.hash())) {
                reached.insert(std::string(each.id()));
            }
        }
    }
    return reached.size();
}

Push pushed(const Message& message, Slice slice, bool acknowledge = true) {
    return {message, {5, 1}, {Course::slice, acknowledge, 0, 0, 1, 0, slice}};
}

}  // namespace

/// Finds no difference, ever.
struct Content : Reconciler {
    void held(const Message&, std::uint32_t) override {}
    void released(const Message&, std::uint32_t) override {}
    void attach(const MessageCache&, std::uint64_t) override {}
    Bytes begin(WallTime) override { return {}; }
    Progress take(ByteView, WallTime) override { return {Progress::State::complete}; }
    std::optional<Bytes> answer(ByteView, WallTime) override { return {}; }
    [[nodiscard]] std::vector<std::uint32_t> named(ByteView, std::size_t) const override { return {}; }
};

TEST_CASE("in a small cluster the origin reaches everybody itself, once, and announces nothing") {
    Node node(8, true, [](Config& config) { config.enable_anti_entropy = true; });
    node.engine.reconcile_with(std::make_unique<Content>());
    node.advance(12s);  // What a node asks when it starts is over.
    node.effects.clear();
    const PublishOutcome outcome = node.publish();
    CHECK(outcome.status == PublishOutcome::Status::sent);
    CHECK(outcome.peers == 8);
    CHECK(node.effects.sends.size() == 1);  // One frame for all, so encoded once.
    const auto pushes = node.pushes();
    CHECK(pushes.size() == 8);
    CHECK(covered(node.peers, pushes) == 8);
    for (const Sent& sent : pushes) {
        CHECK(sent.push.route.slice.empty());
        CHECK_FALSE(sent.push.route.acknowledge);
    }
    const std::uint64_t before = node.engine.statistics().syncs_started;
    node.advance(1s);
    CHECK(node.receivers_of<Announce>().empty());
    CHECK(node.engine.statistics().syncs_started == before + 1);  // A look whether all arrived comes soon.
}

TEST_CASE("in a larger network every peer is in the hands of exactly one child") {
    Node node(500, true);
    node.publish();
    const auto pushes = node.pushes();
    CHECK(pushes.size() <= 32);
    CHECK(covered(node.peers, pushes) == 500);
    std::size_t behind = 0;
    for (const Sent& sent : pushes) {
        CHECK(sent.push.route.acknowledge == !sent.push.route.slice.empty());
        behind += range_of(node.peers, sent.push.route.slice).size;
    }
    const auto leaves =
        std::count_if(pushes.begin(), pushes.end(), [](const Sent& sent) { return sent.push.route.slice.empty(); });
    CHECK(behind + static_cast<std::size_t>(leaves) == 500);  // A child is in its own slice, and in no other.
}

TEST_CASE("a received branch is passed on, acknowledged, and never sent back") {
    Node node(300, true);
    const Slice slice = Slice::all_but(peer(7).hash());
    node.receive(peer(7), pushed(test::message("m", "node-7", node.now.wall), slice));
    CHECK(node.receivers_of<Acknowledge>() == std::vector<Peer>{peer(7)});
    const auto pushes = node.pushes();
    CHECK(covered(node.peers, pushes) == 299);
    for (const Sent& sent : pushes) {
        CHECK_FALSE(sent.to == peer(7));
        CHECK_FALSE(sent.push.route.slice.contains(peer(0).hash()));
        CHECK(sent.push.envelope.hops == 2);
        CHECK(sent.push.envelope.ttl == 4);
    }
}

TEST_CASE("a second copy of a branch is acknowledged and does nothing, another branch is passed on") {
    Node node(300, true);
    const Message message = test::message("m", "node-7", node.now.wall);
    const std::uint64_t middle = std::uint64_t{1} << 63U;
    node.receive(peer(7), pushed(message, {1, middle}));
    CHECK_FALSE(node.pushes().empty());
    node.receive(peer(7), pushed(message, {1, middle}));
    CHECK(node.receivers_of<Acknowledge>().size() == 1);
    CHECK(node.pushes().empty());
    node.receive(peer(8), pushed(message, {middle, 0}));
    CHECK_FALSE(node.pushes().empty());
    CHECK(node.engine.statistics().duplicates_filtered == 2);
}

TEST_CASE("who has nobody behind it and stays silent is asked, and gets the message when it wants it") {
    Node node(4, false);
    node.publish();
    const auto pushes = node.pushes();
    REQUIRE(pushes.size() == 4);
    for (std::size_t i = 1; i < 4; ++i) {
        CHECK(pushes[i].push.route.acknowledge);
        node.acknowledge(pushes[i]);
    }
    node.advance(250ms);
    CHECK(node.receivers_of<Announce>() == std::vector<Peer>{pushes[0].to});
    node.effects.clear();
    node.receive(pushes[0].to, Request{{pushes[0].push.message.key()}});
    const auto again = node.pushes();
    REQUIRE(again.size() == 1);
    CHECK(again[0].to == pushes[0].to);
    node.acknowledge(again[0]);
    node.advance(400ms);
    CHECK(node.pushes().empty());
}

TEST_CASE("where copies get lost, silence is answered with another copy") {
    Node node(4, false);
    for (int i = 0; i < 20; ++i) {  // Every second copy is acknowledged at the second try only.
        node.publish("m" + std::to_string(i));
        for (const Sent& sent : node.pushes()) {
            if (sent.to == peer(1)) {
                node.acknowledge({{sent.push.message, {}, {Course::slice, true, 0, 0, 2, 0, {}}}, sent.to});
            } else {
                node.acknowledge(sent);
            }
        }
    }
    CHECK(node.engine.statistics().measured_loss > 50);
    node.publish("last");
    node.effects.clear();
    node.advance(300ms);
    const auto again = node.pushes();
    REQUIRE(again.size() >= 4);
    CHECK(again[0].push.route.copy == 2);
    CHECK(node.engine.statistics().pushes_repeated >= 4);
}

TEST_CASE("the branch of a silent node goes to others, who do not try it again") {
    Node node(300, true);
    node.publish();
    const auto pushes = node.pushes();
    const auto silent =
        std::find_if(pushes.begin(), pushes.end(), [](const Sent& sent) { return !sent.push.route.slice.empty(); });
    REQUIRE(silent != pushes.end());
    for (const Sent& sent : pushes) {
        if (!(sent.to == silent->to)) {
            node.acknowledge(sent);
        }
    }
    node.effects.clear();
    node.advance(1s);
    std::vector<Sent> moved;
    for (const Sent& sent : node.pushes()) {
        if (!(sent.to == silent->to)) {
            moved.push_back(sent);
        }
    }
    CHECK(node.engine.statistics().branches_moved == 1);
    CHECK(node.engine.statistics().suspicions == 1);
    std::size_t lacking = 0;
    for (const Peer& each : node.peers) {
        lacking += silent->push.route.slice.contains(each.hash()) && !(each == silent->to) ? 1U : 0U;
    }
    CHECK(lacking > 0);
    CHECK(covered(node.peers, moved) == lacking);
    for (const Sent& sent : moved) {
        CHECK_FALSE(sent.push.route.slice.contains(silent->to.hash()));
    }
}

TEST_CASE("the branch of a node that the transport cannot reach goes to others at once") {
    Node node(300, true);
    node.publish();
    const auto pushes = node.pushes();
    const auto inner =
        std::find_if(pushes.begin(), pushes.end(), [](const Sent& sent) { return !sent.push.route.slice.empty(); });
    REQUIRE(inner != pushes.end());
    node.engine.not_sent(inner->push, inner->to, SendFailure::unreachable, node.now, node.effects);
    const auto moved = node.pushes();
    CHECK(covered(node.peers, moved) == range_of(node.peers, inner->push.route.slice).size - 1);
}

TEST_CASE("a peer that fails after a branch was left to it is replaced") {
    Node node(300, true);
    node.publish();
    const auto pushes = node.pushes();
    const auto inner =
        std::find_if(pushes.begin(), pushes.end(), [](const Sent& sent) { return !sent.push.route.slice.empty(); });
    REQUIRE(inner != pushes.end());
    node.engine.peer_failed(inner->to, node.now, node.effects);
    CHECK(covered(node.peers, node.pushes()) == range_of(node.peers, inner->push.route.slice).size - 1);
}

TEST_CASE("an announcement that asks for an answer gets one for what is known") {
    Node node(4, true);
    const Message message = test::message("m", "node-1", node.now.wall);
    node.receive(peer(1), pushed(message, {}, false));
    node.effects.clear();
    node.receive(peer(2), Announce{{message.key(), test::name(9)}, true});
    CHECK(node.receivers_of<Acknowledge>() == std::vector<Peer>{peer(2)});
    CHECK(node.receivers_of<Request>() == std::vector<Peer>{peer(2)});
}

TEST_CASE("what a peer announces is not sent to it again") {
    Node node(4, false);
    node.publish();
    const auto pushes = node.pushes();
    node.receive(pushes[0].to, Announce{{pushes[0].push.message.key()}});
    for (std::size_t i = 1; i < 4; ++i) {
        node.acknowledge(pushes[i]);
    }
    node.effects.clear();
    node.advance(450ms);
    CHECK(node.effects.empty());
}

TEST_CASE("an announced message that its tree may still bring is asked for later only") {
    Node node(60, false);
    const Message first = test::message("first", "node-1", node.now.wall);
    node.receive(peer(1), pushed(first, {}));  // Trees are at work.
    node.effects.clear();
    const Message second = test::message("second", "node-2", node.now.wall);
    node.receive(peer(3), Announce{{second.key()}});
    CHECK(node.receivers_of<Request>().empty());
    SECTION("it comes") {
        node.receive(peer(2), pushed(second, {}));
        node.effects.clear();
        node.advance(400ms);
        CHECK(node.receivers_of<Request>().empty());
    }
    SECTION("it does not come") {
        node.advance(400ms);
        CHECK(node.receivers_of<Request>() == std::vector<Peer>{peer(3)});
    }
}

TEST_CASE("who never answers is left to anti-entropy in the end") {
    Node node(3, false, [](Config& config) { config.enable_pull = false; });
    node.publish();
    node.advance(10min);
    CHECK(node.engine.next_wake() == TimePoint::max());
    CHECK(node.engine.statistics().payloads_sent >= 3);
    CHECK(node.engine.statistics().payloads_sent < 60);
}

TEST_CASE("a node that spreads rumors still passes a branch on that was left to it") {
    Node node(100, true, [](Config& config) { config.dissemination = Config::Dissemination::rumor; });
    node.receive(peer(7), pushed(test::message("m", "node-7", node.now.wall), Slice::all_but(peer(7).hash())));
    CHECK(covered(node.peers, node.pushes()) == 99);
}

TEST_CASE("a node of a small network passes on what comes from somebody who knows other nodes") {
    Node node(6, true);
    const Message message = test::message("m", "node-1", node.now.wall);
    Push push = pushed(message, {}, false);
    push.route.view = node.peers.view() ^ PeerList::view_of(peer(0).hash());
    SECTION("it knows the same") {
        node.receive(peer(1), push);
        CHECK(node.pushes().empty());
    }
    SECTION("it does not know one of them") {
        push.route.view ^= PeerList::view_of(peer(3).hash());
        node.receive(peer(1), push);
        CHECK_FALSE(node.pushes().empty());
    }
}

TEST_CASE("branches of one message are taken over within the share of the peer") {
    Node node(40, true);
    const Message message = test::message("m", "node-7", node.now.wall);
    node.receive(peer(7), pushed(message, {}, false));
    node.effects.clear();
    constexpr std::uint64_t branches = 5'000;
    for (std::uint64_t i = 1; i <= branches; ++i) {
        node.receive(peer(7), pushed(message, {i << 40U, 0}, false));
    }
    const std::uint64_t with_share = node.engine.statistics().payloads_sent;
    Node trusting(40, true, [](Config& config) {
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
    });
    trusting.receive(peer(7), pushed(message, {}, false));
    for (std::uint64_t i = 1; i <= branches; ++i) {
        trusting.receive(peer(7), pushed(message, {i << 40U, 0}, false));
    }
    CHECK(with_share > 0);
    CHECK(with_share * 5 < trusting.engine.statistics().payloads_sent);  // 400 of 5,000: two seconds' worth.
}

TEST_CASE("what peers say of round trips is heeded within reason") {
    for (const std::uint16_t lie : {std::uint16_t{1}, std::uint16_t{0xffff}}) {
        Node node(6, false);
        Push push = pushed(test::message("m", "node-1", node.now.wall), {}, false);
        push.route.round_trip = lie;
        push.route.loss = 255;
        node.receive(peer(1), push);
        node.effects.clear();
        node.publish();
        node.advance(12ms);
        CHECK(node.pushes().size() == 6);  // No storm of copies.
        node.advance(900ms);
        CHECK_FALSE(node.pushes().empty());  // And repair goes on.
    }
}
