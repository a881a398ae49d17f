#include <map>

#include <lattice/reconcile/windows.hpp>

#include "reconcile/sets.hpp"
#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::reconcile;
using namespace lattice::reconcile_test;
using namespace std::chrono_literals;

namespace {

constexpr WindowOptions small{1min, 6};

WallTime at(std::chrono::microseconds since_epoch) { return WallTime(since_epoch); }

}  // namespace

TEST_CASE("messages are in the window of their time, and leave with it") {
    Random random(1);
    Windows windows(test_salt, small);
    windows.advance(at(10min));
    const MessageId id = random_id(random);
    CHECK(windows.add(id, 1, at(7min + 30s)));
    CHECK(windows.find(7)->contains(shorten(id, windows.find(7)->salt()).value));
    CHECK(windows.size() == 1);
    CHECK_FALSE(windows.add(id, 1, at(4min)));   // beyond the horizon
    CHECK_FALSE(windows.add(id, 1, at(11min)));  // in the future
    CHECK_FALSE(windows.add(id, 1, at(-1min)));
    CHECK(windows.find(4) == nullptr);
    CHECK(windows.find(11) == nullptr);

    windows.advance(at(12min));
    CHECK(windows.size() == 1);
    windows.advance(at(13min));
    CHECK(windows.find(7) == nullptr);
    CHECK(windows.size() == 0);
    CHECK_FALSE(windows.remove(id, 1, at(7min + 30s)));
}

TEST_CASE("windows agree with a plain map of sets under random operations") {
    Random random(GENERATE(2U, 3U));
    Windows windows(test_salt, small);
    std::map<std::uint64_t, std::map<MessageId, WallTime>> twin;
    std::chrono::microseconds now = 1h;
    windows.advance(at(now));
    for (int i = 0; i < 3'000; ++i) {
        if (random.below(50) == 0) {
            now += std::chrono::seconds(random.below(200) + (random.below(10) == 0 ? 1'000 : 0));
            windows.advance(at(now));
            while (!twin.empty() && twin.begin()->first + small.count <= windows.newest()) {
                twin.erase(twin.begin());
            }
        }
        const WallTime time = at(now - std::chrono::seconds(random.below(500)));
        const std::uint64_t number = windows.number_of(time);
        const MessageId id = random_id(random);
        const bool kept = number + small.count > windows.newest();
        REQUIRE(windows.add(id, 5, time) == kept);
        if (kept) {
            twin[number].emplace(id, time);
        }
        if (!twin.empty() && random.below(2) == 0) {
            auto& [victim_window, messages] = *twin.begin();
            REQUIRE(windows.remove(messages.begin()->first, 5, messages.begin()->second));
            messages.erase(messages.begin());
            if (messages.empty()) {
                twin.erase(twin.begin());
            }
        }
        std::size_t size = 0;
        for (const auto& [held, messages] : twin) {
            REQUIRE(windows.find(held)->size() == messages.size());
            size += messages.size();
        }
        REQUIRE(windows.size() == size);
    }
}

TEST_CASE("what a full cache lets go counts as known in recent windows, and spoils older ones") {
    Random random(5);
    Windows windows(test_salt, small);
    windows.advance(at(10min));
    const MessageId old = random_id(random);
    const MessageId recent = random_id(random);
    windows.add(old, 1, at(7min));
    windows.add(recent, 2, at(9min));
    const std::uint64_t digest = windows.digest_of(9);
    CHECK(digest != 0);
    CHECK(windows.release(recent, 2, at(9min)));
    CHECK(windows.digest_of(9) == digest);
    CHECK(windows.find(9)->find(shorten(recent, windows.find(9)->salt()).value) == SetSummary::gone);
    CHECK_FALSE(windows.left_out(9));
    CHECK_FALSE(windows.left_out(7));
    CHECK(windows.release(old, 1, at(7min)));
    CHECK(windows.left_out(7));
    CHECK(windows.digest_of(7) == 0);
    CHECK_FALSE(windows.release(old, 1, at(7min)));
    CHECK(windows.left_out(4));   // beyond the horizon
    CHECK(windows.left_out(11));  // in the future

    windows.advance(at(11min));
    CHECK(windows.left_out(9));
    CHECK(windows.size_of(9) == 0);  // Forgotten, now that it is old.
    CHECK_FALSE(windows.left_out(8));
}

TEST_CASE("a message that was let go and comes back is one message") {
    Random random(6);
    Windows windows(test_salt, small);
    windows.advance(at(10min));
    const MessageId id = random_id(random);
    windows.add(id, 1, at(10min));
    const std::uint64_t digest = windows.digest_of(10);
    windows.release(id, 1, at(10min));
    windows.add(id, 4, at(10min));
    CHECK(windows.digest_of(10) == digest);
    CHECK(windows.find(10)->find(shorten(id, windows.find(10)->salt()).value) == 4U);
    CHECK(windows.remove(id, 4, at(10min)));
    CHECK(windows.digest_of(10) == 0);
}

TEST_CASE("the number of windows has its bounds") {
    CHECK(Windows(test_salt, {1min, 0}).ages() == 1);
    CHECK(Windows(test_salt, {1min, 1}).ages() == 1);
    CHECK(Windows(test_salt, {1min, 5'000}).ages() == WindowOptions::count_max - 1);
}

TEST_CASE("each window has the salt of its number, the same on all nodes of a network") {
    Windows here(test_salt, small);
    Windows there(test_salt, small);
    Windows stranger(Salt{7, 7}, small);
    for (Windows* windows : {&here, &there, &stranger}) {
        windows->advance(at(10min));
    }
    CHECK(here.find(9)->salt() == there.find(9)->salt());
    CHECK_FALSE(here.find(9)->salt() == here.find(10)->salt());
    CHECK_FALSE(here.find(9)->salt() == stranger.find(9)->salt());
    InitiatorOptions options;
    options.window = 9;
    CHECK(Session(*here.find(9), *there.find(9), options).outcome.result == SessionResult::equal);
    CHECK(Session(*here.find(9), *stranger.find(9), options).outcome.result == SessionResult::other_salt);
}

TEST_CASE("a session is about one window") {
    Random random(4);
    Windows here(test_salt, small);
    Windows there(test_salt, small);
    here.advance(at(10min));
    there.advance(at(10min));
    for (int i = 0; i < 100; ++i) {
        const MessageId id = random_id(random);
        const WallTime time = at(std::chrono::minutes(5 + i % 6));
        here.add(id, 1, time);
        if (i != 42) {  // of minute 5
            there.add(id, 1, time);
        }
    }
    InitiatorOptions options;
    options.window = 5;
    const Session old(*here.find(5), *there.find(5), options);
    CHECK(old.outcome.result == SessionResult::complete);
    CHECK(old.outcome.missing_there.size() == 1);
    options.window = 10;
    CHECK(Session(*here.find(10), *there.find(10), options).outcome.result == SessionResult::equal);
}
