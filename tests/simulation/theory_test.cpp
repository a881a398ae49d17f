// The protocol against the tables of theory, each with its source. Tolerances follow from the number of samples: four standard
// deviations of the mean, and the term that the theory itself leaves open, which is named.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include <lattice/sim/spread.hpp>
#include <lattice/sim/theory.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;
using namespace std::chrono_literals;

namespace {

/// Mean and deviation of samples.
class Samples {
   public:
    void add(double value) { values_.push_back(value); }
    [[nodiscard]] double mean() const {
        double sum = 0;
        for (const double value : values_) {
            sum += value;
        }
        return sum / static_cast<double>(values_.size());
    }
    /// Four standard deviations of the mean.
    [[nodiscard]] double tolerance() const {
        double squares = 0;
        for (const double value : values_) {
            squares += (value - mean()) * (value - mean());
        }
        const auto count = static_cast<double>(values_.size());
        return 4 * std::sqrt(squares / (count - 1) / count);
    }

   private:
    std::vector<double> values_;
};

/// `rumor`: each node passes a message on once, to `fanout` others, as soon as it has it ("infect and die").
SpreadSetting rumor(std::size_t nodes, std::size_t fanout, std::uint64_t seed) {
    SpreadSetting setting;
    setting.nodes = nodes;
    setting.seed = seed;
    setting.payload_size = 16;
    setting.config.dissemination = Config::Dissemination::rumor;
    setting.config.fanout = fanout;
    setting.config.message_ttl = ceiling::hops;
    setting.config.enable_pull = false;
    setting.config.enable_anti_entropy = false;
    setting.link.latency = Latency::constant(1ms);
    return setting;
}

/// The random phone call model: in every round each node calls one random other. Gossip rounds are the rounds, and latencies
/// are too short to matter.
constexpr Duration phone_round = 1s;

SpreadSetting phone_call(std::size_t nodes, std::uint64_t seed) {
    SpreadSetting setting = rumor(nodes, 1, seed);
    setting.config.enable_push = false;
    setting.link.latency = Latency::constant(10us);
    return setting;
}

/// Push in that model: whoever has the message announces it to one random node in every round, which fetches it.
SpreadSetting phone_push(std::size_t nodes, std::uint64_t seed) {
    SpreadSetting setting = phone_call(nodes, seed);
    setting.config.enable_pull = true;
    setting.config.gossip_interval = phone_round;
    setting.config.announce_rounds = 60;
    return setting;
}

/// Push and pull in that model, out of step: anti-entropy, in which every node compares what it has with one random node per
/// interval, and each gets what it misses. (The protocol has no mode that only pulls.)
SpreadSetting phone_push_pull(std::size_t nodes, std::uint64_t seed) {
    SpreadSetting setting = phone_call(nodes, seed);
    setting.config.enable_anti_entropy = true;
    setting.config.anti_entropy_interval = phone_round;
    setting.config.gossip_interval = phone_round;
    setting.warm_up = 3s;  // The first session of a new node comes early; afterwards nodes are out of step.
    return setting;
}

double rounds(const SpreadSetting& setting) {
    const Spread spread = measure_spread(setting);
    REQUIRE(spread.complete());
    return static_cast<double>(spread.time_to(1)->count()) / static_cast<double>(phone_round.count());
}

}  // namespace

