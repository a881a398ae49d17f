#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <lattice/core/receipt_ledger.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t everybody = 1'000;
constexpr Duration interval = 50ms;
constexpr std::uint64_t name = 7;

Peer peer(int number) { return Peer("node-" + std::to_string(number)); }

struct Desk {
    Random random{1};
    ReceiptLedger ledger{16, random};
    TimePoint now{1h};

    /// An entry of a message that the host accepted, with children of that bound.
    ReceiptLedger::Entry& entry(const Peer& parent, int children, std::uint32_t bound = 1) {
        ReceiptLedger::Entry& made = *ledger.add(name, parent, now + 1min);
        made.with_self = true;
        for (int i = 1; i <= children; ++i) {
            ledger.sent(name, parent, peer(i), bound);
        }
        made.settled = true;
        return made;
    }

    /// What the parent is told now, if anything.
    std::optional<Tally> tell(ReceiptLedger::Entry& entry, std::uint8_t repeats = 0) {
        const Tally tally = entry.tally(everybody);
        if (!ledger.is_to_tell(entry, tally, now, interval)) {
            return std::nullopt;
        }
        ledger.told(entry, tally, repeats, now, interval);
        return tally;
    }
};

}  // namespace

TEST_CASE("a leaf tells of itself at once, and no more") {
    Desk desk;
    ReceiptLedger::Entry& entry = desk.entry(peer(0), 0);
    CHECK(desk.tell(entry) == Tally{1, true});
    CHECK_FALSE(desk.tell(entry));
    CHECK(desk.ledger.next_due() == entry.end);
}

TEST_CASE("who waits for its host's verdict counts nobody, and acknowledges in time") {
    Desk desk;
    ReceiptLedger::Entry& entry = desk.entry(peer(0), 0);
    entry.settled = false;
    entry.owed = 3;
    desk.ledger.wake_at(entry, desk.now + interval);
    CHECK_FALSE(desk.tell(entry));
    desk.now += interval;
    CHECK(desk.tell(entry) == Tally{});
    entry.settled = true;
    CHECK(desk.tell(entry) == Tally{1, true});
}

TEST_CASE("an inner node tells when its tally doubled, when it is complete, or after a while") {
    Desk desk;
    ReceiptLedger::Entry& entry = desk.entry(peer(0), 8);
    CHECK_FALSE(desk.tell(entry));  // Itself: that waits.
    CHECK(desk.ledger.next_due() == desk.now + interval);
    desk.now += interval;
    CHECK(desk.tell(entry) == Tally{1, false});
    CHECK(desk.ledger.learn(name, peer(1), {1, true}) == &entry);
    CHECK(desk.tell(entry) == Tally{2, false});
    CHECK(desk.ledger.learn(name, peer(2), {1, true}) == &entry);
    CHECK_FALSE(desk.tell(entry));
    desk.now += interval;
    CHECK(desk.tell(entry) == Tally{3, false});
    for (int i = 3; i <= 7; ++i) {
        CHECK(desk.ledger.learn(name, peer(i), {1, true}) == &entry);
        CHECK(desk.tell(entry).has_value() == (i == 5));  // Six of them.
    }
    CHECK(desk.ledger.learn(name, peer(8), {1, true}) == &entry);
    CHECK(desk.tell(entry) == Tally{9, true});
}

TEST_CASE("news is told again as often as wanted, and news ends that") {
    Desk desk;
    ReceiptLedger::Entry& entry = desk.entry(peer(0), 2);
    desk.ledger.learn(name, peer(1), {1, true});
    desk.now += interval;
    CHECK_FALSE(desk.tell(entry, 2));
    desk.now += interval;
    CHECK(desk.tell(entry, 2) == Tally{2, false});
    desk.now += interval;
    CHECK(desk.tell(entry, 2) == Tally{2, false});
    desk.ledger.learn(name, peer(2), {1, true});
    CHECK(desk.tell(entry, 2) == Tally{3, true});
    for (int i = 0; i < 2; ++i) {
        CHECK_FALSE(desk.tell(entry, 2));
        desk.now += interval;
        CHECK(desk.tell(entry, 2) == Tally{3, true});
    }
    desk.now += interval;
    CHECK_FALSE(desk.tell(entry, 2));
    CHECK(desk.ledger.next_due() <= entry.end);
}

