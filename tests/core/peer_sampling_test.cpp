#include <cmath>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include <lattice/core/peer_sampling.hpp>

#include "support/catch.hpp"

using namespace lattice;

namespace {

PeerList peers(std::size_t count) {
    std::vector<Peer> list;
    for (std::size_t i = 0; i < count; ++i) {
        list.emplace_back("node-" + std::to_string(i));
    }
    return PeerList(std::move(list));
}

}  // namespace

TEST_CASE("a sample is distinct, eligible and of the asked size, uniformly") {
    const std::size_t network = GENERATE(10U, 200U);
    const PeerList list = peers(network);
    Random random(4);
    std::vector<int> counts(network);
    const int rounds = 20'000;
    for (int round = 0; round < rounds; ++round) {
        std::vector<Peer> chosen;
        sample_peers(list, 3, random, chosen, [](const Peer& peer) { return peer.id() != "node-0"; });
        REQUIRE(chosen.size() == 3);
        std::set<std::string> ids;
        for (const Peer& peer : chosen) {
            ids.insert(std::string(peer.id()));
            ++counts[static_cast<std::size_t>(std::stoi(std::string(peer.id().substr(5))))];
        }
        REQUIRE(ids.size() == 3);
    }
    CHECK(counts[0] == 0);
    const double expected = 3.0 * rounds / static_cast<double>(network - 1);
    for (std::size_t i = 1; i < network; ++i) {
        CHECK(std::abs(counts[i] - expected) < 5 * std::sqrt(expected));
    }
}

TEST_CASE("when fewer are eligible all of them are chosen") {
    std::vector<Peer> chosen{Peer("before")};
    Random random(4);
    sample_peers(peers(5), 10, random, chosen, [](const Peer& peer) { return peer.id() != "node-3"; });
    CHECK(chosen.size() == 5);
    CHECK(chosen[0].id() == "before");
    chosen.clear();
    sample_peers(PeerList{}, 3, random, chosen, [](const Peer&) { return true; });
    CHECK(chosen.empty());
}

TEST_CASE("doubles in the list count once") {
    Random random(4);
    std::vector<Peer> chosen;
    sample_peers(PeerList({Peer("a"), Peer("a"), Peer("b"), Peer("a")}), 3, random, chosen,
                 [](const Peer&) { return true; });
    CHECK(chosen.size() == 2);
}
