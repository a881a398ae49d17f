#include <array>
#include <memory>
#include <utility>

#include <lattice/core/callback.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("a callback holds move-only captures, in place and on the heap") {
    auto counter = std::make_shared<int>(0);
    {
        Callback<int(int)> small = [counter](int add) { return *counter += add; };
        Callback<int(int)> large = [counter, room = std::array<char, 100>{}, own = std::make_unique<int>(5)](int add) {
            return *counter += add + *own + room[99];
        };
        CHECK(small(1) == 1);
        CHECK(large(1) == 7);
        Callback<int(int)> moved = std::move(large);
        CHECK_FALSE(large);  // NOLINT: what is left behind is specified
        CHECK(moved(1) == 13);
        moved = std::move(small);
        CHECK(moved(1) == 14);
        CHECK(counter.use_count() == 2);
    }
    CHECK(counter.use_count() == 1);
}

TEST_CASE("an empty callback tests false") {
    const Callback<void()> none{};
    const Callback<void()> null = nullptr;
    CHECK_FALSE(none);
    CHECK_FALSE(null);
}

TEST_CASE("arguments pass by reference and by move") {
    Callback<void(std::unique_ptr<int>, int&)> take = [](std::unique_ptr<int> value, int& out) { out = *value; };
    int out = 0;
    take(std::make_unique<int>(42), out);
    CHECK(out == 42);
}
