// Receipts: what the engine asks of others, tells them, and believes.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/engine.hpp>

#include "support/catch.hpp"
#include "support/engine_time.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using State = ReceiptOutcome::State;
using Status = PublishOutcome::Status;

namespace {

Peer peer(int number) { return Peer("node-" + std::to_string(number), "memory://node-" + std::to_string(number)); }

/// One engine, node 0, that knows nodes 1 to `others`.
struct Node {
    explicit Node(int others, const std::function<void(Config&)>& adjust = {}, bool reliable = true,
                  Membership membership = Membership::full)
        : engine(settings(adjust), peer(0), 1) {
        std::vector<Peer> list;
        for (int i = 1; i <= others; ++i) {
            list.push_back(peer(i));
        }
        engine.rely_on_transport(reliable);
        engine.start(now, membership);
        engine.peers_changed(PeerList(std::move(list)), now);
    }

    static std::shared_ptr<const Config> settings(const std::function<void(Config&)>& adjust) {
        Config config;
        config.node_id = "shared";
        config.enable_anti_entropy = false;
        config.enable_pull = false;
        if (adjust) {
            adjust(config);
        }
        REQUIRE_FALSE(validate(config).has_value());
        return std::make_shared<const Config>(config);
    }

    PublishOutcome publish(ReceiptGoal goal) {
        PublishOptions options;
        options.receipt = goal;
        return engine.publish("t", as_bytes("news"), options, now, effects);
    }
    void receive(const Peer& from, Frame frame, Conclusion conclusion = Conclusion::accepted) {
        engine.receive(from, std::move(frame), now, effects);
        while (!effects.offers.empty()) {
            const Ticket ticket = effects.offers.back().ticket;
            effects.offers.pop_back();
            engine.conclude(ticket, conclusion, now, effects);
        }
    }
    void tell(int from, const MessageId& id, Tally tally) {
        receive(peer(from), Acknowledge{{{id.word(0), 0, tally}}});
    }

    /// Lets time pass, with everything that becomes due on the way.
    void advance(Duration by) { test::advance(engine, now, by, effects); }

    struct Told {
        Peer to;
        Acknowledge::Item item;
    };
    /// What was told since the last call.
    std::vector<Told> told() {
        std::vector<Told> out;
        for (const auto& send : effects.sends) {
            if (const auto* frame = std::get_if<Acknowledge>(&send.frame)) {
                for (const Acknowledge::Item& item : frame->items) {
                    out.push_back({effects.targets_of(send)[0], item});
                }
            }
        }
        effects.clear();
        return out;
    }
    /// Pushes and answers sent since the last clearing that ask for the receiver to be counted, and all of them.
    [[nodiscard]] std::pair<std::size_t, std::size_t> counted() const {
        std::pair<std::size_t, std::size_t> counted;
        for (const auto& send : effects.sends) {
            const auto* push = std::get_if<Push>(&send.frame);
            const auto* provide = std::get_if<Provide>(&send.frame);
            if (push != nullptr || provide != nullptr) {
                const Envelope envelope = push != nullptr ? push->envelope : provide->envelope;
                counted.first += envelope.receipt ? send.count : 0U;
                counted.second += send.count;
            }
        }
        return counted;
    }

    Now now{TimePoint{1h}, WallTime{std::chrono::hours{24 * 365 * 53}}};
    Engine engine;
    Effects effects;
};

Message news(const Node& node, const std::string& payload = "m") {
    return test::message(payload, "node-7", node.now.wall);
}

/// A push that asks for the receiver to be counted.
Push counting(const Message& message, Slice slice = {}, bool acknowledge = false, std::uint8_t copy = 1) {
    return {message, {5, 1, Priority::normal, true}, {Course::slice, acknowledge, 0, 0, copy, 0, slice}};
}

}  // namespace

TEST_CASE("a receipt resolves when so many peers have told, once, and nobody is counted after") {
    Node node(8);
    const PublishOutcome outcome = node.publish({2, 0, 5s});
    REQUIRE(outcome);
    CHECK(node.counted() == std::pair<std::size_t, std::size_t>{8, 8});
    node.tell(1, outcome.id, {1, true});
    node.tell(1, outcome.id, {1, true});
    CHECK(node.effects.receipts.empty());
    node.tell(2, outcome.id, {1, true});
    node.tell(3, outcome.id, {1, true});
    REQUIRE(node.effects.receipts.size() == 1);
    const ReceiptOutcome& told = node.effects.receipts[0];
    CHECK(told.state == State::resolved);
    CHECK(told.id == outcome.id);
    CHECK(told.reached == 2);
    CHECK(told.network == 9);
    node.effects.clear();
    node.receive(peer(4), Request{{outcome.id}});
    CHECK(node.counted() == std::pair<std::size_t, std::size_t>{0, 1});
    CHECK(node.engine.statistics().receipts_counted == 0);
    node.advance(10s);
    CHECK(node.effects.receipts.empty());
}

