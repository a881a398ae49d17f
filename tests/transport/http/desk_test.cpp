#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <lattice/transport/http/desk.hpp>

#include "support/catch.hpp"
#include "transport/http/fixture.hpp"

using namespace lattice_test;
using http::Desk;
using http::Exchange;

namespace {

/// An executor that runs what was posted when the test says so.
struct ManualExecutor {
    std::deque<Callback<void()>> jobs;
    Desk::Post post = [this](Callback<void()> job) { jobs.push_back(std::move(job)); };

    void run() {
        while (!jobs.empty()) {
            Callback<void()> job = std::move(jobs.front());
            jobs.pop_front();
            job();
        }
    }
};

std::shared_ptr<Exchange> exchange_with(const std::string& id, Exchange::Reply reply = Exchange::Reply::none) {
    auto exchange = std::make_shared<Exchange>();
    exchange->from = Peer(id);
    exchange->frames.emplace_back(Announce{});
    exchange->reply = reply;
    exchange->reply_bytes_max = 100;
    return exchange;
}

/// The outcome now, without waiting.
Exchange::Outcome outcome(Exchange& exchange) { return exchange.wait(http::socket_time()); }

}  // namespace

TEST_CASE("exchanges are handled in their order, many in one job") {
    ManualExecutor executor;
    const auto desk = std::make_shared<Desk>(executor.post);
    std::vector<std::string> seen;
    desk->open({[&](const Peer& from, const Frame&) {
                    seen.emplace_back(from.id());
                    return Receipt{Disposition::duplicate, {}};
                },
                nullptr});
    std::vector<std::shared_ptr<Exchange>> exchanges;
    for (const char* id : {"a", "b", "c"}) {
        exchanges.push_back(exchange_with(id));
        desk->submit(exchanges.back());
    }
    CHECK(executor.jobs.size() == 1);
    executor.run();
    CHECK(seen == std::vector<std::string>{"a", "b", "c"});
    for (const auto& exchange : exchanges) {
        CHECK(outcome(*exchange) == Exchange::Outcome::done);
        REQUIRE(exchange->receipts.size() == 1);
        CHECK(exchange->receipts[0].disposition == Disposition::duplicate);
    }
}

TEST_CASE("while it is closed nothing is handled, and nobody waits") {
    ManualExecutor executor;
    const auto desk = std::make_shared<Desk>(executor.post);
    const auto early = exchange_with("a");
    desk->submit(early);
    CHECK(outcome(*early) == Exchange::Outcome::closed);
    int calls = 0;
    desk->open({[&](const Peer&, const Frame&) {
                    ++calls;
                    return Receipt{};
                },
                nullptr});
    const auto pending = exchange_with("a");
    desk->submit(pending);
    desk->close();
    CHECK(outcome(*pending) == Exchange::Outcome::closed);
    executor.run();
    CHECK(calls == 0);
}

TEST_CASE("what nobody waits for any more is not handled") {
    ManualExecutor executor;
    const auto desk = std::make_shared<Desk>(executor.post);
    int calls = 0;
    desk->open({[&](const Peer&, const Frame&) {
                    ++calls;
                    return Receipt{};
                },
                nullptr});
    const auto late = exchange_with("a");
    desk->submit(late);
    CHECK(outcome(*late) == Exchange::Outcome::timed_out);
    executor.run();
    CHECK(calls == 0);
}

TEST_CASE("a callback that closes, or opens anew, ends what follows") {
    ManualExecutor executor;
    const auto desk = std::make_shared<Desk>(executor.post);
    int calls = 0;
    const auto events = [&](bool reopen) {
        return TransportEvents{[&, reopen](const Peer&, const Frame&) {
                                   ++calls;
                                   desk->close();
                                   if (reopen) {
                                       desk->open({[&](const Peer&, const Frame&) {
                                                       calls += 100;
                                                       return Receipt{};
                                                   },
                                                   nullptr});
                                   }
                                   return Receipt{};
                               },
                               nullptr};
    };
    for (const bool reopen : {false, true}) {
        calls = 0;
        desk->open(events(reopen));
        const auto first = exchange_with("a");
        const auto second = exchange_with("b");
        first->frames.emplace_back(Announce{});
        desk->submit(first);
        desk->submit(second);
        executor.run();
        CHECK(calls == 1);
        CHECK(first->receipts.size() == 1);
        CHECK(outcome(*second) == Exchange::Outcome::closed);
    }
}

TEST_CASE("answers go to the exchange that is being handled, then to those that wait, within their bounds") {
    ManualExecutor executor;
    const auto desk = std::make_shared<Desk>(executor.post);
    std::vector<bool> taken;
    desk->open({[&](const Peer& from, const Frame&) {
                    taken.push_back(desk->take_reply(from, Announce{}, 60));
                    taken.push_back(desk->take_reply(from, Announce{}, 60));
                    taken.push_back(desk->take_reply(Peer("other"), Announce{}, 1));
                    return Receipt{};
                },
                nullptr});
    const auto frames = exchange_with("a", Exchange::Reply::frames);
    desk->submit(frames);
    executor.run();
    CHECK(taken == std::vector<bool>{true, false, false});
    CHECK(frames->replies.size() == 1);
    CHECK_FALSE(desk->take_reply(Peer("a"), Announce{}, 1));

    const auto listing = exchange_with("a", Exchange::Reply::listing);
    desk->submit(listing);
    executor.run();
    CHECK_FALSE(listing->is_settled());
    CHECK_FALSE(desk->take_reply(Peer("b"), SyncIds{}, 1));
    CHECK(desk->take_reply(Peer("a"), SyncIds{}, 1));
    CHECK_FALSE(desk->take_reply(Peer("a"), SyncIds{}, 1));
    CHECK(outcome(*listing) == Exchange::Outcome::done);
}
