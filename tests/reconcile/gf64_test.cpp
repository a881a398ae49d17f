#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/reconcile/gf64.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;

namespace {

/// Schoolbook multiplication, a bit at a time.
std::uint64_t slow_product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    for (int bit = 63; bit >= 0; --bit) {
        const bool carry = (product >> 63U) != 0;
        product = (product << 1U) ^ (carry ? 0x1bU : 0U);
        product ^= (b >> bit & 1U) != 0 ? a : 0;
    }
    return product;
}

}  // namespace

TEST_CASE("products are those of schoolbook multiplication, portable and accelerated") {
    Random random(GENERATE(1U, 2U));
    for (int i = 0; i < 2'000; ++i) {
        const std::uint64_t a = i < 64 ? std::uint64_t{1} << i : random.next();
        const std::uint64_t b = i % 7 == 0 ? ~std::uint64_t{0} : random.next();
        REQUIRE(gf64::portable::multiply(a, b) == slow_product(a, b));
        REQUIRE(gf64::multiply(a, b) == slow_product(a, b));
    }
    CHECK(gf64::multiply(0, 5) == 0);
    CHECK(gf64::multiply(1, 5) == 5);
    CHECK(gf64::multiply(std::uint64_t{1} << 63U, 2) == 0x1b);
}

TEST_CASE("the field is a field: every element but 0 has an inverse, and 2^64 - 1 is the order of its group") {
    Random random(3);
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t a = random.next() | 1U;
        REQUIRE(gf64::multiply(a, gf64::inverse(a)) == 1);
        std::uint64_t power = a;
        for (int k = 0; k < 64; ++k) {
            power = gf64::multiply(power, power);
        }
        REQUIRE(power == a);
    }
    CHECK(gf64::inverse(0) == 0);
    CHECK(gf64::inverse(1) == 1);
}

TEST_CASE("bulk operations are what single products say") {
    Random random(4);
    const auto length = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{40});
    std::vector<std::uint64_t> a(length);
    std::vector<std::uint64_t> b(length);
    for (std::size_t i = 0; i < length; ++i) {
        a[i] = random.next();
        b[i] = random.next();
    }
    const std::uint64_t factor = random.next();
    auto sums = a;
    auto portable_sums = a;
    auto squares = a;
    auto scaled = a;
    gf64::add_scaled(sums.data(), b.data(), length, factor);
    gf64::portable::add_scaled(portable_sums.data(), b.data(), length, factor);
    gf64::square(squares.data(), a.data(), length);
    gf64::scale(scaled.data(), length, factor);
    CHECK(sums == portable_sums);
    auto blended = a;
    gf64::blend(blended.data(), 3, b.data(), factor, length);
    std::uint64_t convolution = 0;
    for (std::size_t i = 0; i < length; ++i) {
        CHECK(sums[i] == (a[i] ^ slow_product(b[i], factor)));
        CHECK(squares[i] == slow_product(a[i], a[i]));
        CHECK(scaled[i] == slow_product(a[i], factor));
        CHECK(blended[i] == (slow_product(a[i], 3) ^ slow_product(b[i], factor)));
        convolution ^= slow_product(a[i], b[length - 1 - i]);
    }
    if (length != 0) {
        CHECK(gf64::convolve(a.data(), b.data() + length - 1, length) == convolution);
        CHECK(gf64::portable::convolve(a.data(), b.data() + length - 1, length) == convolution);
    }
}

TEST_CASE("odd powers and linear combinations agree between the two implementations") {
    Random random(5);
    for (std::size_t count = 0; count < 12; ++count) {
        const std::uint64_t x = random.next();
        const std::uint64_t scale = random.next();
        std::vector<std::uint64_t> fast(count);
        std::vector<std::uint64_t> slow(count);
        gf64::add_odd_powers(fast.data(), count, x, scale);
        gf64::portable::add_odd_powers(slow.data(), count, x, scale);
        CHECK(fast == slow);
        std::uint64_t power = slow_product(scale, x);
        for (const std::uint64_t sum : fast) {
            CHECK(sum == power);
            power = slow_product(power, slow_product(x, x));
        }

        std::vector<std::uint64_t> rows(3 * (count + 2));
        for (auto& value : rows) {
            value = random.next();
        }
        const std::uint64_t factors[3] = {random.next(), random.next(), random.next()};
        auto one = fast;
        auto other = fast;
        gf64::add_combination(one.data(), rows.data(), count + 2, factors, 3, count);
        gf64::portable::add_combination(other.data(), rows.data(), count + 2, factors, 3, count);
        CHECK(one == other);
    }
}
