#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <lattice/core/request_scheduler.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using lattice::test::name;

namespace {

struct Fixture {
    Limits limits;
    Random random{3};
    PeerTable peers{64, random};
    RequestScheduler scheduler{limits, random};
    TimePoint now{1h};

    std::uint32_t peer(const std::string& id) { return peers.slot_of(Peer(id, "memory://" + id), now); }
    void announce(std::uint64_t number, const std::string& id) {
        scheduler.announced(name(number), Naming::keys, peer(id), peers);
    }
    /// Who is asked now, per name.
    std::map<MessageId, std::string> collect() {
        std::vector<RequestScheduler::Batch> batches;
        scheduler.collect(now, peers, batches);
        std::map<MessageId, std::string> asked;
        for (const auto& batch : batches) {
            CHECK(batch.request.names.size() <= limits.fetch_ids_max);
            for (const MessageId& wanted : batch.request.names) {
                CHECK(asked.emplace(wanted, std::string(peers[batch.peer].peer.id())).second);
            }
        }
        return asked;
    }
    /// Every share that the scheduler counts is back at nothing.
    bool clean() {
        for (std::uint32_t slot = 0; slot < peers.size(); ++slot) {
            if (peers[slot].tracked_ids != 0 || peers[slot].fetches_in_flight != 0) {
                return false;
            }
        }
        return scheduler.size() == 0;
    }
};

}  // namespace

TEST_CASE("a name is asked of its first announcer, once") {
    Fixture f;
    f.announce(1, "a");
    f.announce(1, "b");
    CHECK(f.collect() == std::map<MessageId, std::string>{{name(1), "a"}});
    CHECK(f.collect().empty());
    CHECK(f.scheduler.wants(name(1), Naming::keys));
    CHECK_FALSE(f.scheduler.wants(name(1), Naming::ids));
    f.scheduler.arrived(name(1), Naming::keys, f.peers);
    CHECK(f.clean());
    CHECK(f.collect().empty());
}

TEST_CASE("silence passes a name on, with patience that grows after some tries") {
    Fixture f;
    const std::vector<std::string> ids{"a", "b", "c", "d", "e", "f", "g"};
    for (const std::string& id : ids) {
        f.announce(1, id);
    }
    const std::vector<Duration> patience{2s, 2s, 2s, 2s, 4s, 8s, 16s};
    for (std::size_t i = 0; i < ids.size(); ++i) {
        REQUIRE(f.collect() == std::map<MessageId, std::string>{{name(1), ids[i]}});
        CHECK(f.scheduler.next_deadline() == f.now + patience[i]);
        f.now += patience[i] - 1ns;
        CHECK(f.scheduler.expire(f.now, f.peers) == 0);
        f.now += 1ns;
        CHECK(f.scheduler.expire(f.now, f.peers) == 1);
    }
    CHECK(f.collect().empty());
    CHECK(f.clean());
    CHECK(f.scheduler.next_deadline() == TimePoint::max());
}

TEST_CASE("who announces a name again while it is asked for it is asked again after the silence") {
    Fixture f;
    f.announce(1, "a");
    f.collect();
    f.announce(1, "a");
    f.now += 2s;
    f.scheduler.expire(f.now, f.peers);
    CHECK(f.collect() == std::map<MessageId, std::string>{{name(1), "a"}});
    f.now += 2s;
    f.scheduler.expire(f.now, f.peers);
    CHECK(f.collect().empty());
    CHECK(f.clean());
}

TEST_CASE("not found and a failed link pass a name on at once") {
    Fixture f;
    for (const char* id : {"a", "b", "c"}) {
        f.announce(1, id);
    }
    f.collect();
    f.scheduler.not_found(name(1), Naming::keys, f.peer("c"), f.peers);  // Was not asked: has no say.
    CHECK(f.collect().empty());
    f.scheduler.not_found(name(1), Naming::keys, f.peer("a"), f.peers);
    CHECK(f.collect() == std::map<MessageId, std::string>{{name(1), "b"}});
    f.scheduler.peer_failed(f.peer("b"), f.peers);
    CHECK(f.collect() == std::map<MessageId, std::string>{{name(1), "c"}});
    f.scheduler.peer_failed(f.peer("c"), f.peers);
    CHECK(f.collect().empty());
    CHECK(f.clean());
}

TEST_CASE("one peer gets at most its share, and the rest waits for room or goes to others") {
    Fixture f;
    for (std::uint64_t i = 0; i < 100; ++i) {
        f.announce(i, "a");
    }
    CHECK(f.collect().size() == 64);
    for (std::uint64_t i = 64; i < 70; ++i) {
        f.announce(i, "b");
    }
    CHECK(f.collect().size() == 6);
    for (std::uint64_t i = 0; i < 70; ++i) {
        f.scheduler.arrived(name(i), Naming::keys, f.peers);
    }
    CHECK(f.scheduler.due());
    CHECK(f.collect().size() == 30);
    for (std::uint64_t i = 70; i < 100; ++i) {
        f.scheduler.arrived(name(i), Naming::keys, f.peers);
    }
    CHECK(f.clean());
}

TEST_CASE("a liar who announces without end fills its own share and nobody else's") {
    Fixture f;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        f.announce(i, "liar");
    }
    CHECK(f.scheduler.size() == f.limits.tracked_ids_per_peer);
    f.announce(50'000, "honest");
    CHECK(f.collect()[name(50'000)] == "honest");
}

TEST_CASE("under random events every name ends, and the counts come back to nothing") {
    Fixture f;
    Random choice(GENERATE(1U, 2U, 3U, 4U));
    const auto any_peer = [&] { return "peer-" + std::to_string(choice.below(12)); };
    std::map<MessageId, std::set<std::string>> asked;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t number = choice.below(300);
        switch (choice.below(8)) {
            case 0:
                f.scheduler.arrived(name(number), Naming::keys, f.peers);
                asked.erase(name(number));
                break;
            case 1:
                f.scheduler.not_found(name(number), Naming::keys, f.peer(any_peer()), f.peers);
                break;
            case 2:
                f.now += std::chrono::milliseconds(choice.below(300));
                f.scheduler.expire(f.now, f.peers);
                break;
            case 3:
                if (choice.below(50) == 0) {
                    f.scheduler.peer_failed(f.peer(any_peer()), f.peers);
                }
                break;
            default:
                f.announce(number, any_peer());
        }
        if (f.scheduler.due()) {
            f.collect();
        }
        for (std::uint32_t slot = 0; slot < f.peers.size(); ++slot) {
            REQUIRE(f.peers[slot].fetches_in_flight <= f.limits.fetches_in_flight_per_peer);
        }
    }
    for (int i = 0; i < 50; ++i) {
        f.now += 16s;
        f.scheduler.expire(f.now, f.peers);
        f.collect();
    }
    CHECK(f.clean());
}
