#pragma once

#include <cmath>
#include <cstddef>

/// What theory says about dissemination: printed beside every measured figure, and the yardstick of tests. Floating point is
/// fine here, because nothing in a world depends on it.
namespace lattice::inline v0::sim::theory {

/// Rounds that no protocol with that fanout beats: every node that has the message tells `fanout` others per round, so their
/// number grows at most by the factor fanout + 1.
inline double rounds_at_least(std::size_t nodes, std::size_t fanout) {
    return std::ceil(std::log(static_cast<double>(nodes)) / std::log(static_cast<double>(fanout + 1)) - 1e-9);
}

/// Payloads per delivery that no protocol without coding beats when a share `loss` of all frames is lost.
inline double payloads_at_least(double loss) { return 1 / (1 - loss); }

/// Rounds in which pushing to one random node per round reaches everybody: log2 n + ln n + O(1) (Frieze, Grimmett 1985;
/// Pittel 1987).
inline double push_rounds(std::size_t nodes) {
    const auto n = static_cast<double>(nodes);
    return std::log2(n) + std::log(n);
}

/// Rounds of pulling from one random node per round: log2 n + log2 ln n + O(1) (Doerr, Kostrygin 2017).
inline double pull_rounds(std::size_t nodes) {
    const auto n = static_cast<double>(nodes);
    return std::log2(n) + std::log2(std::log(n));
}

/// Rounds of both at once: log3 n + log2 ln n + O(1) (Karp, Schindelhauer, Shenker, Voecking 2000).
inline double push_pull_rounds(std::size_t nodes) {
    const auto n = static_cast<double>(nodes);
    return std::log(n) / std::log(3.0) + std::log2(std::log(n));
}

/// Time, in mean intervals between a node's calls, in which push and pull together reach everybody when nodes are not in step:
/// ln n + O(1) (Acan, Collevecchio, Mehrabian, Wormald 2017; Panagiotou, Speidel 2017). Half of it takes the growth to half of
/// the nodes, each of them calling and being called once per interval, and half the rest.
inline double push_pull_time_out_of_step(std::size_t nodes) { return std::log(static_cast<double>(nodes)); }

/// Probability that everybody gets a message that each node passes on once, to ln n + c random others: exp(-exp(-c))
/// (Kermarrec, Massoulie, Ganesh 2003). Loss and crashes thin the fanout.
inline double everyone_reached(std::size_t nodes, double fanout, double loss = 0) {
    return std::exp(-std::exp(-(fanout * (1 - loss) - std::log(static_cast<double>(nodes)))));
}

/// Share of nodes that never hear of a message that each node passes on once to `fanout` random others: the root below one of
/// s = exp(-fanout (1 - s)) (Demers et al. 1987, section 1.4; the giant component of a random graph).
inline double residue(double fanout, double loss = 0) {
    const double k = fanout * (1 - loss);
    if (k <= 1) {
        return 1;
    }
    double s = 0;
    for (int i = 0; i < 10'000; ++i) {
        s = std::exp(-k * (1 - s));
    }
    return s;
}

/// Probability that all of a living node's `known` peers are among the crashed.
inline double isolation(double known, double crashed) { return std::exp(-known * (1 - crashed)); }

}  // namespace lattice::inline v0::sim::theory