TEST_CASE("what acknowledges a push is not repeated: its sender asks until it comes") {
    Desk desk;
    ReceiptLedger::Entry& entry = desk.entry(peer(0), 0);
    entry.owed = 1;
    CHECK(desk.tell(entry, 3) == Tally{1, true});
    desk.now += interval;
    CHECK_FALSE(desk.tell(entry, 3));
}

TEST_CASE("a child is believed what it was given at most, and strangers nothing") {
    Desk desk;
    const ReceiptLedger::Entry& entry = desk.entry(peer(0), 1, 30);
    CHECK(desk.ledger.learn(name, peer(9), {5, true}) == nullptr);
    CHECK(desk.ledger.learn(name + 1, peer(1), {5, true}) == nullptr);
    CHECK(entry.tally(everybody).reached == 1);
    desk.ledger.learn(name, peer(1), {1'000'000, false});
    CHECK(entry.tally(everybody).reached == 31);
    desk.ledger.learn(name, peer(1), {3, false});  // Late, or a lie: it has said more.
    CHECK(entry.tally(everybody).reached == 31);
    desk.ledger.sent(name, peer(0), peer(1), 20);
    desk.ledger.learn(name, peer(1), {1'000'000, false});
    CHECK(entry.tally(everybody).reached == 51);
    CHECK(entry.tally(40).reached == 40);
}

TEST_CASE("a child is filed once, under the branch on behalf of which it got the message first") {
    Desk desk;
    desk.entry(peer(10), 2);
    desk.entry(peer(20), 0);
    desk.ledger.sent(name, peer(20), peer(3), 1);
    desk.ledger.sent(name, peer(20), peer(1), 1);
    desk.ledger.sent(name, peer(3), peer(4), 1);  // What the third was to reach is given to a fourth.
    for (int i = 1; i <= 4; ++i) {
        const ReceiptLedger::Entry* counted = desk.ledger.learn(name, peer(i), {1, true});
        REQUIRE(counted != nullptr);
        CHECK(counted->parent == peer(i <= 2 ? 10 : 20));
    }
    CHECK(desk.ledger.find(name, peer(10))->tally(everybody) == Tally{3, true});
    CHECK(desk.ledger.find(name, peer(20))->tally(everybody) == Tally{3, true});
    CHECK(desk.ledger.find(name, peer(30)) == nullptr);
}

TEST_CASE("children are bounded") {
    Desk desk;
    const ReceiptLedger::Entry& entry = desk.entry(peer(0), static_cast<int>(ReceiptLedger::children_max) + 1);
    CHECK(entry.children.size() == ReceiptLedger::children_max);
    CHECK(desk.ledger.learn(name, peer(static_cast<int>(ReceiptLedger::children_max) + 1), {1, true}) == nullptr);
}

TEST_CASE("entries are bounded, one parent's sooner than others', and end") {
    Desk desk;
    std::uint64_t next = 100;
    int made = 0;
    while (desk.ledger.add(next++, peer(1), desk.now + 1s) != nullptr) {
        ++made;
    }
    CHECK(made == 12);  // Three quarters: there was room. An eighth would have been left to it else.
    CHECK(desk.ledger.add(next++, peer(2), desk.now + 1s) != nullptr);
    CHECK(desk.ledger.add(next++, peer(2), desk.now + 1s) != nullptr);
    CHECK(desk.ledger.add(next++, peer(2), desk.now + 1s) == nullptr);
    while (desk.ledger.size() < 16) {
        REQUIRE(desk.ledger.add(next++, Peer{}, desk.now + 2s) != nullptr);
    }
    CHECK(desk.ledger.add(next++, Peer{}, desk.now + 2s) == nullptr);
    desk.now += 1s;
    desk.ledger.tend_due(desk.now, [&](ReceiptLedger::Entry& entry) {
        CHECK(entry.parent);
        desk.ledger.remove(entry);
    });
    CHECK(desk.ledger.size() == 2);
    CHECK(desk.ledger.next_due() == desk.now + 1s);
    CHECK(desk.ledger.find(100) == nullptr);
    CHECK(desk.ledger.find(next - 2) != nullptr);
}
