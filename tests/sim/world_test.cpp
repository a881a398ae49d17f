#include <chrono>
#include <string>

#include <lattice/sim/checkers.hpp>
#include <lattice/sim/world.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

LinkModel link(Duration least, Duration most, double loss = 0) {
    LinkModel model;
    model.latency = Latency::uniform(least, most);
    model.loss = loss;
    return model;
}

/// A world of some size in which much goes wrong, for comparing runs.
std::uint64_t eventful_trace(std::uint64_t seed) {
    World world(seed);
    LinkModel model = link(1ms, 80ms, 0.2);
    model.duplication = 0.1;
    model.reordering = 0.1;
    Config config;
    config.anti_entropy_interval = 2s;
    world.configure(config).nodes(24).link(model).through_codec(true);
    world.make_hostile(23, {Misdeed::garbage, Misdeed::mutation, Misdeed::id_flood, Misdeed::replay});
    world.node(3).clock.go_wrong({5s, 10'000});
    for (NodeIndex i = 0; i < 40; ++i) {
        world.at(i * 100ms, [&world, i] { world.try_broadcast(i % 20, "proof", std::to_string(i)); });
    }
    world.at(1s, [&world] { world.partition(Partition::halves()); });
    world.at(2s, [&world] { world.crash(4).pause_for(5, 1s); });
    world.at(3s, [&world] { world.start(4).nodes(1); });
    world.at(4s, [&world] { world.heal(); });
    world.run_for(8s);
    return world.trace().value();
}

}  // namespace

TEST_CASE("A message reaches a node that was away", "[sim]") {
    World world(42);
    world.nodes(8).link(link(10ms, 50ms, 0.2));
    world.stop(3);
    const auto proof = world.broadcast(0, "proof", "transfer(alice, bob, 100)");
    world.run_for(5s);
    world.expect_has_not(3, proof);
    world.start(3);
    world.run_for(90s);
    world.expect_everyone_has(proof);
}

TEST_CASE("A partition keeps a message on its side until it heals", "[sim]") {
    World world(7);
    Config config;
    config.anti_entropy_interval = 2s;
    world.configure(config).nodes(10).link(link(5ms, 20ms));
    world.partition(Partition::sides({0, 0, 0, 0, 0, 1, 1, 1, 1, 1}));
    const auto proof = world.broadcast(0, "proof", "left");
    world.run_for(10s);
    CHECK(world.count_with(proof) == 5);
    world.expect_has_not(5, proof).heal();
    world.run_for(20s).expect_everyone_has(proof);
}

TEST_CASE("A crash forgets, a stop does not", "[sim]") {
    World world(1);
    Config config;
    config.enable_anti_entropy = false;
    world.configure(config).nodes(5).link(link(1ms, 2ms));
    const auto proof = world.broadcast(0, "proof", "x");
    world.run_for(5s).expect_everyone_has(proof);
    world.stop(1).crash(2);
    world.run_for(1s).start(1).start(2);
    world.expect_has(1, proof).expect_has_not(2, proof);
    CHECK(world.engine(1).has_seen(world.ledger()[proof].message.key()));
    CHECK_FALSE(world.engine(2).has_seen(world.ledger()[proof].message.key()));
}

TEST_CASE("A paused node gets afterwards what came meanwhile", "[sim]") {
    World world(1);
    Config config;
    config.enable_anti_entropy = false;
    config.enable_pull = false;
    world.configure(config).nodes(2).link(link(1ms, 1ms));
    world.pause_for(1, 10s);
    const auto proof = world.broadcast(0, "proof", "x");
    world.run_for(9s).expect_nobody_else_has(proof);
    world.run_for(1s).expect_has(1, proof);
    CHECK(world.ledger().arrival(proof, 1).time == 10s);
}

TEST_CASE("Newcomers learn of everybody, and everybody of them", "[sim]") {
    World world(1);
    Config config;
    config.anti_entropy_interval = 2s;
    world.configure(config).nodes(3).link(link(1ms, 5ms));
    const auto before = world.broadcast(0, "proof", "before");
    world.run_for(1s).nodes(2).run_for(20s).expect_everyone_has(before);
    const auto after = world.broadcast(4, "proof", "after");
    world.run_for(20s).expect_everyone_has(after);
}

TEST_CASE("Nodes that know only their neighbours pass a message along", "[sim]") {
    World world(1);
    Config config;
    config.message_ttl = 20;
    world.configure(config).nodes(12).link(link(10ms, 10ms));
    for (NodeIndex node = 0; node < 12; ++node) {
        world.acquaint(node, {(node + 1) % 12});
    }
    const auto proof = world.broadcast(0, "proof", "around");
    world.run_for(109ms).expect_has(10, proof).expect_has_not(11, proof);
    world.run_for(1ms).expect_everyone_has(proof);
    CHECK(world.ledger().arrival(proof, 11).hops == 11);
}

TEST_CASE("A dropped link loses everything in one direction", "[sim]") {
    World world(1);
    Config config;
    config.enable_anti_entropy = false;
    world.configure(config).nodes(2).link(link(1ms, 1ms)).drop(0, 1);
    const auto there = world.broadcast(0, "proof", "there");
    const auto back = world.broadcast(1, "proof", "back");
    world.run_for(10s).expect_has_not(1, there).expect_has(0, back);
}

TEST_CASE("A failed expectation says when, where and how to see it again", "[sim]") {
    World world(99);
    world.nodes(3).replay_with("play --seed 99");
    const auto proof = world.broadcast(0, "proof", "x");
    REQUIRE_THROWS_AS(world.expect_everyone_has(proof), Violation);
    try {
        world.expect_everyone_has(proof);
    } catch (const Violation& violation) {
        CHECK_THAT(violation.what(), ContainsSubstring("n1 n2"));
        CHECK_THAT(violation.what(), ContainsSubstring("seed 99"));
        CHECK_THAT(violation.what(), ContainsSubstring("play --seed 99"));
    }
}

TEST_CASE("Hostile nodes of every kind leave the honest ones in order", "[sim]") {
    for (std::size_t deed = 0; deed < misdeeds; ++deed) {
        LATTICE_SHOW(name_of(static_cast<Misdeed>(deed)));
        World world(5);
        Config config;
        config.anti_entropy_interval = 2s;
        config.foreign_ids = Config::ForeignIds::refuse;
        world.configure(config).nodes(8).link(link(1ms, 30ms));
        watch_everything(world);
        world.make_hostile(7, {static_cast<Misdeed>(deed)});
        const auto first = world.broadcast(0, "proof", "first");
        world.run_for(5s);
        const auto second = world.broadcast(1, "proof", "second");
        world.run_for(30s).expect_everyone_has(first).expect_everyone_has(second);
        world.examine().expect_no_violation();
    }
}

TEST_CASE("The same seed takes the same course, another seed another", "[sim]") {
    CHECK(eventful_trace(1) == eventful_trace(1));
    CHECK(eventful_trace(1) != eventful_trace(2));
}
