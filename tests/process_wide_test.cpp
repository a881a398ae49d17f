#include <stdexcept>

#include <lattice/process_wide.hpp>

#include "support/catch.hpp"

using namespace lattice;

namespace {

struct Counted {
    explicit Counted(int number) : value(number) {
        if (number < 0) {
            throw std::invalid_argument("negative");
        }
        ++alive;
    }
    ~Counted() { --alive; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    int value;
    static inline int alive = 0;
};

}  // namespace

TEST_CASE("the process-wide object comes, stays alone, and goes, a thousand times") {
    for (int i = 0; i < 1'000; ++i) {
        REQUIRE(get_gossip_protocol<Counted>() == nullptr);
        Counted& made = init_gossip_protocol<Counted>(i);
        REQUIRE(get_gossip_protocol<Counted>() == &made);
        REQUIRE(made.value == i);
        REQUIRE_THROWS_AS(init_gossip_protocol<Counted>(7), std::logic_error);
        REQUIRE(Counted::alive == 1);
        shutdown_gossip_protocol<Counted>();
        shutdown_gossip_protocol<Counted>();
    }
    CHECK(Counted::alive == 0);
}

TEST_CASE("a constructor that throws leaves none behind") {
    CHECK_THROWS_AS(init_gossip_protocol<Counted>(-1), std::invalid_argument);
    CHECK(get_gossip_protocol<Counted>() == nullptr);
}
