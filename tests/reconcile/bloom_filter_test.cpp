#include <lattice/reconcile/bloom_filter.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

TEST_CASE("a filter never denies what was added") {
    Random random(1);
    BloomFilter filter(BloomShape::for_rate(500, 0.05), test_salt);
    std::vector<MessageId> ids(500);
    for (auto& id : ids) {
        id = random_id(random);
        filter.insert(id);
    }
    const auto keys = random_short_ids(random, 100);
    for (const std::uint64_t key : keys) {
        filter.insert(key);
    }
    for (const auto& id : ids) {
        REQUIRE(filter.may_contain(id));
    }
    for (const std::uint64_t key : keys) {
        REQUIRE(filter.may_contain(key));
    }
}

TEST_CASE("the rate of wrong answers is the one asked for, at 1.44 log2(1/rate) bits per key") {
    struct Case {
        double rate;
        double bits_max;
    };
    const Case given = GENERATE(Case{0.5, 1.6}, Case{0.1, 5.0}, Case{0.03, 7.6}, Case{0.01, 9.9}, Case{0.001, 14.8});
    Random random(2);
    const std::size_t keys = 20'000;
    BloomFilter filter(BloomShape::for_rate(keys, given.rate), test_salt);
    for (const std::uint64_t key : random_short_ids(random, keys)) {
        filter.insert(key);
    }
    int wrong = 0;
    const int asked = 50'000;
    for (int i = 0; i < asked; ++i) {
        wrong += filter.may_contain(random.next()) ? 1 : 0;
    }
    const double measured = static_cast<double>(wrong) / asked;
    LATTICE_SHOW(given.rate);
    LATTICE_SHOW(measured);
    CHECK(measured < 1.15 * given.rate + 0.0003);
    CHECK(measured > 0.7 * given.rate - 0.0003);
    CHECK(filter.false_positive_rate() < 1.15 * given.rate);
    CHECK(static_cast<double>(filter.shape().bits()) < given.bits_max * static_cast<double>(keys));
    CHECK(filter.fill() < 0.55);
}

TEST_CASE("merged filters are the filter of both sets; others do not merge") {
    Random random(3);
    const BloomShape shape = BloomShape::for_rate(200, 0.01);
    BloomFilter left(shape, test_salt);
    BloomFilter right(shape, test_salt);
    BloomFilter both(shape, test_salt);
    for (const std::uint64_t key : random_short_ids(random, 200)) {
        (key % 4 == 1 ? left : right).insert(key);
        both.insert(key);
    }
    REQUIRE(left.merge(right));
    CHECK(std::vector(left.words().begin(), left.words().end()) ==
          std::vector(both.words().begin(), both.words().end()));
    CHECK_FALSE(left.merge(BloomFilter(shape, Salt{7, 7})));
    CHECK_FALSE(left.merge(BloomFilter(BloomShape{1, 1}, test_salt)));
    const BloomFilter copy(shape, test_salt, {both.words().begin(), both.words().end()});
    CHECK(copy.fill() == both.fill());
}

TEST_CASE("another salt errs on other keys") {
    Random random(4);
    const auto keys = random_short_ids(random, 300);
    BloomFilter one(BloomShape::for_rate(300, 0.1), Salt{1, 0});
    BloomFilter other(BloomShape::for_rate(300, 0.1), Salt{2, 0});
    for (const std::uint64_t key : keys) {
        one.insert(key);
        other.insert(key);
    }
    int in_one = 0;
    int in_both = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t key = random.next();
        in_one += one.may_contain(key) ? 1 : 0;
        in_both += one.may_contain(key) && other.may_contain(key) ? 1 : 0;
    }
    CHECK(in_both * 5 < in_one);
}

TEST_CASE("shapes are bounded, whatever is asked for") {
    for (const double rate : {1.0, 0.5, 1e-3, 1e-30}) {
        for (const std::size_t keys : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 40U}) {
            CHECK(BloomShape::for_rate(keys, rate).valid());
        }
    }
    CHECK_FALSE(BloomShape{0, 1}.valid());
    CHECK_FALSE(BloomShape{1, 0}.valid());
    CHECK_FALSE(BloomShape{1, BloomShape::hashes_max + 1}.valid());
    CHECK_FALSE(BloomShape{BloomShape::words_max + 1, 1}.valid());
}
