#include <lattice/core/answer_ledger.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using lattice::test::name;
using namespace std::chrono_literals;

TEST_CASE("a peer gets one message so often and not oftener, others are not affected") {
    Random random(1);
    AnswerLedger ledger(random);
    const Peer greedy("greedy");
    const TimePoint now{5s};
    for (int i = 0; i < 3; ++i) {
        CHECK(ledger.admit(greedy, name(1), 3, now));
    }
    CHECK_FALSE(ledger.admit(greedy, name(1), 3, now));
    CHECK_FALSE(ledger.admit(Peer("greedy"), name(1), 3, now));
    CHECK(ledger.admit(greedy, name(2), 3, now));
    CHECK(ledger.admit(Peer("other"), name(1), 3, now));
}

TEST_CASE("many pairs push counts out rather than refuse") {
    Random random(1);
    AnswerLedger ledger(random);
    int refused = 0;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        refused += ledger.admit(Peer("p"), name(i), 1, TimePoint{}) ? 0 : 1;
    }
    CHECK(refused <= 2);  // Two names agree in place and 32 bits with probability 2.3e-5 each.
}

TEST_CASE("after a minute a peer may ask again for what it had too often") {
    Random random(1);
    AnswerLedger ledger(random);
    const Peer unlucky("unlucky");
    CHECK(ledger.admit(unlucky, name(1), 2, TimePoint{100s}));
    CHECK(ledger.admit(unlucky, name(1), 2, TimePoint{130s}));
    CHECK_FALSE(ledger.admit(unlucky, name(1), 2, TimePoint{159s}));
    CHECK(ledger.admit(unlucky, name(1), 2, TimePoint{160s}));
    CHECK(ledger.admit(unlucky, name(1), 2, TimePoint{161s}));
    CHECK_FALSE(ledger.admit(unlucky, name(1), 2, TimePoint{162s}));
}