TEST_CASE("whose time is over is told what was reached until then") {
    Node node(8);
    const PublishOutcome outcome = node.publish({0, 0.5, 5s});
    for (int i = 1; i <= 3; ++i) {
        node.tell(i, outcome.id, {1, true});
    }
    node.advance(5s - 1ms);
    CHECK(node.effects.receipts.empty());
    node.advance(1ms);
    REQUIRE(node.effects.receipts.size() == 1);
    CHECK(node.effects.receipts[0].state == State::timed_out);
    CHECK(node.effects.receipts[0].reached == 3);
    node.effects.clear();
    node.publish({1, 0, 5s});
    node.engine.give_up_receipts(node.effects);
    REQUIRE(node.effects.receipts.size() == 1);
    CHECK(node.effects.receipts[0].state == State::stopped);
}

TEST_CASE("liars are believed what was left to them, and strangers nothing") {
    Node node(300);
    const PublishOutcome outcome = node.publish({0, 1.0, 5s});
    const Push* branch = nullptr;
    Peer child;
    for (const auto& send : node.effects.sends) {
        const auto* push = std::get_if<Push>(&send.frame);
        if (push != nullptr && !push->route.slice.empty() && branch == nullptr) {
            branch = push;
            child = node.effects.targets_of(send)[0];
        }
    }
    REQUIRE(branch != nullptr);
    const std::size_t left = range_of(node.engine.peers(), branch->route.slice).size;
    CHECK(left < 100);
    node.receive(child, Acknowledge{{{outcome.id.word(0), 1, {4'000'000'000, true}}}});
    node.receive(Peer("stranger", "memory://stranger"), Acknowledge{{{outcome.id.word(0), 1, {4'000'000'000, true}}}});
    node.advance(5s);
    REQUIRE(node.effects.receipts.size() == 1);
    CHECK(node.effects.receipts[0].state == State::timed_out);
    CHECK(node.effects.receipts[0].reached == left);
}

TEST_CASE("receipts that cannot be had are refused, with nothing changed") {
    Node node(8, [](Config& config) { config.limits.receipts_max = 2; });
    CHECK(node.publish({}).status == Status::bad_receipt);
    CHECK(node.publish({1, 0.5, 1s}).status == Status::bad_receipt);
    CHECK(node.publish({1, 0, 31s}).status == Status::bad_receipt);
    CHECK(node.publish({1, 0, 1s}));
    CHECK(node.publish({1, 0, 1s}));
    CHECK(node.publish({1, 0, 1s}).status == Status::overloaded);
    CHECK(node.engine.statistics().messages_sent == 2);

    Node knows_some(8, {}, true, Membership::partial);
    CHECK(knows_some.publish({0, 0.5, 1s}).status == Status::size_unknown);
    CHECK(knows_some.publish({3, 0, 1s}));
    CHECK(knows_some.engine.statistics().messages_sent == 1);
}

TEST_CASE("who is counted tells of itself when its host accepted, with the acknowledgement that it owes") {
    Node node(300, {}, false);
    const Message message = news(node);
    node.engine.receive(peer(7), counting(message, {}, true, 2), node.now, node.effects);
    REQUIRE(node.effects.offers.size() == 1);
    const Ticket ticket = node.effects.offers[0].ticket;
    CHECK(node.told().empty());
    SECTION("accepted") {
        node.engine.conclude(ticket, Conclusion::accepted, node.now, node.effects);
        const auto told = node.told();
        REQUIRE(told.size() == 1);
        CHECK(told[0].to == peer(7));
        CHECK(told[0].item == Acknowledge::Item{message.key().word(0), 2, {1, true}});
    }
    SECTION("rejected") {
        node.engine.conclude(ticket, Conclusion::rejected, node.now, node.effects);
        const auto told = node.told();
        REQUIRE(told.size() == 1);
        CHECK(told[0].item == Acknowledge::Item{message.key().word(0), 2, {}});
        CHECK(node.engine.statistics().receipts_counted == 0);
    }
    SECTION("not decided for a while") {
        node.advance(60ms);
        auto told = node.told();
        REQUIRE(told.size() == 1);
        CHECK(told[0].item == Acknowledge::Item{message.key().word(0), 2, {}});
        node.engine.conclude(ticket, Conclusion::accepted, node.now, node.effects);
        told = node.told();
        REQUIRE(told.size() == 1);
        CHECK(told[0].item == Acknowledge::Item{message.key().word(0), 0, {1, true}});
    }
}

TEST_CASE("a node counts itself to one parent only, that of the copy which its host took") {
    Node node(300);
    const Message message = news(node);
    node.receive(peer(1), counting(message), Conclusion::ignored);
    CHECK(node.told().empty());
    node.receive(peer(2), counting(message));
    auto told = node.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].to == peer(2));
    CHECK(told[0].item.tally == Tally{1, true});
    node.receive(peer(3), counting(message));
    told = node.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].to == peer(3));
    CHECK(told[0].item.tally == Tally{0, true});  // It need not wait for more.
}

TEST_CASE("who came by a message uncounted is counted by the first who asks") {
    Node node(300);
    const Message message = news(node);
    Push plain = counting(message);
    plain.envelope.receipt = false;
    node.receive(peer(1), plain);
    CHECK(node.told().empty());
    CHECK(node.engine.statistics().receipts_counted == 0);
    node.receive(peer(2), counting(message));
    const auto told = node.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].to == peer(2));
    CHECK(told[0].item.tally == Tally{1, true});
}

TEST_CASE("an inner node tells of its children, those of each branch to whom it came from") {
    Node node(300);
    const Message message = news(node);
    const std::uint64_t middle = std::uint64_t{1} << 63U;
    node.receive(peer(7), counting(message, {1, middle}, true));
    const auto children = [&] {
        std::vector<Peer> out;
        for (const auto& send : node.effects.sends) {
            if (std::get_if<Push>(&send.frame) != nullptr) {
                out.insert(out.end(), node.effects.targets_of(send).begin(), node.effects.targets_of(send).end());
            }
        }
        return out;
    };
    const auto first = children();
    auto told = node.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].item.tally == Tally{1, false});
    node.receive(peer(8), counting(message, {middle, 0}, true));
    const auto second = children();
    told = node.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].to == peer(8));
    CHECK(told[0].item.tally == Tally{0, false});
    REQUIRE(first.size() > 2);
    REQUIRE(second.size() > 2);
    node.receive(first[0], Acknowledge{{{message.key().word(0), 1, {1, true}}}});
    told = node.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].to == peer(7));
    CHECK(told[0].item.tally == Tally{2, false});
    node.receive(second[0], Acknowledge{{{message.key().word(0), 1, {1, true}}}});
    node.advance(60ms);
    told = node.told();
    REQUIRE(told.size() == 1);
    CHECK(told[0].to == peer(8));
    CHECK(told[0].item.tally == Tally{1, false});
}

