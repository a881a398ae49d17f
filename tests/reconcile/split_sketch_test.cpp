#include <lattice/reconcile/split_sketch.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

struct Sums {
    PowerSums ours{PowerSums::log2_buckets_max};
    PowerSums theirs{PowerSums::log2_buckets_max};

    Sums(Random& random, const std::vector<std::uint64_t>& difference) {
        for (const std::uint64_t id : random_short_ids(random, 50)) {
            ours.toggle(id);
            theirs.toggle(id);
        }
        for (std::size_t i = 0; i < difference.size(); ++i) {
            (i % 2 == 0 ? ours : theirs).toggle(difference[i]);
        }
    }

    [[nodiscard]] std::optional<std::vector<std::uint64_t>> decode(const SketchShape& shape) const {
        std::vector<std::uint64_t> wire;
        SplitSketch::write(theirs.merged(shape.log2_buckets), shape, [&](std::uint64_t sum) { wire.push_back(sum); });
        REQUIRE(wire.size() == shape.size());
        std::size_t next = 0;
        return SplitSketch(ours.merged(shape.log2_buckets), shape, [&] { return wire[next++]; }).decode();
    }
};

}  // namespace

TEST_CASE("a split sketch holds what it was made for, nearly always, and what it says is right") {
    Random random(1);
    const auto capacity = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{24}, std::size_t{25}, std::size_t{40},
                                   std::size_t{100}, std::size_t{200}, std::size_t{300});
    const auto shape = SketchShape::for_differences(capacity, PowerSums::log2_buckets_max);
    REQUIRE(shape.has_value());
    CHECK(shape->valid());
    int decoded = 0;
    for (int run = 0; run < 20; ++run) {
        const auto ids = random_short_ids(random, capacity * 9 / 10);
        if (const auto found = Sums(random, ids).decode(*shape)) {
            REQUIRE(sorted(*found) == sorted(ids));
            ++decoded;
        }
    }
    LATTICE_SHOW(capacity);
    CHECK(decoded >= 18);
}

TEST_CASE("a split sketch costs little more than eight bytes per difference") {
    for (std::size_t capacity = 50; capacity <= 300; capacity += 50) {
        const auto shape = SketchShape::for_differences(capacity, PowerSums::log2_buckets_max);
        LATTICE_SHOW(capacity);
        CHECK(static_cast<double>(shape->size()) < 1.27 * static_cast<double>(capacity));
    }
    CHECK_FALSE(SketchShape::for_differences(1'000, PowerSums::log2_buckets_max).has_value());
}

TEST_CASE("many more differences than fit are noticed, not guessed") {
    Random random(2);
    for (std::size_t capacity = 25; capacity <= 200; capacity += 35) {
        const auto shape = SketchShape::for_differences(capacity, PowerSums::log2_buckets_max);
        for (int run = 0; run < 10; ++run) {
            CHECK_FALSE(Sums(random, random_short_ids(random, 2 * capacity)).decode(*shape).has_value());
        }
    }
}

TEST_CASE("an id that does not belong to the bucket in which it seems to be is not believed") {
    // Two ids of the upper bucket and one sum for each bucket: their sum looks like one id, but of the lower bucket.
    SketchShape shape;
    shape.log2_buckets = 1;
    shape.lengths[0] = 1;
    shape.lengths[1] = 1;
    const std::uint64_t upper = std::uint64_t{1} << 63U;
    PowerSums ours(1);
    ours.toggle(upper + 5);
    ours.toggle(upper + 9);
    CHECK_FALSE(SplitSketch(ours, shape, [] { return std::uint64_t{0}; }).decode().has_value());

    PowerSums one(1);
    one.toggle(upper + 5);
    CHECK(SplitSketch(one, shape, [] { return std::uint64_t{0}; }).decode() == std::vector{upper + 5});
}

TEST_CASE("sums in fewer buckets are the merged sums") {
    Random random(3);
    PowerSums fine(4);
    for (unsigned log2 = 0; log2 <= 4; ++log2) {
        PowerSums coarse(log2);
        PowerSums all(4);
        for (const std::uint64_t id : random_short_ids(random, 30)) {
            coarse.toggle(id);
            all.toggle(id);
        }
        CHECK(all.merged(log2) == coarse);
    }
}

TEST_CASE("shapes that a peer must not send are not valid") {
    SketchShape shape;
    CHECK(shape.valid());
    shape.lengths[0] = PowerSums::rows + 1;
    CHECK_FALSE(shape.valid());
    shape = {};
    shape.log2_buckets = PowerSums::log2_buckets_max + 1;
    CHECK_FALSE(shape.valid());
    shape = {};
    shape.log2_buckets = 1;
    shape.lengths[1] = 1;
    CHECK_FALSE(shape.valid());
}
