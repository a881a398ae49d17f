#include <string>

#include <lattice/core/push_ledger.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

const TimePoint start{1h};

PushLedger::Entry entry(const Message& message, const Peer& peer, TimePoint deadline) {
    PushLedger::Entry made;
    made.message = message;
    made.peer = peer;
    made.deadline = deadline;
    return made;
}

}  // namespace

TEST_CASE("an entry is there until it is taken, once") {
    Random random(1);
    PushLedger ledger(10, random);
    const Message message = test::message("one");
    const Peer peer("a");
    CHECK(ledger.next_deadline() == TimePoint::max());
    REQUIRE(ledger.add(entry(message, peer, start + 5ms)));
    CHECK(ledger.next_deadline() == start + 5ms);
    CHECK(ledger.look_up(message.key().word(0), peer) != nullptr);
    CHECK(ledger.look_up(message.key().word(0), Peer("b")) == nullptr);
    CHECK_FALSE(ledger.take(message.key().word(0), Peer("b")));
    const auto taken = ledger.take(message.key().word(0), peer);
    REQUIRE(taken);
    CHECK(taken->message.same_as(message));
    CHECK_FALSE(ledger.take(message.key().word(0), peer));
    CHECK(ledger.size() == 0);
    CHECK(ledger.next_deadline() == TimePoint::max());
}

TEST_CASE("what is due comes out, the rest stays") {
    Random random(2);
    PushLedger ledger(100, random);
    for (int i = 0; i < 20; ++i) {
        REQUIRE(ledger.add(entry(test::message(std::to_string(i)), Peer("a"), start + i * 1ms)));
    }
    CHECK(ledger.take_due(start - 1ms).empty());
    CHECK(ledger.take_due(start + 9ms).size() == 10);
    CHECK(ledger.take_due(start + 9ms).empty());
    CHECK(ledger.size() == 10);
    CHECK(ledger.next_deadline() == start + 10ms);
}

TEST_CASE("at the bound nothing more is waited for; the same message and peer take no more room") {
    Random random(3);
    PushLedger ledger(2, random);
    CHECK(ledger.add(entry(test::message("1"), Peer("a"), start)));
    CHECK(ledger.add(entry(test::message("2"), Peer("a"), start)));
    CHECK_FALSE(ledger.add(entry(test::message("3"), Peer("a"), start)));
    CHECK(ledger.add(entry(test::message("2"), Peer("a"), start + 1s)));
    CHECK(ledger.size() == 2);
    CHECK(ledger.take_due(start + 1ms).size() == 1);
}

TEST_CASE("a lost peer's entries come out together") {
    Random random(4);
    PushLedger ledger(100, random);
    for (int i = 0; i < 12; ++i) {
        REQUIRE(ledger.add(entry(test::message(std::to_string(i)), Peer(i % 3 == 0 ? "a" : "b"), start)));
    }
    CHECK(ledger.take_all(Peer("a")).size() == 4);
    CHECK(ledger.take_all(Peer("a")).empty());
    CHECK(ledger.size() == 8);
}
