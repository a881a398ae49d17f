// Overlays: what the engine does with links, heralds, grafts and prunes.

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/engine.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using lattice::test::name;
using Dissemination = Config::Dissemination;

namespace {

Peer peer(int number) { return Peer("node-" + std::to_string(number), "memory://node-" + std::to_string(number)); }

/// One engine, node 0, that knows nodes 1 to 20 as a part of its network.
struct Node {
    explicit Node(Dissemination dissemination = Dissemination::automatic, Membership membership = Membership::partial)
        : engine(settings(dissemination), peer(0), 1) {
        std::vector<Peer> list;
        for (int i = 1; i <= 20; ++i) {
            list.push_back(peer(i));
        }
        engine.rely_on_transport(true);
        engine.start(now, membership);
        engine.peers_changed(PeerList(std::move(list)), now);
    }

    static std::shared_ptr<const Config> settings(Dissemination dissemination) {
        Config config;
        config.node_id = "shared";
        config.enable_anti_entropy = false;
        config.dissemination = dissemination;
        REQUIRE_FALSE(validate(config).has_value());
        return std::make_shared<const Config>(config);
    }

    Receipt receive(int from, Frame frame) {
        const Receipt receipt = engine.receive(peer(from), std::move(frame), now, effects);
        while (!effects.offers.empty()) {
            const Ticket ticket = effects.offers.back().ticket;
            effects.offers.pop_back();
            engine.conclude(ticket, verdict, now, effects);
        }
        return receipt;
    }
    Receipt push(int from, const Message& message) {
        Route route;
        route.course = Course::overlay;
        return receive(from, Push{message, {20, 1}, route});
    }
    Message message(const std::string& payload) const { return test::message(payload, "alice", now.wall); }

    void advance(Duration by) {
        const TimePoint end = now.time + by;
        while (engine.next_wake() <= end) {
            now.time = engine.next_wake() > now.time ? engine.next_wake() : now.time;
            engine.wake(now, effects);
        }
        now.time = end;
    }

    /// Nodes 1 to `count` become neighbours, by their own wish.
    void befriend(int count) {
        for (int i = 1; i <= count; ++i) {
            receive(i, LinkControl{LinkStep::join_kept, 0, {}});
        }
        REQUIRE(engine.statistics().neighbours == static_cast<std::uint64_t>(count));
        effects.clear();
    }

    /// Takes what was sent of a kind: to which node, and what.
    template <typename Kind>
    std::vector<std::pair<std::string, Kind>> sent() {
        std::vector<std::pair<std::string, Kind>> frames;
        for (const auto& send : effects.sends) {
            if (const auto* frame = std::get_if<Kind>(&send.frame)) {
                for (const Peer& target : effects.targets_of(send)) {
                    frames.emplace_back(std::string(target.id()), *frame);
                }
            }
        }
        return frames;
    }
    /// Takes the nodes that were sent that step.
    std::vector<std::string> told(LinkStep step) {
        std::vector<std::string> nodes;
        for (const auto& [node, frame] : sent<LinkControl>()) {
            if (frame.step == step) {
                nodes.push_back(node);
            }
        }
        return nodes;
    }

