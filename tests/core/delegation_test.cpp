#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <lattice/core/delegation.hpp>

#include "support/catch.hpp"

using namespace lattice;

namespace {

PeerList peers_up_to(int count) {
    std::vector<Peer> peers;
    for (int i = 0; i < count; ++i) {
        peers.emplace_back("node-" + std::to_string(i));
    }
    return PeerList(std::move(peers));
}

struct Child {
    Peer peer;
    Slice slice;
};

std::vector<Child> children_of(const PeerList& peers, Slice slice, std::size_t degree, Random& random) {
    std::vector<Child> children;
    delegate_slice(
        peers, slice, degree, random, [](const Peer&) { return true; }, [](const Peer&) { return 0; },
        [&](const Peer& peer, Slice part) {
            children.push_back({peer, part});
        });
    return children;
}

/// Plays a whole tree: who gets the message, how often, and how deep the tree is.
struct Tree {
    const PeerList& peers;
    std::size_t degree;
    Random random{7};
    std::multiset<std::string> reached{};
    int depth{0};

    void spread(const Peer& node, Slice slice, int hops) {
        depth = std::max(depth, hops);
        const Arcs arcs = Arcs::around(node.hash(), slice);
        for (const Slice arc : {arcs.before, arcs.behind}) {
            for (const Child& child : children_of(peers, arc, degree, random)) {
                reached.insert(std::string(child.peer.id()));
                if (!child.slice.empty()) {
                    spread(child.peer, child.slice, hops + 1);
                }
            }
        }
    }
};

}  // namespace

TEST_CASE("a slice contains what lies between its ends, round the end of the numbers too") {
    const Slice plain{10, 20};
    CHECK(plain.contains(10));
    CHECK(plain.contains(19));
    CHECK_FALSE(plain.contains(20));
    CHECK_FALSE(plain.contains(9));
    const Slice wrapped{~std::uint64_t{0} - 5, 5};
    CHECK(wrapped.contains(~std::uint64_t{0}));
    CHECK(wrapped.contains(0));
    CHECK_FALSE(wrapped.contains(5));
    CHECK_FALSE(Slice{}.contains(0));
    CHECK_FALSE(Slice::all_but(3).contains(3));
    CHECK(Slice::all_but(3).contains(4));
    CHECK(Slice::all_but(3).contains(2));
}

TEST_CASE("the range of a slice is the peers whose positions it contains") {
    const PeerList peers = peers_up_to(100);
    Random random(1);
    for (int i = 0; i < 500; ++i) {
        const Slice slice{random.next(), random.next()};
        const RingRange range = range_of(peers, slice);
        const auto expected =
            std::count_if(peers.begin(), peers.end(), [&](const Peer& peer) { return slice.contains(peer.hash()); });
        REQUIRE(range.size == static_cast<std::size_t>(expected));
        if (range.size != 0) {
            CHECK(slice.contains(peers.ring()[range.start % peers.size()].position));
        }
    }
    CHECK(range_of(PeerList{}, {1, 9}).size == 0);
}

TEST_CASE("children of a small slice are all its peers, with nobody behind them") {
    const PeerList peers = peers_up_to(9);
    Random random(2);
    const auto children = children_of(peers, Slice::all_but(peers[4].hash()), 16, random);
    CHECK(children.size() == 8);
    for (const Child& child : children) {
        CHECK(child.slice.empty());
        CHECK_FALSE(child.peer == peers[4]);
    }
}

TEST_CASE("every node gets the message once, in as many hops as the degree needs") {
    const int count = GENERATE(1, 2, 3, 17, 18, 40, 300, 2'000);
    const std::size_t degree = GENERATE(2U, 3U, 16U, 32U);
    const PeerList peers = peers_up_to(count);
    Tree tree{peers, degree};
    tree.spread(peers[0], Slice::all_but(peers[0].hash()), 1);
    CHECK(tree.reached.size() == static_cast<std::size_t>(count - 1));
    CHECK(std::set<std::string>(tree.reached.begin(), tree.reached.end()).size() == tree.reached.size());
    int bound = 1;
    for (std::size_t reach = 1; reach < static_cast<std::size_t>(count); reach *= degree) {
        ++bound;
    }
    CHECK(tree.depth <= bound);
}

TEST_CASE("who is not eligible gets no branch, and the others of the run take its place") {
    const PeerList peers = peers_up_to(200);
    Random random(3);
    std::size_t branches = 0;
    delegate_slice(
        peers, {1, 0}, 10, random, [&](const Peer& peer) { return peer.hash() % 3 == 0; },
        [](const Peer&) { return 0; },
        [&](const Peer& peer, Slice) {
            CHECK(peer.hash() % 3 == 0);
            ++branches;
        });
    CHECK(branches == 10);
}

TEST_CASE("the cheapest of those drawn heads a branch") {
    const PeerList peers = peers_up_to(400);
    Random random(4);
    std::uint64_t sum = 0;
    int count = 0;
    for (int i = 0; i < 100; ++i) {
        delegate_slice(
            peers, {1, 0}, 4, random, [](const Peer&) { return true; },
            [](const Peer& peer) { return peer.hash() % 1'000; },
            [&](const Peer& peer, Slice) {
                sum += peer.hash() % 1'000;
                ++count;
            });
    }
    CHECK(sum / static_cast<std::uint64_t>(count) < 300);  // The least of three of 0 to 999: 250 on average, not 500.
}

TEST_CASE("arcs leave exactly the hole out") {
    const Slice slice{100, 200};
    const Arcs arcs = Arcs::around(150, slice);
    for (std::uint64_t position = 90; position < 210; ++position) {
        const int times = (arcs.before.contains(position) ? 1 : 0) + (arcs.behind.contains(position) ? 1 : 0);
        CHECK(times == (slice.contains(position) && position != 150 ? 1 : 0));
    }
    const Arcs whole = Arcs::around(5, slice);
    CHECK(whole.before == slice);
    CHECK(whole.behind.empty());
}
