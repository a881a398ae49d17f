#include <chrono>
#include <cstddef>
#include <set>
#include <string>

#include <lattice/core/random.hpp>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace lattice;
using namespace lattice::testing;
using namespace std::chrono_literals;

namespace {

/// The messages that every node holds or took as its own; empty when they do not agree.
std::set<MessageId> agreed(World& world) {
    for (std::size_t i = 1; i < world.size(); ++i) {
        if (world[i].held() != world[0].held()) {
            return {};
        }
    }
    return world[0].held();
}

TEST_CASE("Soak: eight nodes, killed and restarted at random, end with equal sets", "[scenario]") {
    const auto seed = GENERATE(1U, 2U, 3U);
    LATTICE_SHOW(seed);
    Random chance(seed);
    World world(8, quick_config(), seed);
    world.network.decide([&](const MemoryPacket&) {
        return MemoryFate{chance.below(20) == 0 ? 0U : 1U, std::chrono::milliseconds{1 + chance.below(20)}};
    });

    int sent = 0;
    std::size_t killed = 0;
    for (int step = 0; step < 400; ++step) {
        const auto index = static_cast<std::size_t>(chance.below(world.size()));
        const bool others_live = index != 0;  // n0 lives on, so that no message can die with its only holder for ever
        if (!world[index].alive()) {
            world.spawn(index);
        } else if (chance.below(4) == 0 && others_live) {
            world.kill(index);
            ++killed;
        } else {
            REQUIRE(world[index].broadcast("message " + std::to_string(sent++)));
            world.run(100ms);  // time to get out before its author may be killed
        }
        world.run(std::chrono::milliseconds{chance.below(100)});
    }
    for (std::size_t i = 0; i < world.size(); ++i) {
        if (!world[i].alive()) {
            world.spawn(i);
        }
    }
    REQUIRE(killed > 20);
    int seconds = 0;
    for (; seconds < 30 && agreed(world).size() != static_cast<std::size_t>(sent); ++seconds) {
        world.run(1s);
    }
    CHECK(seconds < 30);

    for (std::size_t i = 0; i < world.size(); ++i) {
        std::set<std::string> delivered;
        for (const Received& one : world[i].received) {
            REQUIRE(delivered.insert(one.payload).second);  // no process is handed a message twice
        }
    }
}

TEST_CASE("A thousand starts and stops leave nothing behind", "[scenario]") {
    World world(2);
    const std::size_t pending = world.clock.pending();
    for (int cycle = 0; cycle < 1'000; ++cycle) {
        world[0].protocol->stop();
        world[0].protocol->start();
        world.run(1ms);
    }
    CHECK(world.clock.pending() <= pending + 1);
    world[1].broadcast("still there?");
    CHECK(world.run_until_all_received("still there?", 1, 1s));
    world[0].broadcast("of course");
    CHECK(world.run_until_all_received("of course", 0, 1s));
}

TEST_CASE("A thousand births and deaths leave nothing behind", "[scenario]") {
    World world(2);
    world[1].broadcast("remember me");
    world.run(1s);
    for (int cycle = 0; cycle < 1'000; ++cycle) {
        world.kill(0);
        world.spawn(0);
        world.run(1ms);
    }
    world.kill(0);
    world.kill(1);
    world.clock.run_ready();
    CHECK(world.clock.pending() == 0);
}

}  // namespace