TEST_CASE("The share that rumor mongering never reaches is the root of s = exp(-k (1 - s))", "[simulation][theory]") {
    // Demers et al., Epidemic algorithms for replicated database maintenance (1987), section 1.4.
    for (const std::size_t fanout : {2U, 3U, 4U}) {
        LATTICE_SHOW(fanout);
        Samples residue;
        for (std::uint64_t seed = 0; seed < 30; ++seed) {
            const Spread spread = measure_spread(rumor(2'000, fanout, seed));
            if (spread.coverage() > 0.1) {  // Else the rumor died among the first few, which is another probability.
                residue.add(spread.residue());
            }
        }
        const double finite_size = 0.002;  // O(1/n): nobody pushes to itself, to the sender or the origin.
        CHECK(std::fabs(residue.mean() - theory::residue(static_cast<double>(fanout))) <
              residue.tolerance() + finite_size);
    }
}

TEST_CASE("Loss thins the fanout, and nothing else", "[simulation][theory]") {
    Samples residue;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        SpreadSetting setting = rumor(2'000, 4, seed);
        setting.link.loss = 0.25;
        residue.add(measure_spread(setting).residue());
    }
    // A node's fanout is binomial now instead of Poisson, with the same mean.
    CHECK(std::fabs(residue.mean() - theory::residue(4, 0.25)) < residue.tolerance() + 0.002);
}

TEST_CASE("Everybody gets a rumor with probability exp(-exp(-c)) at fanout ln n + c", "[simulation][theory]") {
    // Kermarrec, Massoulie, Ganesh, Probabilistic reliable dissemination in large-scale systems (2003), theorem 1.
    constexpr std::size_t nodes = 500;  // ln n = 6.21
    constexpr int runs = 200;
    for (const std::size_t fanout : {6U, 7U, 8U, 11U}) {
        LATTICE_SHOW(fanout);
        int complete = 0;
        for (std::uint64_t seed = 0; seed < runs; ++seed) {
            complete += measure_spread(rumor(nodes, fanout, 1'000 * fanout + seed)).complete() ? 1 : 0;
        }
        const double expected = theory::everyone_reached(nodes, static_cast<double>(fanout));
        const double deviation = std::sqrt(expected * (1 - expected) / runs);
        const double finite_size = 0.03;  // The theorem is a limit; the sources are left out of everybody's choices.
        LATTICE_SHOW(complete);
        CHECK(std::fabs(complete / double{runs} - expected) < 4 * deviation + finite_size);
    }
}

TEST_CASE("A rumor's hops grow with the logarithm of the network and respect the bound", "[simulation][theory]") {
    for (const std::size_t nodes : {100U, 1'000U, 10'000U}) {
        LATTICE_SHOW(nodes);
        Samples hops;
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            const Spread spread = measure_spread(rumor(nodes, 10, seed));
            hops.add(*spread.hops_to(0.5));
            REQUIRE(*spread.hops_to(0.99) >= theory::rounds_at_least(nodes * 99 / 100, 10));
        }
        const double to_half = std::log(static_cast<double>(nodes) / 2) / std::log(10.0);
        CHECK(hops.mean() >= to_half - 0.5);
        CHECK(hops.mean() <= to_half + 2);
    }
}

TEST_CASE("Pushing to one node per round takes log2 n + ln n rounds", "[simulation][theory]") {
    // Frieze, Grimmett, The shortest-path problem for graphs with random arc-lengths (1985); Pittel, On spreading a rumor
    // (1987): + O(1), for which 2.5 is allowed.
    for (const std::size_t nodes : {200U, 1'000U}) {
        LATTICE_SHOW(nodes);
        Samples taken;
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
            taken.add(rounds(phone_push(nodes, seed)));
        }
        LATTICE_SHOW(taken.mean());
        CHECK(std::fabs(taken.mean() - theory::push_rounds(nodes)) < 2.5 + taken.tolerance());
    }
}

TEST_CASE("Comparing with one node per interval takes ln n intervals", "[simulation][theory]") {
    // Acan, Collevecchio, Mehrabian, Wormald, On the push and pull protocol for rumour spreading (2017): + O(1), for which 1 is
    // allowed. In step it would take log3 n + log2 ln n rounds (Karp et al. 2000): more, because a message makes one hop a round.
    for (const std::size_t nodes : {200U, 1'000U}) {
        LATTICE_SHOW(nodes);
        Samples taken;
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
            taken.add(rounds(phone_push_pull(nodes, seed)));
        }
        LATTICE_SHOW(taken.mean());
        CHECK(std::fabs(taken.mean() - theory::push_pull_time_out_of_step(nodes)) < 1 + taken.tolerance());
        CHECK(taken.mean() < theory::push_pull_rounds(nodes));
    }
}
