#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <lattice/clock/manual.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/core/posted_broadcasts.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using Status = PublishOutcome::Status;

namespace {

/// Takes frames, and says of each peer what the test wants.
struct AnsweringTransport {
    void send(const Frame&, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        ++calls;
        for (std::size_t i = 0; i < peers.size(); ++i) {
            statuses[i] = peers[i].id() == "a" ? of_a : of_others;
        }
    }
    void open(TransportEvents) {}
    void close() {}

    SendStatus of_a{SendStatus::sent};
    SendStatus of_others{SendStatus::sent};
    int calls{0};
};

struct Source {
    std::vector<Peer> peers() { return {Peer("a", "x://a"), Peer("b", "x://b"), Peer("c", "x://c")}; }
};

struct Publisher {
    explicit Publisher(Limits limits = {}) : gossip(transport, clock, source, config(limits), 1) { gossip.start(); }

    static Config config(const Limits& limits) {
        Config config;
        config.node_id = "self";
        config.limits = limits;
        config.enable_anti_entropy = false;
        config.enable_pull = false;
        return config;
    }

    /// From another thread; how many of them were posted.
    std::size_t post(std::size_t count, std::size_t bytes = 1) {
        std::size_t taken = 0;
        std::thread other([&] {
            for (std::size_t i = 0; i < count; ++i) {
                BroadcastOptions options;
                options.outcome = [this](const PublishOutcome& outcome) { told.push_back(outcome.status); };
                const auto outcome = gossip.broadcast("t", Bytes(std::string(bytes, 'x')), std::move(options));
                taken += outcome.status == Status::posted ? 1U : 0U;
                CHECK((outcome.status == Status::posted || outcome.status == Status::overloaded));
            }
        });
        other.join();
        return taken;
    }

    ManualClock clock;
    AnsweringTransport transport;
    Source source;
    std::vector<Status> told;
    GossipProtocol<AnsweringTransport, ManualClock, Source> gossip;
};

}  // namespace

TEST_CASE("posted broadcasts are bounded by bytes too, and a lone one is taken whatever its size") {
    Limits limits;
    limits.posted_bytes_max = 1'000;
    Publisher publisher(limits);
    CHECK(publisher.post(20, 100) == 10);
    publisher.clock.run_ready();
    CHECK(publisher.told.size() == 10);
    CHECK(publisher.post(2, 5'000) == 1);
    publisher.clock.run_ready();
    CHECK(publisher.post(20, 100) == 10);
}

TEST_CASE("while most queues are crowded, what is posted waits, in order, and is refused beyond the bound") {
    Limits limits;
    limits.posted_max = 10;
    Publisher publisher(limits);
    publisher.transport.of_others = SendStatus::crowded;
    CHECK(publisher.post(10) == 10);
    publisher.clock.run_ready();
    CHECK(publisher.transport.calls == 1);
    CHECK(publisher.post(10) == 1);  // nine wait
    publisher.clock.run_ready();
    CHECK(publisher.transport.calls == 1);

    publisher.clock.advance(PostedBroadcasts::pause);
    CHECK(publisher.transport.calls == 2);  // still crowded: one is tried
    publisher.transport.of_others = SendStatus::sent;
    publisher.clock.advance(PostedBroadcasts::pause);
    CHECK(publisher.transport.calls == 11);
    CHECK(publisher.told == std::vector<Status>(11, Status::sent));
    CHECK(publisher.post(10) == 10);
}

TEST_CASE("one crowded peer of three holds nobody up") {
    Publisher publisher;
    publisher.transport.of_a = SendStatus::crowded;
    publisher.post(10);
    publisher.clock.run_ready();
    CHECK(publisher.transport.calls == 10);
    publisher.transport.of_a = SendStatus::busy;
    publisher.post(10);
    publisher.clock.run_ready();
    CHECK(publisher.transport.calls == 20);
}

TEST_CASE("what waits when the protocol stops is told that it did") {
    Publisher publisher;
    publisher.transport.of_others = SendStatus::crowded;
    publisher.post(5);
    publisher.clock.run_ready();
    publisher.gossip.stop();
    publisher.clock.advance(1s);
    REQUIRE(publisher.told.size() == 5);
    CHECK(publisher.told.front() == Status::sent);
    CHECK(publisher.told.back() == Status::not_running);
}

TEST_CASE("a queue of posted broadcasts that is never empty keeps its memory in bounds and its order") {
    PostedBroadcasts waiting;
    PostedShare share;
    Limits limits;
    limits.posted_max = 4;
    int next = 0;
    int expected = 0;
    for (int i = 0; i < 4; ++i, ++next) {
        REQUIRE(share.take(0, limits));
        waiting.add({std::to_string(next), {}, {}});
    }
    CHECK_FALSE(share.take(0, limits));
    for (int round = 0; round < 1'000; ++round, ++next) {
        waiting.resume();
        waiting.run(share, [&](const PostedBroadcast& broadcast) {
            CHECK(broadcast.type == std::to_string(expected++));
            return waiting.heed({Status::sent, {}, 2}, {.sent = 2, .crowded = 1});
        });
        REQUIRE(waiting.size() == 3);
        REQUIRE(share.take(0, limits));
        waiting.add({std::to_string(next), {}, {}});
    }
}
