#include <chrono>
#include <set>
#include <string>

#include <lattice/core/peer_table.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

TEST_CASE("a peer keeps its slot while the table has room") {
    Random random(1);
    PeerTable table(10, random);
    const std::uint32_t slot = table.slot_of(Peer("a"), TimePoint{1s});
    table[slot].announces = 7;
    CHECK(table.slot_of(Peer("b"), TimePoint{2s}) != slot);
    CHECK(table.slot_of(Peer("a"), TimePoint{3s}) == slot);
    CHECK(table[slot].announces == 7);
    CHECK(table[slot].heard == TimePoint{3s});
    CHECK(table.find(Peer("c")) == PeerTable::none);
}

TEST_CASE("at the bound the peer not heard for longest gives way, unless something waits for it") {
    Random random(1);
    PeerTable table(3, random);
    const std::uint32_t a = table.slot_of(Peer("a"), TimePoint{1s});
    table.slot_of(Peer("b"), TimePoint{2s});
    table.slot_of(Peer("c"), TimePoint{3s});
    table[a].fetches_in_flight = 1;
    table[a].announces = 5;
    const std::uint32_t d = table.slot_of(Peer("d"), TimePoint{4s});
    CHECK(table[d].announces == 0);
    CHECK(table.find(Peer("b")) == PeerTable::none);
    CHECK(table.find(Peer("a")) == a);
    table[d].validations = 1;
    table[table.find(Peer("c"))].tracked_ids = 1;
    CHECK(table.slot_of(Peer("e"), TimePoint{5s}) == PeerTable::none);
}

TEST_CASE("a flood of peers keeps the table within its bound") {
    Random random(1);
    PeerTable table(64, random);
    for (int i = 0; i < 5'000; ++i) {
        const std::uint32_t slot = table.slot_of(Peer("peer-" + std::to_string(i)), TimePoint{std::chrono::seconds(i)});
        REQUIRE(slot != PeerTable::none);
        REQUIRE(table[slot].peer.id() == "peer-" + std::to_string(i));
        REQUIRE(table.size() <= 64);
    }
    for (int i = 5'000 - 64; i < 5'000; ++i) {
        REQUIRE(table.find(Peer("peer-" + std::to_string(i))) != PeerTable::none);
    }
}
