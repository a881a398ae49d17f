// Anti-entropy by set reconciliation, played with whole nodes: what it repairs, how soon, and for how many bytes.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <lattice/codec/binary.hpp>
#include <lattice/reconcile/set_reconciler.hpp>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using lattice::testing::Node;
using lattice::testing::World;

namespace {

Config settings() {
    Config config = testing::quick_config();
    config.message_cache_size = 10'000;
    config.limits.messages_per_second = 0;
    config.limits.bytes_per_second = 0;
    config.anti_entropy_interval = 10s;
    return config;
}

void reconcile_all(World& world) {
    for (std::size_t i = 0; i < world.size(); ++i) {
        world[i].protocol->reconcile_with(std::make_unique<reconcile::SetReconciler>());
    }
}

bool all_equal(World& world) {
    const auto first = world[0].held();
    for (std::size_t i = 1; i < world.size(); ++i) {
        if (world[i].held() != first) {
            return false;
        }
    }
    return true;
}

/// Runs until all are equal, looking once in a while.
bool run_until_equal(World& world, Duration within) {
    for (const TimePoint end = world.clock.now() + within; world.clock.now() < end;) {
        world.run(250ms);
        if (all_equal(world)) {
            return true;
        }
    }
    return false;
}

template <typename Kind>
std::size_t bytes_of(const World& world) {
    std::size_t bytes = 0;
    for (const auto& packet : world.network.log()) {
        bytes += std::holds_alternative<Kind>(packet.frame) ? encoded_size(packet.frame) : 0;
    }
    return bytes;
}

template <typename Kind>
std::size_t frames_of(const World& world) {
    std::size_t frames = 0;
    for (const auto& packet : world.network.log()) {
        frames += std::holds_alternative<Kind>(packet.frame) ? 1 : 0;
    }
    return frames;
}

}  // namespace

TEST_CASE("nodes that know each other's language reconcile sets, and equal ones do so for little") {
    World world(4, settings());
    reconcile_all(world);
    for (int i = 0; i < 200; ++i) {
        world[static_cast<std::size_t>(i % 4)].broadcast("m" + std::to_string(i));
    }
    world.run(3min);
    REQUIRE(all_equal(world));
    world.network.record(true);
    world.run(5min);
    const std::size_t sessions = frames_of<Reconcile>(world);
    CHECK(sessions >= 4 * 20);
    CHECK(frames_of<SyncIds>(world) == 0);
    CHECK(frames_of<Provide>(world) == 0);
    CHECK(bytes_of<Reconcile>(world) <= sessions * 45);
}

TEST_CASE("after a partition of ten minutes with 1,000 messages on each side all nodes are equal within one period") {
    World world(8, settings());
    reconcile_all(world);
    for (std::size_t i = 0; i < 40; ++i) {  // So that all have heard of each other that they speak this language.
        world[i % 8].broadcast("before" + std::to_string(i));
        world.run(2s);
    }
    world.partition({0, 1, 2, 3});
    for (int i = 0; i < 1'000; ++i) {
        world[static_cast<std::size_t>(i % 4)].broadcast("left" + std::to_string(i));
        world[4 + static_cast<std::size_t>(i % 4)].broadcast("right" + std::to_string(i));
        world.run(600ms);
    }
    world.run(1min);
    REQUIRE(world[0].held().size() == 1'040);
    REQUIRE_FALSE(all_equal(world));
    world.network.heal();
    world.network.record(true);
    const TimePoint healed = world.clock.now();
    REQUIRE(run_until_equal(world, 30s));
    CHECK(world.clock.now() - healed <= 15s);  // One period, which is drawn from 5 to 15 s, and what follows it.
    CHECK(world[7].held().size() == 2'040);
    // 8 nodes miss 1,000 messages each. What goes beyond is eager forwarding of what was fetched.
    CHECK(frames_of<Provide>(world) >= 1'000);
    CHECK(frames_of<Provide>(world) <= 8'000);
    CHECK(bytes_of<SyncIds>(world) == 0);
    for (std::size_t i = 0; i < world.size(); ++i) {
        const Statistics s = world[i].statistics();
        CHECK(s.messages_received == s.delivered + s.duplicates_filtered + s.refusals());
        CHECK(world[i].times_received("left7") + world[i].times_received("right7") ==
              (i == 3 || i == 7 ? 1U : 2U));  // Its own is not delivered to a node.
    }
}

TEST_CASE("a node that joins late, and one that restarts, catch up with what they miss") {
    World world(5, settings());
    reconcile_all(world);
    for (int i = 0; i < 3'000; ++i) {
        world[static_cast<std::size_t>(i % 5)].broadcast("m" + std::to_string(i));
        if (i % 10 == 0) {
            world.run(1s);
        }
    }
    world.run(30s);
    REQUIRE(all_equal(world));
    world.kill(2);
    world.spawn(2);
    world[2].protocol->reconcile_with(std::make_unique<reconcile::SetReconciler>());
    REQUIRE(world[2].held().empty());
    REQUIRE(run_until_equal(world, 30s));
    CHECK(world[2].received.size() == 3'000);
}

TEST_CASE("nodes with and without reconciliation, and with another network key, still come to agree") {
    World world(6, settings());
    world[0].protocol->reconcile_with(std::make_unique<reconcile::SetReconciler>());
    world[1].protocol->reconcile_with(std::make_unique<reconcile::SetReconciler>());
    reconcile::SetReconcilerOptions other;
    other.network_key = reconcile::Salt{0, 99};
    world[2].protocol->reconcile_with(std::make_unique<reconcile::SetReconciler>(other));
    world.run(1min);
    world.partition({0, 2, 4});
    for (int i = 0; i < 50; ++i) {
        world[static_cast<std::size_t>(i % 6)].broadcast("m" + std::to_string(i));
        world.run(1s);
    }
    world.network.heal();
    REQUIRE(run_until_equal(world, 2min));
    CHECK(world[0].statistics().reconciles_abandoned + world[1].statistics().reconciles_abandoned +
              world[2].statistics().reconciles_abandoned >=
          1);
}
