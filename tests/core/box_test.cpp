#include <memory>
#include <utility>

#include <lattice/core/box.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("a box owns its object, and passes it on") {
    const auto counter = std::make_shared<int>(0);
    using Content = std::shared_ptr<int>;
    Box<Content> box = Box<Content>::make(counter);
    CHECK(counter.use_count() == 2);
    Box<Content> other = std::move(box);
    CHECK_FALSE(box);  // NOLINT: what is left behind is specified
    REQUIRE(other);
    CHECK(**other == 0);
    CHECK(other->use_count() == 2);
    other = Box<Content>::make(std::make_shared<int>(7));
    CHECK(counter.use_count() == 1);
    other.reset();
    CHECK(other.get() == nullptr);
}