    Now now{TimePoint(1h), WallTime(std::chrono::hours(480'000))};
    Engine engine;
    Effects effects;
    Conclusion verdict{Conclusion::accepted};
};

constexpr OriginKey alice = origin_key("alice");
using Nodes = std::vector<std::string>;

}  // namespace

TEST_CASE("a node that knows part of the network looks for neighbours; one that knows all of it does not") {
    Node part;
    part.advance(10ms);
    CHECK(part.told(LinkStep::probe).size() + part.told(LinkStep::join_kept).size() >= 20);
    Node all(Dissemination::automatic, Membership::full);
    all.advance(10ms);
    CHECK(all.sent<LinkControl>().empty());
    Node forced(Dissemination::overlay, Membership::full);
    forced.advance(10ms);
    CHECK_FALSE(forced.sent<LinkControl>().empty());
    Node rumor(Dissemination::rumor);
    rumor.receive(1, LinkControl{LinkStep::join, 0, {}});
    rumor.advance(10ms);
    CHECK(rumor.sent<LinkControl>().empty());
}

TEST_CASE("a herald is passed on once, and grafts who brought it until that brings something") {
    Node node;
    node.befriend(4);
    const Message news = node.message("news");
    node.receive(1, LinkControl{LinkStep::herald, alice, news.key()});
    CHECK(node.told(LinkStep::herald) == Nodes{"node-2", "node-3", "node-4"});
    const auto controls = node.sent<LinkControl>();
    CHECK(node.told(LinkStep::graft) == Nodes{"node-1"});
    CHECK(controls.front().second.name == news.key());
    node.effects.clear();
    node.receive(2, LinkControl{LinkStep::herald, alice, news.key()});
    CHECK(node.effects.sends.empty());
    SECTION("what comes goes to who grafted, and to nobody else") {
        node.receive(3, LinkControl{LinkStep::graft, alice, news.key()});
        CHECK(node.effects.sends.empty());
        node.push(1, news);
        const auto pushes = node.sent<Push>();
        REQUIRE(pushes.size() == 1);
        CHECK(pushes[0].first == "node-3");
        CHECK(pushes[0].second.route.course == Course::overlay);
        CHECK(pushes[0].second.envelope.hops == 2);
        node.effects.clear();
        node.advance(1s);
        for (const auto& [to, announce] : node.sent<Announce>()) {
            CHECK(to == "node-4");  // The others heralded, grafted or sent it.
        }
    }
    SECTION("a graft that comes later gets it at once") {
        node.push(1, news);
        node.receive(4, LinkControl{LinkStep::graft, alice, news.key()});
        CHECK(node.sent<Push>().size() == 1);
        node.effects.clear();
        node.receive(2, LinkControl{LinkStep::graft, alice, {}});
        CHECK(node.effects.sends.empty());
        node.receive(4, LinkControl{LinkStep::prune, alice, {}});
        node.push(1, node.message("more"));
        REQUIRE(node.sent<Push>().size() == 1);
        CHECK(node.sent<Push>()[0].first == "node-2");
    }
    SECTION("a further copy is pruned, unless the parent sends it") {
        node.push(1, news);
        node.push(2, news);
        CHECK(node.told(LinkStep::prune) == Nodes{"node-2"});
        node.effects.clear();
        node.push(1, news);
        CHECK(node.effects.sends.empty());
    }
    SECTION("what does not come is asked for") {
        node.advance(5s);
        const auto requests = node.sent<Request>();
        REQUIRE_FALSE(requests.empty());
        CHECK(requests[0].second.names == std::vector<MessageId>{news.key()});
    }
}

TEST_CASE("a node heralds its own messages while nobody grafted it, and pushes to who did") {
    Node node;
    node.befriend(3);
    node.engine.publish("t", as_bytes("news"), {}, node.now, node.effects);
    CHECK(node.told(LinkStep::herald) == Nodes{"node-1", "node-2", "node-3"});
    const MessageId key = node.sent<LinkControl>()[0].second.name;
    const OriginKey self = node.sent<LinkControl>()[0].second.origin;
    CHECK(self == origin_key("node-0"));
    CHECK(node.sent<Push>().empty());
    node.effects.clear();
    node.receive(2, LinkControl{LinkStep::graft, self, key});
    const auto pushes = node.sent<Push>();
    REQUIRE(pushes.size() == 1);
    CHECK(pushes[0].first == "node-2");
    CHECK(pushes[0].second.message.key() == key);
}

TEST_CASE("what a neighbour announces is waited for, then asked of it") {
    Node node;
    node.befriend(3);
    const Message news = node.message("news");
    node.receive(3, Announce{{news.key()}});
    CHECK(node.sent<Request>().empty());
    SECTION("when it comes in time nobody is asked") {
        node.push(1, news);
        node.advance(3s);
        CHECK(node.sent<Request>().empty());
    }
    SECTION("when it comes on request, its bringer is grafted") {
        node.advance(3s);
        REQUIRE_FALSE(node.sent<Request>().empty());
        CHECK(node.sent<Request>()[0].first == "node-3");
        node.effects.clear();
        node.receive(3, Provide{news, {20, 1}});
        CHECK(node.told(LinkStep::graft) == Nodes{"node-3"});
    }
}

TEST_CASE("of both ends of a link one announces first, and only what the other has not") {
    Node node;
    node.befriend(6);
    node.push(1, node.message("news"));
    node.effects.clear();
    node.advance(100ms);
    std::vector<std::pair<std::string, Announce>> soon = node.sent<Announce>();
    node.effects.clear();
    node.advance(1s);
    const auto later = node.sent<Announce>();
    CHECK(soon.size() + later.size() == 5);
    for (const auto& [to, announce] : later) {
        CHECK(Peer(to).hash() < peer(0).hash());
    }
    CHECK(node.engine.next_wake() > node.now.time + 400ms);
}

TEST_CASE("a message that the host does not take is neither announced nor pushed") {
    Node node;
    node.befriend(4);
    node.receive(3, LinkControl{LinkStep::graft, alice, {}});
    node.verdict = Conclusion::rejected;
    node.push(1, node.message("news"));
    node.advance(1s);
    CHECK(node.sent<Push>().empty());
    CHECK(node.sent<Announce>().empty());
}

TEST_CASE("strangers that herald or graft are told that they are none of the neighbours") {
    Node node;
    node.befriend(2);
    node.receive(9, LinkControl{LinkStep::herald, alice, name(1)});
    CHECK(node.told(LinkStep::leave) == Nodes{"node-9"});
    CHECK(node.told(LinkStep::herald).empty());
    CHECK(node.told(LinkStep::graft).empty());
}

TEST_CASE("heralds beyond a peer's share are not passed on") {
    Node node;
    node.befriend(2);
    const std::size_t share = node.engine.config().limits.announced_ids_per_interval;
    for (std::uint64_t number = 0; number < share + 50; ++number) {
        node.receive(1, LinkControl{LinkStep::herald, alice, name(number)});
    }
    CHECK(node.told(LinkStep::herald).size() <= share);
    CHECK(node.engine.statistics().control_ignored >= 50);
}

TEST_CASE("a neighbour that cannot be reached is one no more, and another takes its place in trees") {
    Node node;
    node.befriend(3);
    const Message news = node.message("news");
    node.push(1, news);
    SECTION("as the transport reports it") { node.engine.peer_failed(peer(1), node.now, node.effects); }
    SECTION("or says when it is to send") {
        node.engine.not_sent(LinkControl{LinkStep::herald, alice, name(1)}, peer(1), SendFailure::unreachable, node.now,
                             node.effects);
    }
    CHECK(node.engine.statistics().neighbours == 2);
    node.push(2, node.message("more"));
    node.effects.clear();
    node.push(3, node.message("more"));
    CHECK(node.told(LinkStep::prune) == Nodes{"node-3"});
}

TEST_CASE("a stopped engine has no neighbours") {
    Node node;
    node.befriend(3);
    node.engine.stop();
    CHECK(node.engine.statistics().neighbours == 0);
    CHECK(node.engine.next_wake() == TimePoint::max());
}
