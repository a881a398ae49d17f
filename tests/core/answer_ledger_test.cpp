#include <lattice/core/answer_ledger.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using lattice::test::name;

TEST_CASE("a peer gets one message so often and not oftener, others are not affected") {
    Random random(1);
    AnswerLedger ledger(random);
    const Peer greedy("greedy");
    for (int i = 0; i < 3; ++i) {
        CHECK(ledger.admit(greedy, name(1), 3));
    }
    CHECK_FALSE(ledger.admit(greedy, name(1), 3));
    CHECK_FALSE(ledger.admit(Peer("greedy"), name(1), 3));
    CHECK(ledger.admit(greedy, name(2), 3));
    CHECK(ledger.admit(Peer("other"), name(1), 3));
}

TEST_CASE("many pairs push counts out rather than refuse") {
    Random random(1);
    AnswerLedger ledger(random);
    int refused = 0;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        refused += ledger.admit(Peer("p"), name(i), 1) ? 0 : 1;
    }
    CHECK(refused <= 2);  // Two names agree in place and 32 bits with probability 2.3e-5 each.
}
