#include <set>

#include <lattice/reconcile/gf64_roots.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;

namespace {

/// The product of (x - root) over the roots.
gf64::Polynomial polynomial_of(const std::vector<std::uint64_t>& roots) {
    gf64::Polynomial product{1};
    for (const std::uint64_t root : roots) {
        gf64::Polynomial next(product.size() + 1);
        for (std::size_t i = 0; i < product.size(); ++i) {
            next[i + 1] ^= product[i];
            next[i] ^= gf64::multiply(product[i], root);
        }
        product = next;
    }
    return product;
}

}  // namespace

TEST_CASE("the roots of a product of linear factors are found") {
    Random random(GENERATE(1U, 2U, 3U));
    for (std::size_t degree = 1; degree <= 40; ++degree) {
        const auto roots = random_short_ids(random, degree);
        REQUIRE(sorted(gf64::find_roots(polynomial_of(roots))) == sorted(roots));
    }
}

TEST_CASE("close and small roots are told apart, and 0 is a root") {
    std::vector<std::uint64_t> roots;
    for (std::uint64_t i = 0; i < 32; ++i) {
        roots.push_back(i);
    }
    CHECK(sorted(gf64::find_roots(polynomial_of(roots))) == roots);
}

TEST_CASE("polynomials that do not split into different linear factors have no roots here") {
    Random random(4);
    const std::uint64_t a = random.next();
    CHECK(gf64::find_roots(polynomial_of({a, a})).empty());
    CHECK(gf64::find_roots(polynomial_of({a, 5, a})).empty());
    CHECK(gf64::find_roots({1}).empty());
    CHECK(gf64::find_roots({}).empty());

    // A random polynomial of degree 8 splits once in 8! = 40,320 times.
    int empty = 0;
    for (int i = 0; i < 50; ++i) {
        gf64::Polynomial f = random_short_ids(random, 8);
        f.push_back(1);
        empty += gf64::find_roots(f).empty() ? 1 : 0;
    }
    CHECK(empty >= 49);
}
