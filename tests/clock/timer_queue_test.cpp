#include <chrono>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <lattice/clock/timer_queue.hpp>
#include <lattice/core/random.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{};

TEST_CASE("Timers are taken by time, and by order of addition for equal times", "[clock]") {
    TimerQueue queue;
    std::vector<int> order;
    queue.add(start + 2s, [&] { order.push_back(3); });
    queue.add(start + 1s, [&] { order.push_back(1); });
    queue.add(start + 1s, [&] { order.push_back(2); });

    REQUIRE(queue.next() == start + 1s);
    while (auto callback = queue.take_due(start + 2s)) {
        callback();
    }
    CHECK(order == std::vector<int>({1, 2, 3}));
    CHECK(queue.empty());
    CHECK(!queue.next());
}

TEST_CASE("A timer is not taken before it is due", "[clock]") {
    TimerQueue queue;
    queue.add(start + 1s, [] {});
    CHECK(!queue.take_due(start + 1s - 1ns));
    CHECK(queue.size() == 1);
    CHECK(queue.take_due(start + 1s));
}

TEST_CASE("The destruction of a timer may use the queue", "[clock]") {
    TimerQueue queue;
    struct AddsOnDestruction {
        TimerQueue* queue;
        ~AddsOnDestruction() {
            queue->add(start, [] {});
        }
    };
    const TimerId id = queue.add(start, [held = std::make_unique<AddsOnDestruction>(AddsOnDestruction{&queue})] {});
    const std::size_t before = queue.size();

    SECTION("when it is cancelled") {
        queue.cancel(id);
        CHECK(queue.size() == before);  // one went, one came
    }
    SECTION("when the queue is cleared") {
        queue.clear();
        CHECK(queue.empty());
    }
}

TEST_CASE("The queue does what a list that is searched from end to end does", "[clock]") {
    Random random(7);
    TimerQueue queue;
    std::map<TimerId, TimePoint> model;
    TimePoint now = start;
    TimerId called = 0;
    for (int step = 0; step < 20'000; ++step) {
        const auto choice = random.below(10);
        if (choice < 5) {
            const TimePoint due = now + std::chrono::milliseconds{random.below(50)};
            const auto box = std::make_shared<TimerId>(0);
            *box = queue.add(due, [&called, box] { called = *box; });
            REQUIRE(model.emplace(*box, due).second);
        } else if (choice < 7) {
            const TimerId id = random.below(static_cast<std::uint64_t>(step) + 1);
            queue.cancel(id);
            model.erase(id);
        } else {
            now += std::chrono::milliseconds{random.below(5)};
            auto first = model.end();
            for (auto it = model.begin(); it != model.end(); ++it) {
                first = first == model.end() || it->second < first->second ? it : first;
            }
            auto callback = queue.take_due(now);
            REQUIRE(static_cast<bool>(callback) == (first != model.end() && first->second <= now));
            if (callback) {
                callback();
                REQUIRE(called == first->first);
                model.erase(first);
            }
        }
        REQUIRE(queue.size() == model.size());
    }
}

}  // namespace
