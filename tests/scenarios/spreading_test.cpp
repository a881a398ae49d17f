#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <lattice/core/frame.hpp>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace lattice;
using namespace lattice::testing;
using namespace std::chrono_literals;

namespace {

TEST_CASE("Three nodes: a proof reaches the two others", "[scenario]") {
    World world(3);
    const auto outcome = world[0].broadcast("transfer(alice, bob, 100)", "proof");
    REQUIRE(outcome.status == PublishOutcome::Status::sent);
    CHECK(outcome.peers == 2);
    world.clock.run_ready();

    for (const std::size_t i : {1U, 2U}) {
        REQUIRE(world[i].received.size() == 1);
        CHECK(world[i].received[0].type == "proof");
        CHECK(world[i].received[0].payload == "transfer(alice, bob, 100)");
        CHECK(world[i].received[0].origin == "n0");
        CHECK(world[i].received[0].hops == 1);
    }
    CHECK(world[0].received.empty());  // it knows what it said
    CHECK(world[0].statistics().messages_sent == 1);
}

TEST_CASE("A line of nodes: a message takes a hop per link", "[scenario]") {
    World world(6);
    for (std::size_t i = 0; i < 6; ++i) {
        world.knows(i, i == 5 ? std::vector<std::size_t>{4} : std::vector<std::size_t>{i + 1});
    }
    world[0].broadcast("down the line");
    world.clock.run_ready();
    for (std::size_t i = 1; i < 6; ++i) {
        REQUIRE(world[i].received.size() == 1);
        CHECK(world[i].received[0].hops == i);
    }
}

TEST_CASE("Every node broadcasts: all get all, once", "[scenario]") {
    World world(8);
    world.network.set_latency(5ms);
    for (std::size_t i = 0; i < world.size(); ++i) {
        world[i].broadcast("from " + std::to_string(i));
    }
    world.run(2s);
    for (std::size_t i = 0; i < world.size(); ++i) {
        CHECK(world.all_received("from " + std::to_string(i), i));
        CHECK(world[i].received.size() == world.size() - 1);
    }
}

TEST_CASE("A network without work is silent but for anti-entropy", "[scenario]") {
    World world(8);
    world[0].broadcast("the last word");
    world.run(10s);
    world.network.record(true);
    world.run(10s);
    for (const auto& packet : world.network.log()) {
        const bool compares =
            std::holds_alternative<SyncRequest>(packet.frame) || std::holds_alternative<SyncIds>(packet.frame);
        CHECK(compares);
    }
    CHECK(world.network.log().size() <= 8 * 20 * 2);  // per node at most one session in half an interval
}

TEST_CASE("A node that was stopped catches up", "[scenario]") {
    World world(8);
    world[3].protocol->stop();
    world[0].broadcast("while you were out");
    world.run(2s);
    CHECK(world[3].received.empty());
    CHECK(world[3].broadcast("from the grave").status == PublishOutcome::Status::not_running);

    world[3].protocol->start();
    REQUIRE(world.run_until_all_received("while you were out", 0, 5s));
    CHECK(world[3].received[0].retrieved);
}

TEST_CASE("A node that was killed comes back and is brought up to date", "[scenario]") {
    World world(8);
    for (int i = 0; i < 20; ++i) {
        world[0].broadcast("before " + std::to_string(i));
    }
    world.run(1s);
    world.kill(5);
    world[1].broadcast("meanwhile");
    world.run(1s);
    world.spawn(5);
    const auto everything = world[0].held();
    CHECK(world.clock.run_until([&] { return world[5].held() == everything; }, 5s));
    CHECK(world[5].times_received("meanwhile") == 1);
}

TEST_CASE("A third of all frames is lost: everybody gets everything all the same", "[scenario]") {
    World world(8);
    Random chance(42);
    world.network.decide([&](const MemoryPacket&) { return MemoryFate{chance.below(3) == 0 ? 0U : 1U, 5ms}; });
    for (int i = 0; i < 50; ++i) {
        world[static_cast<std::size_t>(i) % 8].broadcast("through the storm " + std::to_string(i));
        world.run(20ms);
    }
    const auto complete = [&] {
        for (int i = 0; i < 50; ++i) {
            if (!world.all_received("through the storm " + std::to_string(i), static_cast<std::size_t>(i) % 8)) {
                return false;
            }
        }
        return true;
    };
    CHECK(world.clock.run_until(complete, 30s));
}

TEST_CASE("Frames are doubled and come in any order: handlers still run once", "[scenario]") {
    World world(8);
    Random chance(7);
    world.network.decide([&](const MemoryPacket&) {
        return MemoryFate{1 + static_cast<std::size_t>(chance.below(2)), std::chrono::milliseconds{chance.below(300)}};
    });
    for (int i = 0; i < 30; ++i) {
        world[0].broadcast("echo " + std::to_string(i));
    }
    world.run(10s);
    for (int i = 0; i < 30; ++i) {
        CHECK(world.all_received("echo " + std::to_string(i), 0));  // each exactly once
    }
}

TEST_CASE("Two sides of a partition go on alone and agree when it heals", "[scenario]") {
    World world(8);
    world.partition({0, 1, 2});
    for (int i = 0; i < 20; ++i) {
        world[0].broadcast("west " + std::to_string(i));
        world[7].broadcast("east " + std::to_string(i));
    }
    world.run(5s);
    CHECK(world[2].times_received("west 0") == 1);
    CHECK(world[2].times_received("east 0") == 0);
    CHECK(world[4].times_received("east 0") == 1);
    CHECK(world[4].times_received("west 0") == 0);

    world.network.heal();
    const auto agreed = [&] {
        for (std::size_t i = 0; i < world.size(); ++i) {
            if (world[i].held().size() != 40) {
                return false;
            }
        }
        return true;
    };
    CHECK(world.clock.run_until(agreed, 10s));
    for (int i = 0; i < 20; ++i) {
        CHECK(world.all_received("west " + std::to_string(i), 0));
        CHECK(world.all_received("east " + std::to_string(i), 7));
    }
}

TEST_CASE("A node that can only speak is heard, and one that can only listen hears", "[scenario]") {
    World world(4);
    for (const std::size_t other : {1U, 2U, 3U}) {
        world.network.cut_one_way(world[other].self, world[0].self);
    }
    world[0].broadcast("can anybody hear me");
    CHECK(world.run_until_all_received("can anybody hear me", 0, 5s));

    world.network.heal();
    for (const std::size_t other : {1U, 2U, 3U}) {
        world.network.cut_one_way(world[0].self, world[other].self);
    }
    world[1].broadcast("listen");
    CHECK(world.run_until_all_received("listen", 1, 5s));
}

TEST_CASE("A message sent without peers spreads when there are some", "[scenario]") {
    World world(3);
    world.knows(0, {});
    CHECK(world[0].broadcast("hello?").status == PublishOutcome::Status::no_peers);
    world.run(3s);
    world.everybody_knows_everybody();
    CHECK(world.run_until_all_received("hello?", 0, 5s));
}

TEST_CASE("A handler may broadcast: question and answer", "[scenario]") {
    World world(5);
    world[4].protocol->register_handler("question", [&](const Delivery& delivery) {
        world[4].broadcast("answer to " + std::string(as_text(delivery.message.payload())), "answer");
    });
    world[0].broadcast("what is up", "question");
    CHECK(world.run_until_all_received("answer to what is up", 4, 5s));
}

TEST_CASE("What is invalid goes no further than to those that it was sent to", "[scenario]") {
    World world(20);
    for (std::size_t i = 0; i < world.size(); ++i) {
        world[i].protocol->register_default_validator([](const Delivery& delivery) {
            return as_text(delivery.message.payload()) == "nonsense" ? Verdict::reject : Verdict::accept;
        });
    }
    const auto outcome = world[0].broadcast("nonsense");
    world.run(5s);
    std::size_t pushed = 0;
    for (std::size_t i = 1; i < world.size(); ++i) {
        CHECK(world[i].received.empty());
        CHECK(world[i].held().empty());
        pushed += world[i].statistics().messages_forwarded;
    }
    CHECK(outcome.peers == 19);
    CHECK(pushed == 0);
}

TEST_CASE("Wall clocks that jump do not stop gossip", "[scenario]") {
    World world(4);
    for (const Duration jump : {Duration{24h}, Duration{-48h}, Duration{24h}}) {
        world.clock.jump_wall(jump);
        const std::string payload = "after a jump of " + std::to_string(jump.count());
        LATTICE_SHOW(payload);
        REQUIRE(world[0].broadcast(payload));
        CHECK(world.run_until_all_received(payload, 0, 5s));
    }
}

TEST_CASE("The same words said twice at once are two messages", "[scenario]") {
    World world(3);
    world[0].broadcast("knock");
    world[0].broadcast("knock");
    world.run(1s);
    CHECK(world[1].times_received("knock") == 2);
    CHECK(world[2].times_received("knock") == 2);
}

}  // namespace
