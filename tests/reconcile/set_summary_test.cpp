#include <map>

#include <lattice/reconcile/set_summary.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

TEST_CASE("a summary is what its messages say, whatever was added and removed") {
    Random random(GENERATE(1U, 2U));
    SetSummary summary(test_salt);
    std::map<MessageId, SetSummary::Handle> twin;
    for (int i = 0; i < 8'000; ++i) {
        const bool growing = i / 2'000 % 2 == 0;
        if (twin.empty() || random.below(10) < (growing ? 8U : 2U)) {
            const MessageId id = random_id(random);
            const auto handle = static_cast<SetSummary::Handle>(random.below(1'000'000));
            summary.add(id, handle);
            twin.emplace(id, handle);
        } else {
            auto victim = twin.lower_bound(random_id(random));
            victim = victim == twin.end() ? twin.begin() : victim;
            REQUIRE(summary.remove(victim->first, victim->second));
            twin.erase(victim);
        }
        REQUIRE(summary.size() == twin.size());
        if (i % 400 == 0) {
            REQUIRE(summary.check_invariants());
        }
    }
    std::uint64_t digest = 0;
    for (const auto& [id, handle] : twin) {
        digest += shorten(id, test_salt).digest;
        CHECK(summary.find(shorten(id, test_salt).value) == handle);
    }
    CHECK(summary.digest() == digest);
}

TEST_CASE("symbols and sums beyond those kept are made on demand") {
    Random random(3);
    const TwoNodes nodes(random, 300, 0, 0);
    const auto prefix = nodes.here.symbols(2'000);
    SymbolPrefix expected;
    expected.sums.resize(2'000);
    nodes.here.table().for_each([&](std::uint64_t id, SetSummary::Handle) { expected.toggle_from_block(0, id); });
    CHECK(prefix == expected);
    CHECK(nodes.here.symbols(0).sums.empty());

    PowerSums sums(4);
    nodes.here.table().for_each([&](std::uint64_t id, SetSummary::Handle) { sums.toggle(id); });
    CHECK(nodes.here.power_sums(4) == sums);
    CHECK(nodes.here.power_sums(1) == sums.merged(1));
}

TEST_CASE("equal sets have equal digests, however they came about") {
    Random random(4);
    std::vector<MessageId> ids(100);
    for (auto& id : ids) {
        id = random_id(random);
    }
    SetSummary forward(test_salt);
    SetSummary backward(test_salt);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        forward.add(ids[i], 0);
        backward.add(ids[ids.size() - 1 - i], 0);
    }
    const MessageId extra = random_id(random);
    backward.add(extra, 9);
    CHECK(forward.digest() != backward.digest());
    backward.remove(extra, 9);
    CHECK(forward.digest() == backward.digest());
    CHECK(forward.checksum() == backward.checksum());
}

TEST_CASE("what was not added is not removed") {
    Random random(5);
    SetSummary summary(test_salt);
    const MessageId id = random_id(random);
    CHECK_FALSE(summary.remove(id, 0));
    summary.add(id, 3);
    CHECK_FALSE(summary.remove(id, 4));
    CHECK(summary.size() == 1);
    CHECK(summary.remove(id, 3));
    CHECK(summary.digest() == 0);
}

TEST_CASE("of two messages with one short id, the second counts in size and digest, and either may go") {
    // Nobody can make two ids that collide, so the same id stands for both: the handles tell them apart.
    Random random(6);
    const MessageId id = random_id(random);
    const std::uint64_t short_id = shorten(id, test_salt).value;
    const auto first_goes = GENERATE(false, true);
    SetSummary summary(test_salt);
    summary.add(id, 1);
    const std::uint64_t digest = summary.digest();
    summary.add(id, 2);
    CHECK(summary.size() == 2);
    CHECK(summary.digest() != digest);
    CHECK(summary.find(short_id) == 1U);
    CHECK_FALSE(summary.remove(id, 3));
    CHECK(summary.remove(id, first_goes ? 1 : 2));
    CHECK(summary.find(short_id) == (first_goes ? 2U : 1U));
    CHECK(summary.check_invariants());
    CHECK(summary.digest() == digest);
    CHECK(summary.remove(id, first_goes ? 2 : 1));
    CHECK(summary.size() == 0);
    CHECK(summary.check_invariants());
}

TEST_CASE("memory stays within 32 bytes per message") {
    Random random(7);
    SetSummary summary(test_salt);
    CHECK(summary.bytes() < 1'500);
    for (std::size_t count = 1; count <= 20'000; ++count) {
        summary.add(random_id(random), 0);
        if (count >= 700) {
            REQUIRE(summary.bytes() <= 32 * count);
        }
    }
}