TEST_CASE("who fetches a counted message is counted, and a process heeds only messages younger than itself") {
    Node node(8);
    const PublishOutcome outcome = node.publish({2, 0, 5s});
    node.effects.clear();
    node.receive(peer(3), Request{{outcome.id}});
    CHECK(node.counted() == std::pair<std::size_t, std::size_t>{1, 1});

    node.effects.clear();
    const Message old = test::message("old", "node-7", node.now.wall - 1s);
    node.receive(peer(1), counting(old));
    CHECK(node.told().empty());
    CHECK(node.engine.has_seen(old.key()));
    CHECK(node.engine.statistics().receipts_counted == 1);  // Its own.
}

TEST_CASE("a tally alone does not acknowledge a branch") {
    Node node(300, {}, false);
    const PublishOutcome outcome = node.publish({2, 0, 5s});
    Peer child;
    for (const auto& send : node.effects.sends) {
        const auto* push = std::get_if<Push>(&send.frame);
        child = push != nullptr && !push->route.slice.empty() ? node.effects.targets_of(send)[0] : child;
    }
    REQUIRE(child);
    node.receive(child, Acknowledge{{{outcome.id.word(0), 0, {1, false}}}});
    node.effects.clear();
    node.advance(250ms);
    bool again = false;
    for (const auto& send : node.effects.sends) {
        again = again || (std::get_if<Push>(&send.frame) != nullptr && node.effects.targets_of(send)[0] == child);
    }
    CHECK(again);
}

TEST_CASE("a node without receipts keeps nothing of them") {
    Node node(8);
    node.engine.publish("t", as_bytes("news"), {}, node.now, node.effects);
    CHECK(node.counted() == std::pair<std::size_t, std::size_t>{0, 8});
    node.effects.clear();
    node.receive(peer(1), Acknowledge{{{1, 0, {5, true}}}});
    CHECK(node.effects.empty());
    CHECK(node.engine.statistics().tallies_received == 0);
    CHECK(node.engine.next_wake() == TimePoint::max());
}
