#include <cmath>
#include <cstring>
#include <limits>

#include <lattice/core/receipt.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

TEST_CASE("a receipt's goal is a number of peers or a part of them, within a time") {
    const Limits limits;
    const auto valid = [&](ReceiptGoal goal) { return goal.is_valid(limits); };
    CHECK(valid({1, 0, 1s}));
    CHECK(valid({0, 1.0, 1s}));
    CHECK(valid({0, 1e-9, limits.receipt_time}));
    CHECK_FALSE(valid({}));
    CHECK_FALSE(valid({3, 0.5, 1s}));
    CHECK_FALSE(valid({0, 1.01, 1s}));
    CHECK_FALSE(valid({0, -0.5, 1s}));
    CHECK_FALSE(valid({3, -0.5, 1s}));
    CHECK_FALSE(valid({0, std::numeric_limits<double>::quiet_NaN(), 1s}));
    CHECK_FALSE(valid({3, std::numeric_limits<double>::quiet_NaN(), 1s}));
    CHECK_FALSE(valid({1, 0, 0s}));
    CHECK_FALSE(valid({1, 0, limits.receipt_time + 1ns}));
}

TEST_CASE("a part of the network is rounded up, and is somebody") {
    CHECK(ReceiptGoal{7}.target(3) == 7);
    CHECK(ReceiptGoal{0, 0.5}.target(0) == 1);
    CHECK(ReceiptGoal{0, 0.001}.target(10) == 1);
    CHECK(ReceiptGoal{0, 0.1}.target(30) == 3);
    CHECK(ReceiptGoal{0, 0.5}.target(9) == 5);
    CHECK(ReceiptGoal{0, 1.0}.target(1'000'000) == 1'000'000);
}

TEST_CASE("states of receipts have names") {
    CHECK(std::strcmp(name_of(ReceiptOutcome::State::resolved), "resolved") == 0);
    CHECK(std::strcmp(name_of(ReceiptOutcome::State::refused), "refused") == 0);
    CHECK(ReceiptOutcome{ReceiptOutcome::State::resolved, {}, 1, 2});
    CHECK_FALSE(ReceiptOutcome{ReceiptOutcome::State::timed_out, {}, 1, 2});
}
