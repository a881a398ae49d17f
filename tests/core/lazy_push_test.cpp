#include <map>
#include <vector>

#include <lattice/core/lazy_push.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using lattice::test::name;

TEST_CASE("each name is announced in as many rounds as were asked for, oldest first") {
    LazyPush lazy;
    std::map<MessageId, int> announced;
    for (std::uint64_t round = 0; round < 10; ++round) {
        if (round < 5) {
            lazy.add(name(round), 3, 100);
        }
        std::vector<MessageId> names;
        lazy.round([&](const MessageId& key) { names.push_back(key); });
        for (const MessageId& key : names) {
            ++announced[key];
        }
        if (round < 5) {
            CHECK(names.back() == name(round));
        }
    }
    CHECK(lazy.empty());
    CHECK(announced.size() == 5);
    for (const auto& [key, times] : announced) {
        CHECK(times == 3);
    }
}

TEST_CASE("when there are too many the oldest drop out") {
    LazyPush lazy;
    for (std::uint64_t i = 0; i < 5'000; ++i) {
        lazy.add(name(i), 2, 10);
    }
    std::vector<MessageId> names;
    lazy.round([&](const MessageId& key) { names.push_back(key); });
    REQUIRE(names.size() == 10);
    CHECK(names.front() == name(4'990));
    CHECK(names.back() == name(4'999));
}
