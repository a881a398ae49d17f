#include <algorithm>
#include <limits>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/sim/event_queue.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;

namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

std::vector<std::uint32_t> drain(EventQueue& queue, std::uint64_t limit = no_limit) {
    std::vector<std::uint32_t> slots;
    while (const auto event = queue.pop(limit)) {
        slots.push_back(event->slot);
    }
    return slots;
}

}  // namespace

TEST_CASE("Events come in order of time, equal ones in order of pushing", "[sim]") {
    EventQueue queue;
    queue.push({500, 0, 1, 0, 0});
    queue.push({20, 0, 2, 0, 0});
    queue.push({500, 0, 3, 0, 0});
    queue.push({1'000'000'000'000, 0, 4, 0, 0});
    queue.push({0, 0, 5, 0, 0});
    CHECK(queue.size() == 5);
    CHECK(drain(queue) == std::vector<std::uint32_t>{5, 2, 1, 3, 4});
    CHECK(queue.empty());
}

TEST_CASE("A limit stops the queue before later events, and earlier ones than those may still come", "[sim]") {
    EventQueue queue;
    queue.push({1'000'000, 0, 1, 0, 0});
    CHECK(drain(queue, 999'999).empty());
    queue.push({999'999, 0, 2, 0, 0});
    CHECK(drain(queue, 1'000'000) == std::vector<std::uint32_t>{2, 1});
}

TEST_CASE("An event pushed for the present while the present is drained comes last in it", "[sim]") {
    EventQueue queue;
    queue.push({70, 0, 1, 0, 0});
    queue.push({70, 0, 2, 0, 0});
    CHECK(queue.pop(no_limit)->slot == 1);
    queue.push({70, 0, 3, 0, 0});
    CHECK(drain(queue) == std::vector<std::uint32_t>{2, 3});
}

TEST_CASE("The queue agrees with a stably sorted list under random work", "[sim]") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        LATTICE_SHOW(seed);
        Random random(seed);
        EventQueue queue;
        std::vector<Event> twin;
        std::uint64_t now = 0;
        std::uint32_t next_slot = 0;
        for (int step = 0; step < 3'000; ++step) {
            if (random.below(3) != 0) {
                const std::uint64_t ahead =
                    random.below(2) == 0 ? random.below(300) : random.next() >> (20 + random.below(44));
                const Event event{now + ahead, 0, next_slot++, 0, 0};
                queue.push(event);
                twin.insert(std::upper_bound(twin.begin(), twin.end(), event,
                                             [](const Event& a, const Event& b) { return a.time < b.time; }),
                            event);
                continue;
            }
            const std::uint64_t limit = now + random.below(1'000'000);
            const auto popped = queue.pop(limit);
            const bool due = !twin.empty() && twin.front().time <= limit;
            REQUIRE(popped.has_value() == due);
            if (due) {
                REQUIRE(popped->slot == twin.front().slot);
                now = twin.front().time;
                twin.erase(twin.begin());
            } else {
                now = limit;
            }
            REQUIRE(queue.size() == twin.size());
        }
    }
}

TEST_CASE("Nearly all that comes is shown once, a little before it comes", "[sim]") {
    // Spread over several stretches of 16.8 ms; crowded into a few microseconds; all at one instant.
    const std::uint64_t width = GENERATE(std::uint64_t{50'000'000}, std::uint64_t{5'000}, std::uint64_t{1});
    constexpr std::size_t distance = 8;
    constexpr std::uint32_t events = 2'000;
    Random random(7);
    EventQueue queue;
    for (std::uint32_t slot = 0; slot < events; ++slot) {
        queue.push({random.below(width), 0, slot, 0, 0});
    }
    std::vector<std::size_t> shown_at(events, events);  // By slot: how many events had come by then.
    std::size_t come = 0;
    std::size_t shown_in_time = 0;
    while (const auto event = queue.pop(no_limit)) {
        if (shown_at[event->slot] != events) {
            ++shown_in_time;
            REQUIRE(come - shown_at[event->slot] <= 2 * distance + 16);
        }
        ++come;
        queue.look_ahead(distance, [&](const Event& soon) {
            REQUIRE(shown_at[soon.slot] == events);
            shown_at[soon.slot] = come;
        });
    }
    CHECK(come == events);
    CHECK(shown_in_time > events * 98 / 100);
}

TEST_CASE("To look ahead changes nothing", "[sim]") {
    Random random(8);
    EventQueue queue;
    EventQueue twin;
    std::uint64_t now = 0;
    for (std::uint32_t slot = 0; slot < 20'000; ++slot) {
        const Event event{now + (random.next() >> (30 + random.below(34))), 0, slot, 0, 0};
        queue.push(event);
        twin.push(event);
        queue.look_ahead(static_cast<std::size_t>(random.below(20)), [](const Event&) {});
        if (random.below(2) == 0) {
            const auto popped = queue.pop(no_limit);
            REQUIRE(popped->slot == twin.pop(no_limit)->slot);
            now = popped->time;
        }
    }
    REQUIRE(drain(queue) == drain(twin));
}
