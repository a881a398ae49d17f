// Drawn worlds in which everything goes wrong. Every seed is a world of its own (see sim/faults.hpp): CI plays 2,000 of them in
// eight parts that ctest may run side by side; the preset `simulation` plays 100,000 (cmake --workflow --preset simulation), and
// LATTICE_SIMULATION_SEEDS sets another number for all parts together.

#include <cstdint>
#include <cstdlib>
#include <string>

#include <lattice/sim/campaign.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;

namespace {

constexpr std::uint64_t parts = 8;

std::uint64_t seeds_in_all() {
    const char* given = std::getenv("LATTICE_SIMULATION_SEEDS");
    return given == nullptr ? 2'000 : std::strtoull(given, nullptr, 10);
}

/// Plays the seeds of one part; the first few violations are printed.
void play_part(std::uint64_t part) {
    const std::uint64_t seeds = seeds_in_all() / parts;
    std::uint64_t deliveries = 0;
    int broken = 0;
    for (std::uint64_t seed = part * seeds; seed < (part + 1) * seeds && broken < 3; ++seed) {
        const WorldOutcome outcome = run_seed(seed);
        deliveries += outcome.deliveries;
        if (!outcome.violations.empty()) {
            ++broken;
            FAIL_CHECK(outcome.plan << "\n  " << outcome.violations.front()
                                    << "\n  replay: lattice-simulate --faults --seed " << seed);
        }
    }
    CHECK(deliveries > seeds * 20);  // Worlds in which nothing is delivered prove nothing.
}

}  // namespace

TEST_CASE("Invariants hold in drawn worlds, part 1", "[simulation]") { play_part(0); }
TEST_CASE("Invariants hold in drawn worlds, part 2", "[simulation]") { play_part(1); }
TEST_CASE("Invariants hold in drawn worlds, part 3", "[simulation]") { play_part(2); }
TEST_CASE("Invariants hold in drawn worlds, part 4", "[simulation]") { play_part(3); }
TEST_CASE("Invariants hold in drawn worlds, part 5", "[simulation]") { play_part(4); }
TEST_CASE("Invariants hold in drawn worlds, part 6", "[simulation]") { play_part(5); }
TEST_CASE("Invariants hold in drawn worlds, part 7", "[simulation]") { play_part(6); }
TEST_CASE("Invariants hold in drawn worlds, part 8", "[simulation]") { play_part(7); }

TEST_CASE("Plans draw every class of faults in about half of the worlds", "[simulation]") {
    constexpr int plans = 400;
    int drawn[fault_kinds] = {};
    for (std::uint64_t seed = 0; seed < plans; ++seed) {
        const FaultPlan plan = FaultPlan::draw(seed);
        CHECK((plan.nodes >= 3 && plan.nodes <= 64));
        for (std::size_t fault = 0; fault < fault_kinds; ++fault) {
            drawn[fault] += plan.has(static_cast<Fault>(fault)) ? 1 : 0;
        }
    }
    for (std::size_t fault = 0; fault < fault_kinds; ++fault) {
        LATTICE_SHOW(name_of(static_cast<Fault>(fault)));
        CHECK(std::abs(drawn[fault] - plans / 2) < 50);  // Five deviations of 10.
    }
}

TEST_CASE("A drawn world replays event for event", "[simulation]") {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        LATTICE_SHOW(seed);
        CHECK(run_seed(seed).trace == run_seed(seed).trace);
    }
}
