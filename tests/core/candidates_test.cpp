#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <lattice/core/candidates.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

PeerList peers(int first, int count) {
    std::vector<Peer> list;
    for (int i = first; i < first + count; ++i) {
        list.emplace_back("n" + std::to_string(i));
    }
    return PeerList(std::move(list));
}

std::set<std::string> ids(Candidates& candidates) {
    std::set<std::string> all;
    for (const Candidate& candidate : candidates) {
        all.emplace(candidate.peer.id());
    }
    return all;
}

}  // namespace

TEST_CASE("candidates are a bounded sample of the list, without this node") {
    Random random(1);
    Candidates candidates;
    candidates.know(peers(0, 100), Peer("n7"), 48, random);
    CHECK(candidates.size() == 48);
    CHECK(ids(candidates).size() == 48);
    candidates.know(peers(0, 10), Peer("n7"), 48, random);
    CHECK(candidates.size() == 9);
    CHECK(ids(candidates).count("n7") == 0);
}

TEST_CASE("who stays in the list keeps what was measured") {
    Random random(1);
    Candidates candidates;
    candidates.know(peers(0, 10), Peer("self"), 48, random);
    Candidate* nine = candidates.find(Peer("n9"));
    nine->ask(Candidate::Waits::echo, false, TimePoint(1s));
    nine->answered(TimePoint(1s + 30ms));
    candidates.know(peers(9, 10), Peer("self"), 48, random);
    REQUIRE(candidates.size() == 10);
    CHECK(candidates.find(Peer("n9"))->round_trip == 30ms);
    CHECK(candidates.find(Peer("n3")) == nullptr);
}

TEST_CASE("the shortest round trip counts") {
    Candidate candidate;
    for (const Duration took : {30ms, 20ms, 50ms}) {
        candidate.ask(Candidate::Waits::echo, false, TimePoint(1s));
        candidate.answered(TimePoint(1s) + took);
    }
    CHECK(candidate.round_trip == 20ms);
}

TEST_CASE("the nearest is among the measured, any is each equally often") {
    Random random(1);
    Candidates candidates;
    candidates.know(peers(0, 4), Peer("self"), 48, random);
    const auto all = [](const Candidate&) { return true; };
    CHECK(candidates.nearest(all) == nullptr);
    for (const auto& [id, took] : {std::pair("n1", 40ms), std::pair("n2", 20ms), std::pair("n3", 30ms)}) {
        candidates.find(Peer(id))->ask(Candidate::Waits::echo, false, TimePoint(1s));
        candidates.find(Peer(id))->answered(TimePoint(1s) + took);
    }
    CHECK(candidates.nearest(all)->peer.id() == "n2");
    CHECK(candidates.nearest([](const Candidate& c) { return c.peer.id() != "n2"; })->peer.id() == "n3");
    int first = 0;
    for (int i = 0; i < 4'000; ++i) {
        first += candidates.any(random, all)->peer.id() == "n0" ? 1 : 0;
    }
    CHECK((first > 890 && first < 1'110));  // Four standard deviations round 1,000.
}

TEST_CASE("who is silent is asked again some times, then forgotten") {
    Random random(1);
    Candidates candidates;
    candidates.know(peers(0, 1), Peer("self"), 48, random);
    TimePoint now(1s);
    std::vector<std::string> lost;
    const auto lose = [&](const Peer& peer) { lost.emplace_back(peer.id()); };
    for (int tries = 1; tries <= Candidates::silences_max; ++tries) {
        REQUIRE(candidates.size() == 1);
        candidates.begin()->ask(Candidate::Waits::welcome, true, now);
        candidates.give_up_on_silent(now + Candidates::answer_timeout - 1ns, lose);
        CHECK(candidates.begin()->joining());
        now += Candidates::answer_timeout;
        candidates.give_up_on_silent(now, lose);
    }
    CHECK(candidates.size() == 0);
    CHECK(lost == std::vector<std::string>{"n0"});
}

TEST_CASE("who refused is left alone twice as long each time") {
    Candidate candidate;
    candidate.put_off(TimePoint(0s));
    CHECK(candidate.not_before == TimePoint(2s));
    candidate.put_off(TimePoint(0s));
    CHECK(candidate.not_before == TimePoint(4s));
    for (int i = 0; i < 20; ++i) {
        candidate.put_off(TimePoint(0s));
    }
    CHECK(candidate.not_before == TimePoint(512s));
}
