// lattice-simulate: how a message spreads through a network of the real protocol, played in virtual time, measured, and shown
// beside what theory says. With --faults: worlds in which everything goes wrong, watched by the checkers of invariants.

#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include <lattice/sim/campaign.hpp>

#include "options.hpp"
#include "page.hpp"
#include "print.hpp"
#include "progress.hpp"
#include "recorder.hpp"
#include "summary.hpp"

namespace {

using namespace simulate;

/// Plays all runs and prints what they gave.
int measure(const Options& options) {
    Summary summary(options);
    for (std::uint64_t run = 0; run < options.runs; ++run) {
        lattice::sim::SpreadSetting setting = options.setting;
        setting.seed += run;
        lattice::sim::World world(setting.seed);
        Recorder recorder;
        const bool last = run + 1 == options.runs;
        if (last && !options.html.empty() && setting.nodes <= Recorder::nodes_max) {
            recorder.follow(world);
        }
        Progress progress("run " + std::to_string(run + 1) + " of " + std::to_string(options.runs));
        lattice::sim::prepare(world, setting);
        recorder.begin(world.now());
        const auto spread = lattice::sim::play_spread(world, setting, [&](std::size_t reached, std::size_t nodes) {
            progress.show(run * nodes + reached, options.runs * nodes);
        });
        summary.add(spread);
        if (last && !options.html.empty()) {
            write_page(options.html, options, summary, world, spread, recorder);
        }
    }
    if (options.json) {
        std::printf("%s\n", to_json(options, summary).c_str());
    } else {
        print_table(options, summary);
    }
    return 0;
}

/// Plays the drawn world of each seed; the exit code says whether every invariant held.
int play_faults(const Options& options) {
    Progress progress("worlds");
    std::uint64_t broken = 0;
    std::uint64_t events = 0;
    for (std::uint64_t run = 0; run < options.runs; ++run) {
        const std::uint64_t seed = options.setting.seed + run;
        const lattice::sim::WorldOutcome outcome = lattice::sim::run_seed(seed);
        events += outcome.events;
        progress.show(run + 1, options.runs, std::to_string(broken) + " broken");
        if (!outcome.violations.empty() || options.runs == 1) {
            std::printf("%s\n  trace %016llx\n", outcome.plan.c_str(), static_cast<unsigned long long>(outcome.trace));
        }
        if (!outcome.violations.empty()) {
            ++broken;
            for (const auto& violation : outcome.violations) {
                std::printf("  violated: %s\n", violation.c_str());
            }
            std::printf("  replay: lattice-simulate --faults --seed %llu\n", static_cast<unsigned long long>(seed));
        }
    }
    std::printf("%llu of %llu worlds broke an invariant; %llu events\n", static_cast<unsigned long long>(broken),
                static_cast<unsigned long long>(options.runs), static_cast<unsigned long long>(events));
    return broken == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** values) {
    try {
        const Options options = parse(std::vector<std::string_view>(values + 1, values + count));
        if (options.help) {
            std::printf("%.*s", static_cast<int>(usage.size()), usage.data());
            return 0;
        }
        return options.faults ? play_faults(options) : measure(options);
    } catch (const UsageError& error) {
        std::fprintf(stderr, "lattice-simulate: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lattice-simulate: %s\n", error.what());
        return 1;
    }
}
