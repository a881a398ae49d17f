#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace lattice;
using namespace lattice::testing;
using namespace std::chrono_literals;

namespace {

Config overlay_config() {
    Config config = quick_config();
    config.dissemination = Config::Dissemination::overlay;
    return config;
}

/// Each node knows the six that follow it, round the circle.
void know_some(World& world) {
    for (std::size_t i = 0; i < world.size(); ++i) {
        std::vector<std::size_t> known;
        for (std::size_t step = 1; step <= 6; ++step) {
            known.push_back((i + step) % world.size());
        }
        world.knows(i, known);
    }
}

std::uint64_t payloads(World& world) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < world.size(); ++i) {
        sum += world[i].statistics().payloads_sent;
    }
    return sum;
}

TEST_CASE("Nodes that know some others: everybody gets everything, each payload once", "[scenario]") {
    World world(24, overlay_config());
    world.network.set_latency(5ms);
    know_some(world);
    world.run(3s);
    for (std::size_t i = 0; i < 24; ++i) {
        CHECK(world[i].statistics().neighbours >= 3);
        CHECK(world[i].statistics().neighbours <= 12);
    }
    for (int round = 0; round < 20; ++round) {
        for (const std::size_t source : {0U, 5U, 17U}) {
            const std::string payload = std::to_string(source) + " says " + std::to_string(round);
            CHECK(world[source].broadcast(payload).status == PublishOutcome::Status::sent);
            world.run(100ms);
            CHECK(world.all_received(payload, source));
        }
    }
    CHECK(payloads(world) <= 60 * 23 * 102 / 100);
}

TEST_CASE("A burst from a node that never sent before arrives whole", "[scenario]") {
    World world(24, overlay_config());
    world.network.set_latency(5ms);
    know_some(world);
    world.run(3s);
    for (int number = 0; number < 50; ++number) {
        world[3].broadcast("burst " + std::to_string(number));
    }
    world.run(1s);
    for (int number = 0; number < 50; ++number) {
        CHECK(world.all_received("burst " + std::to_string(number), 3));
    }
}

TEST_CASE("What a node says before it has neighbours is not lost", "[scenario]") {
    Config config = overlay_config();
    config.enable_anti_entropy = false;
    World world(24, config);
    world.network.set_latency(5ms);
    world[0].broadcast("early");
    world.run(5s);
    CHECK(world.all_received("early", 0));
}

TEST_CASE("Neighbours that end are replaced, and what they missed comes when they are back", "[scenario]") {
    World world(24, overlay_config());
    world.network.set_latency(5ms);
    know_some(world);
    world.run(3s);
    world[0].broadcast("first");
    world.run(1s);
    for (std::size_t i = 1; i < 24; i += 4) {
        world.kill(i);
    }
    for (int round = 0; round < 10; ++round) {
        const std::string payload = "round " + std::to_string(round);
        world[0].broadcast(payload);
        CHECK(world.run_until_all_received(payload, 0, 10s));
    }
    for (std::size_t i = 1; i < 24; i += 4) {
        world.spawn(i);
    }
    world.run(10s);
    CHECK(world.all_received("first", 0));
    CHECK(world.all_received("round 9", 0));
}

}  // namespace
