// Receipts with the real protocol: that what a publisher is told is true, how much of the truth it is told, how soon, and
// what that costs. The truth is what handlers saw.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <lattice/sim/world.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;
using namespace std::chrono_literals;

namespace {

using Mode = Config::Dissemination;

/// A network whose first node publishes and waits.
class Waiting {
   public:
    Waiting(std::uint64_t seed, NodeIndex nodes, Config config, LinkModel link) : world(seed) {
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        world.configure(std::move(config)).link(link).on_boot([this](NodeIndex node, Protocol& protocol) {
            protocol.register_default_handler([this, node](const Delivery& delivery) {
                took_.insert(node);
                last_ = world.now();
                world.note_delivery(node, delivery);
            });
        });
        world.nodes(nodes);
        world.run_for(3s);
    }

    /// Node 0 broadcasts; what it is told is in `told` later.
    void publish(ReceiptGoal goal) {
        told.reset();
        took_.clear();
        published_ = world.now();
        before_ = world.network().traffic();
        BroadcastOptions options;
        options.receipt = goal;
        options.receipted = [this](const ReceiptOutcome& outcome) {
            CHECK_FALSE(told.has_value());
            told = outcome;
            took_then = took_.size();
            resolved_after = world.now() - published_;
        };
        REQUIRE(world.node(0).protocol->broadcast("note", Bytes(std::string(256, 'x')), std::move(options)));
    }

    void run_until_told(Duration limit) {
        for (const Duration end = world.now() + limit; !told && world.now() < end;) {
            world.run_for(10ms);
        }
    }

    /// When the last of all nodes that took the message did.
    [[nodiscard]] Duration spread_after() const { return last_ - published_; }
    [[nodiscard]] std::size_t took() const { return took_.size(); }
    /// Frames that are no payloads, since the last message.
    [[nodiscard]] std::uint64_t control() const {
        return world.network().traffic().control_frames() - before_.control_frames();
    }
    [[nodiscard]] std::uint64_t control_bytes() const {
        return world.network().traffic().control_bytes() - before_.control_bytes();
    }

    World world;
    std::optional<ReceiptOutcome> told;
    std::size_t took_then{0};  ///< Nodes that had taken the message when the publisher was told.
    Duration resolved_after{};

   private:
    std::set<NodeIndex> took_;
    Duration published_{};
    Duration last_{};
    Traffic before_;
};

Config settings(Mode mode) {
    Config config;
    config.dissemination = mode;
    config.gossip_interval = 250ms;
    config.fanout = 6;
    config.enable_anti_entropy = false;
    return config;
}

LinkModel lengths(Duration least, Duration most) {
    LinkModel link;
    link.latency = Latency::uniform(least, most).fixed_per_link();
    return link;
}

}  // namespace

TEST_CASE("In every mode a receipt for all nodes resolves, soon after all have the message", "[receipts]") {
    const Mode mode = GENERATE(Mode::tree, Mode::overlay, Mode::rumor);
    const NodeIndex nodes = GENERATE(NodeIndex{12}, NodeIndex{300});
    LATTICE_SHOW(static_cast<int>(mode));
    LATTICE_SHOW(nodes);
    Waiting play(7, nodes, settings(mode), lengths(25ms, 75ms));
    play.publish({1, 0, 20s});
    play.world.run_for(5s);
    REQUIRE(play.told.has_value());
    CHECK(play.told->reached >= 1);
    play.publish({0, 1.0, 20s});
    play.run_until_told(20s);
    REQUIRE(play.told.has_value());
    CHECK(play.told->state == ReceiptOutcome::State::resolved);
    CHECK(play.told->reached == nodes - 1);
    CHECK(play.told->network == nodes);
    CHECK(play.took_then == nodes - 1);
    CHECK(play.resolved_after <= play.spread_after() + 600ms);
}

TEST_CASE("Receipts cost a tree less than half a small frame per node, and others nothing", "[receipts]") {
    Waiting play(7, 300, settings(Mode::tree), lengths(25ms, 75ms));
    play.publish({1, 0, 20s});
    play.world.run_for(5s);
    play.publish({0, 1.0, 20s});
    play.world.run_for(5s);
    const auto frames = play.control();
    const auto bytes = play.control_bytes();
    const Traffic before = play.world.network().traffic();
    play.world.broadcast(0, "note", std::string(256, 'y'));
    play.world.run_for(5s);
    const Traffic after = play.world.network().traffic();
    CHECK(frames <= after.control_frames() - before.control_frames() + 150);
    CHECK(bytes <= after.control_bytes() - before.control_bytes() + 300 * 10);
    for (NodeIndex node = 0; node < 300; ++node) {  // The two with receipts, until their time is over.
        CHECK(play.world.node(node).protocol->statistics().receipts_counted == (node == 0 ? 0 : 2));
    }
    play.world.run_for(1min);
    CHECK(play.world.node(5).protocol->statistics().receipts_counted == 0);
}

TEST_CASE("Nobody is ever told more than is true, whatever happens to nodes and frames", "[receipts]") {
    std::size_t resolved = 0;
    std::uint64_t reached = 0;
    std::uint64_t taken = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        LATTICE_SHOW(seed);
        Random random(seed);
        const auto mode = static_cast<Mode>(1 + random.below(3));
        LinkModel link = lengths(5ms, 100ms);
        link.loss = 0.1;
        link.duplication = 0.1;
        link.reordering = 0.1;
        link.failures = random.below(2) == 0 ? LinkModel::Failures::told : LinkModel::Failures::silent;
        Config config = settings(mode);
        config.enable_anti_entropy = random.below(2) == 0;
        config.anti_entropy_interval = 1s;
        config.tree_degree = 4;
        Waiting play(seed, static_cast<NodeIndex>(5 + random.below(40)), std::move(config), link);
        play.world.through_codec(seed % 4 == 0);
        play.publish({0, 0.9, 5s});
        for (std::uint64_t crashes = random.below(play.world.size() / 4); crashes != 0; --crashes) {
            const auto node = static_cast<NodeIndex>(1 + random.below(play.world.size() - 1));
            const Duration when = play.world.now() + Duration{1ms} * random.below(400);
            play.world.at(when, [&play, node] { play.world.crash(node); });
            play.world.at(when + 50ms, [&play, node] { play.world.start(node); });
        }
        play.run_until_told(10s);
        REQUIRE(play.told.has_value());
        CHECK(play.told->reached <= play.took_then);
        resolved += *play.told ? 1U : 0U;
        reached += play.told->reached;
        taken += play.took_then;
        play.world.run_for(1s);
    }
    CHECK(resolved >= 130);
    CHECK(reached * 10 >= taken * 8);
}
