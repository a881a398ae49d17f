#include <chrono>
#include <map>
#include <vector>

#include <lattice/core/link_announcements.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using lattice::test::name;

namespace {

using Sent = std::map<std::uint32_t, std::vector<MessageId>>;

Sent flush(LinkAnnouncements& announcements, TimePoint now) {
    Sent sent;
    announcements.flush(now, [&](std::uint32_t link, const std::vector<MessageId>& names) {
        CHECK(sent.emplace(link, names).second);
        CHECK_FALSE(names.empty());
    });
    return sent;
}

}  // namespace

TEST_CASE("what is due for one neighbour shares a frame") {
    LinkAnnouncements announcements;
    const TimePoint now(1h);
    CHECK(announcements.due() == TimePoint::max());
    announcements.add(name(1), mask_of(0) | mask_of(3), now + 50ms);
    announcements.add(name(2), mask_of(3), now + 60ms);
    announcements.add(name(3), mask_of(3), now + 300ms);
    announcements.add(name(4), 0, now);
    CHECK(announcements.due() == now + 50ms);
    CHECK(flush(announcements, now + 49ms).empty());
    CHECK(flush(announcements, now + 60ms) == Sent{{0, {name(1)}}, {3, {name(1), name(2)}}});
    CHECK(announcements.due() == now + 300ms);
    CHECK(flush(announcements, now + 300ms) == Sent{{3, {name(3)}}});
    CHECK(announcements.due() == TimePoint::max());
    CHECK(announcements.size() == 0);
}

TEST_CASE("who has a message is not told of it, nor is a link that is gone") {
    LinkAnnouncements announcements;
    const TimePoint now(1h);
    announcements.add(name(1), mask_of(0) | mask_of(1) | mask_of(2), now);
    announcements.add(name(2), mask_of(0) | mask_of(1), now);
    announcements.add(name(1), mask_of(4), now + 1s);
    announcements.cancel(name(1), mask_of(0) | mask_of(4));
    announcements.link_closed(1);
    CHECK(flush(announcements, now + 1s) == Sent{{0, {name(2)}}, {2, {name(1)}}});
}

TEST_CASE("of too many the oldest drop out") {
    LinkAnnouncements announcements;
    for (std::uint64_t number = 0; number <= LinkAnnouncements::names_max; ++number) {
        announcements.add(name(number), mask_of(0), TimePoint(1s));
    }
    const auto sent = flush(announcements, TimePoint(1s));
    REQUIRE(sent.at(0).size() == LinkAnnouncements::names_max);
    CHECK(sent.at(0).front() == name(1));
}
