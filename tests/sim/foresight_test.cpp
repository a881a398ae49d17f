#include <cstdint>
#include <map>
#include <vector>

#include <lattice/sim/foresight.hpp>

#include "support/catch.hpp"

using namespace lattice::sim;

TEST_CASE("An event is prepared for in all steps, in order, with other events between them", "[sim]") {
    Foresight foresight;
    std::map<std::uint32_t, std::vector<std::uint32_t>> shown_when;  // By slot: the event shown last at each step.
    constexpr std::uint32_t events = 100;
    for (std::uint32_t slot = 0; slot < events; ++slot) {
        foresight.add({0, 0, slot, 0, 0}, [&](const Event& event, unsigned step) {
            auto& when = shown_when[event.slot];
            REQUIRE(when.size() == step);
            when.push_back(slot);
        });
    }
    for (std::uint32_t slot = 0; slot + Foresight::distance < events; ++slot) {
        REQUIRE(shown_when[slot].size() == Foresight::steps);
        for (std::uint32_t step = 0; step < Foresight::steps; ++step) {
            CHECK(shown_when[slot][step] == slot + step * Foresight::gap);
        }
    }
}
