#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <vector>

#include <lattice/core/anti_entropy.hpp>
#include <lattice/core/random.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using lattice::test::name;

namespace {

/// The names of `set` after `after`, at most `limit`, and whether those are all.
bool list(const std::set<MessageId>& set, const MessageId& after, std::size_t limit, std::vector<MessageId>& names) {
    for (auto at = set.upper_bound(after); at != set.end(); ++at) {
        if (names.size() == limit) {
            return false;
        }
        names.push_back(*at);
    }
    return true;
}

}  // namespace

TEST_CASE("a session finds exactly what either side lacks, whatever the page size") {
    Limits limits;
    limits.sync_ids_max = GENERATE(1U, 3U, 16U, 1'000U);
    Random random(limits.sync_ids_max);
    std::set<MessageId> mine;
    std::set<MessageId> theirs;
    for (std::uint64_t i = 0; i < 120; ++i) {
        const auto where = random.below(3);
        if (where != 0) {
            mine.insert(name(i));
        }
        if (where != 1) {
            theirs.insert(name(i));
        }
    }
    AntiEntropy session;
    std::optional<SyncRequest> request = session.begin(Peer("partner"), limits, TimePoint{1s});
    std::set<MessageId> wanted;
    std::set<MessageId> lacking;
    bool completed = false;
    while (request) {
        SyncIds page{request->after, {}, true, Naming::keys};
        page.complete = list(theirs, request->after, request->limit, page.names);
        REQUIRE(session.expects(Peer("partner"), page));
        const auto findings = session.compare(
            page, limits, TimePoint{1s}, [&](const MessageId& id) { return mine.count(id) == 1; },
            [&](const MessageId& after, std::vector<MessageId>& names) { list(mine, after, mine.size(), names); });
        wanted.insert(findings.wanted.begin(), findings.wanted.end());
        lacking.insert(findings.lacking.begin(), findings.lacking.end());
        completed = findings.completed;
        request = findings.next;
    }
    CHECK(completed);
    CHECK_FALSE(session.active());
    std::set<MessageId> only_theirs;
    std::set<MessageId> only_mine;
    std::set_difference(theirs.begin(), theirs.end(), mine.begin(), mine.end(),
                        std::inserter(only_theirs, only_theirs.end()));
    std::set_difference(mine.begin(), mine.end(), theirs.begin(), theirs.end(),
                        std::inserter(only_mine, only_mine.end()));
    CHECK(wanted == only_theirs);
    CHECK(lacking == only_mine);
}

TEST_CASE("a partner that breaks the rules loses the session and nothing else happens") {
    Limits limits;
    const auto knows = [](const MessageId&) { return false; };
    const auto held = [](const MessageId&, std::vector<MessageId>&) {};
    MessageId low;
    low.bytes[0] = std::byte{1};
    MessageId high;
    high.bytes[0] = std::byte{2};
    SyncIds descending{{}, {high, low}, true, Naming::keys};
    SyncIds repeated{{}, {low, low}, true, Naming::keys};
    SyncIds empty_and_incomplete{{}, {}, false, Naming::keys};
    for (const SyncIds& page : {descending, repeated, empty_and_incomplete}) {
        AntiEntropy session;
        session.begin(Peer("partner"), limits, TimePoint{1s});
        const auto findings = session.compare(page, limits, TimePoint{1s}, knows, held);
        CHECK(findings.wanted.empty());
        CHECK_FALSE(findings.next.has_value());
        CHECK_FALSE(session.active());
    }
}

TEST_CASE("only the partner's answer to the last request counts") {
    Limits limits;
    AntiEntropy session;
    CHECK_FALSE(session.expects(Peer("partner"), {}));
    session.begin(Peer("partner"), limits, TimePoint{1s});
    CHECK(session.expects(Peer("partner"), {}));
    CHECK_FALSE(session.expects(Peer("stranger"), {}));
    CHECK_FALSE(session.expects(Peer("partner"), {name(1), {}, true, Naming::keys}));
    CHECK(session.deadline() == TimePoint{1s} + limits.sync_timeout);
    session.give_up();
    CHECK(session.deadline() == TimePoint::max());
}

TEST_CASE("a partner that never comes to an end is given up") {
    Limits limits;
    AntiEntropy session;
    std::optional<SyncRequest> request = session.begin(Peer("partner"), limits, TimePoint{1s});
    int pages = 0;
    MessageId next;
    while (request) {
        REQUIRE(++pages < 1'000);
        next.bytes[0] = static_cast<std::byte>(pages >> 8);
        next.bytes[1] = static_cast<std::byte>(pages);
        const SyncIds page{request->after, {next}, false, Naming::keys};
        request = session
                      .compare(
                          page, limits, TimePoint{1s}, [](const MessageId&) { return true; },
                          [](const MessageId&, std::vector<MessageId>&) {})
                      .next;
    }
    CHECK(pages > 200);
    CHECK_FALSE(session.active());
}
