#include <lattice/reconcile/id_list.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

std::vector<std::byte> write(const std::vector<std::uint64_t>& ids, std::uint64_t first) {
    std::vector<std::byte> bytes;
    ByteWriter writer(bytes);
    IdList::write(ids, first, writer);
    return bytes;
}

std::optional<std::vector<std::uint64_t>> read(const std::vector<std::byte>& bytes, std::uint64_t first) {
    ByteReader reader(bytes);
    return IdList::read(first, reader);
}

}  // namespace

TEST_CASE("lists of ids survive the wire") {
    Random random(1);
    for (std::size_t count = 0; count <= 5'000; count += count < 3 ? 1 : 10 * count) {
        const auto ids = sorted(random_short_ids(random, count));
        CHECK(read(write(ids, 0), 0) == ids);
        if (count != 0) {
            CHECK(read(write(ids, ids.front()), ids.front()) == ids);
        }
    }
    const std::vector<std::uint64_t> edges{0, 1, 2, ~std::uint64_t{0} - 1, ~std::uint64_t{0}};
    CHECK(read(write(edges, 0), 0) == edges);
    const std::vector<std::uint64_t> greatest{~std::uint64_t{0}};
    CHECK(read(write(greatest, ~std::uint64_t{0}), ~std::uint64_t{0}) == greatest);
}

TEST_CASE("a list costs what random numbers cost") {
    Random random(2);
    const std::size_t count = 100'000;
    const auto bytes = write(sorted(random_short_ids(random, count)), 0);
    CHECK(static_cast<double>(bytes.size()) / static_cast<double>(count) < 6.15);
}

TEST_CASE("lists cut short, too long or out of range are refused") {
    Random random(3);
    const auto ids = sorted(random_short_ids(random, 50));
    const auto bytes = write(ids, 0);
    for (std::size_t size = 0; size + 1 < bytes.size(); ++size) {
        REQUIRE_FALSE(read({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, 0).has_value());
    }
    // More ids than bits, so nothing is allocated for them.
    CHECK_FALSE(read(from_hex("ffffffffffffffff7f00"), 0).has_value());
    CHECK_FALSE(read(from_hex("0140"), 0).has_value());                          // 64 low bits
    CHECK_FALSE(read(from_hex("0200fefefefe"), ~std::uint64_t{0}).has_value());  // beyond the greatest id
}
