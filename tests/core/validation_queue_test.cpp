#include <lattice/core/validation_queue.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;

TEST_CASE("a ticket is good once, even when its place is used again") {
    ValidationQueue queue;
    const Ticket first = queue.add({test::message("one"), Peer("p"), {}, {}, false, 0});
    CHECK(queue.size() == 1);
    const auto taken = queue.take(first);
    REQUIRE(taken.has_value());
    CHECK(as_text(taken->message.payload()) == "one");
    CHECK_FALSE(queue.take(first).has_value());
    const Ticket second = queue.add({test::message("two"), Peer("p"), {}, {}, true, 0});
    CHECK(second.place == first.place);
    CHECK_FALSE(queue.take(first).has_value());
    CHECK(queue.take(second).has_value());
    CHECK_FALSE(queue.take(Ticket{}).has_value());
    CHECK(queue.size() == 0);
}
