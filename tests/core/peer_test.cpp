#include <lattice/core/peer.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("peers are equal when their ids are, wherever they live") {
    const Peer here("node-1", "http://127.0.0.1:1");
    const Peer there("node-1", "http://127.0.0.1:2");
    CHECK(here == there);
    CHECK(here.hash() == there.hash());
    CHECK_FALSE(here == Peer("node-2", "http://127.0.0.1:1"));
    CHECK(here.address() == "http://127.0.0.1:1");
}

TEST_CASE("no peer is a value of its own") {
    const Peer none;
    CHECK_FALSE(none);
    CHECK(none == Peer{});
    CHECK_FALSE(none == Peer(""));
    CHECK(none.id().empty());
    CHECK(none.address().empty());
}

TEST_CASE("a list of peers is shared by its copies") {
    const PeerList list({Peer("a"), Peer("b")});
    const PeerList copy = list;
    CHECK(copy.same_as(list));
    CHECK(copy.size() == 2);
    CHECK(copy[1].id() == "b");
    CHECK(copy.end() - copy.begin() == 2);
    CHECK(PeerList{}.empty());
    CHECK(PeerList{}.begin() == PeerList{}.end());
}
