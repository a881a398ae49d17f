#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <lattice/core/receipt_callbacks.hpp>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace lattice;
using namespace lattice::testing;
using namespace std::chrono_literals;
using State = ReceiptOutcome::State;
using Status = PublishOutcome::Status;

namespace {

/// A small world, and what its first node was told.
struct Play {
    BroadcastOptions waiting(ReceiptGoal goal) {
        BroadcastOptions options;
        options.receipt = goal;
        options.receipted = [this](const ReceiptOutcome& outcome) { told.push_back(outcome); };
        return options;
    }
    PublishOutcome broadcast(ReceiptGoal goal) {
        return world[0].protocol->broadcast("note", Bytes(std::string_view("hello")), waiting(goal));
    }

    World world{5};
    std::vector<ReceiptOutcome> told;
};

}  // namespace

TEST_CASE("the host is told once that its goal is reached, not before broadcast returned, and may go on from there") {
    Play play;
    const PublishOutcome outcome = play.broadcast({0, 1.0, 5s});
    CHECK(play.told.empty());
    play.world.run(1s);
    REQUIRE(play.told.size() == 1);
    CHECK(play.told[0].state == State::resolved);
    CHECK(play.told[0].id == outcome.id);
    CHECK(play.told[0].reached == 4);
    CHECK(play.told[0].network == 5);

    BroadcastOptions options;
    options.receipt = ReceiptGoal{1, 0, 5s};
    options.receipted = [&play](const ReceiptOutcome&) { play.broadcast({2, 0, 5s}); };
    play.world[0].protocol->broadcast("note", Bytes(std::string_view("first")), std::move(options));
    play.world.run(1s);
    REQUIRE(play.told.size() == 2);
    CHECK(play.told[1].reached >= 2);
    play.world.run(2min);
    CHECK(play.told.size() == 2);
}

TEST_CASE("several may wait, and each is told of its own message") {
    Play play;
    play.world.partition({0, 1, 2});
    const PublishOutcome few = play.broadcast({2, 0, 5s});
    const PublishOutcome many = play.broadcast({3, 0, 5s});
    play.world.run(4s);
    REQUIRE(play.told.size() == 1);
    CHECK(play.told[0].id == few.id);
    play.world.run(2s);
    REQUIRE(play.told.size() == 2);
    CHECK(play.told[1].id == many.id);
    CHECK(play.told[1].state == State::timed_out);
    CHECK(play.told[1].reached == 2);
}

TEST_CASE("who waits while the protocol stops is told that") {
    Play play;
    play.broadcast({4, 0, 5s});
    play.broadcast({4, 0, 5s});
    play.world[0].protocol->stop();
    REQUIRE(play.told.size() == 2);
    CHECK(play.told[0].state == State::stopped);
    play.world[0].protocol->start();
    play.world.run(10s);
    CHECK(play.told.size() == 2);
    play.broadcast({4, 0, 5s});
    play.world.kill(0);
    CHECK(play.told.size() == 3);
}

TEST_CASE("any thread may wait for a receipt; what is posted and refused later is told too") {
    Play play;
    Protocol& protocol = *play.world[0].protocol;
    const auto post = [&](ReceiptGoal goal) {
        Status status{};
        std::thread other([&] { status = protocol.broadcast("note", Bytes{}, play.waiting(goal)).status; });
        other.join();
        return status;
    };
    CHECK(post({3, 0, 0s}) == Status::bad_receipt);
    CHECK(post({3, 0, 5s}) == Status::posted);
    play.world.run(1s);
    REQUIRE(play.told.size() == 1);
    CHECK(play.told[0].state == State::resolved);
    CHECK(post({3, 0, 5s}) == Status::posted);
    protocol.stop();
    play.world.run(1s);
    REQUIRE(play.told.size() == 2);
    CHECK(play.told[1].state == State::refused);
}

TEST_CASE("what is refused at once is not told again") {
    Play play;
    CHECK(play.broadcast({}).status == Status::bad_receipt);
    BroadcastOptions options = play.waiting({});
    options.receipt.reset();
    CHECK(play.world[0].protocol->broadcast("note", Bytes{}, std::move(options)).status == Status::bad_receipt);
    play.world.run(1s);
    CHECK(play.told.empty());
    CHECK(play.world[0].statistics().messages_sent == 0);
}
