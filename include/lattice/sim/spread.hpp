#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/config.hpp>
#include <lattice/sim/network.hpp>
#include <lattice/sim/world.hpp>

namespace lattice::inline v0::sim {

/// One broadcast in one world, to be measured.
struct SpreadSetting {
    std::size_t nodes{1000};
    Config config{};
    LinkModel link{};
    std::uint64_t seed{1};
    std::size_t payload_size{256};
    /// Each node knows so many others that it dialled at random, and those that dialled it; 0: everybody knows all.
    std::size_t dials{0};
    /// Nodes are up for so long before the broadcast, for what they do when they start.
    Duration warm_up{};
    /// Messages that the origin broadcasts before, a second apart, from which nodes learn how the network is.
    std::size_t rehearsals{0};
    /// The measurement ends when everybody has the message and all is quiet, or then.
    Duration limit{std::chrono::seconds{120}};
    /// Share of nodes that crash, unnoticed by the others, right before the broadcast; never the origin.
    double crashed{0};
};

/// How a message spread.
struct Spread {
    std::size_t nodes{};             ///< That could get it: up, and not the origin.
    std::size_t reached{};           ///< That got it.
    std::vector<Duration> times;     ///< Of arrival since the broadcast, ascending.
    std::vector<std::uint8_t> hops;  ///< Ascending.
    Traffic traffic;                 ///< Caused by the broadcast, as far as it can be told: everything since then.
    std::uint64_t events{};
    std::uint64_t trace{};

    [[nodiscard]] double coverage() const noexcept {
        return nodes == 0 ? 1 : static_cast<double>(reached) / static_cast<double>(nodes);
    }
    [[nodiscard]] double residue() const noexcept { return 1 - coverage(); }
    [[nodiscard]] bool complete() const noexcept { return reached == nodes; }

    /// When that share of the nodes had it; nothing when so many never got it.
    [[nodiscard]] std::optional<Duration> time_to(double share) const {
        const auto rank = rank_of(share);
        return rank ? std::optional(rank == 0U ? Duration{} : times[*rank - 1]) : std::nullopt;
    }
    /// The hops that the message had made to the node that completed that share, counted by hops.
    [[nodiscard]] std::optional<std::uint8_t> hops_to(double share) const {
        const auto rank = rank_of(share);
        return rank ? std::optional(rank == 0U ? std::uint8_t{0} : hops[*rank - 1]) : std::nullopt;
    }

    [[nodiscard]] double per_delivery(std::uint64_t count) const noexcept {
        return reached == 0 ? 0 : static_cast<double>(count) / static_cast<double>(reached);
    }

   private:
    [[nodiscard]] std::optional<std::size_t> rank_of(double share) const {
        const double wanted = std::min(1.0, share) * static_cast<double>(nodes);
        auto rank = static_cast<std::size_t>(wanted);
        rank += static_cast<double>(rank) < wanted ? 1U : 0U;
        return rank <= reached ? std::optional(rank) : std::nullopt;
    }
};

/// The difference of what two readings of the counters say.
inline Traffic since(const Traffic& before, const Traffic& after) {
    Traffic difference = after;
    for (std::size_t kind = 0; kind < frame_kinds; ++kind) {
        difference.frames[kind] -= before.frames[kind];
        difference.bytes[kind] -= before.bytes[kind];
    }
    difference.arrived -= before.arrived;
    difference.lost -= before.lost;
    difference.missed -= before.missed;
    return difference;
}

/// Starts nodes of which each dials so many others at random; who is dialled knows the dialler as well. The network that the
/// simulations of GossipSub's author play in, at 20.
inline void start_dialled(World& world, std::size_t nodes, std::size_t dials, std::uint64_t seed) {
    world.nodes_off(nodes);
    Random random(seed);
    std::vector<std::vector<NodeIndex>> known(nodes);
    for (NodeIndex node = 0; node < nodes; ++node) {
        for (std::size_t dial = 0; dial < dials; ++dial) {
            const auto other = static_cast<NodeIndex>(random.below(nodes));
            if (other != node && std::find(known[node].begin(), known[node].end(), other) == known[node].end()) {
                known[node].push_back(other);
                known[other].push_back(node);
            }
        }
    }
    for (NodeIndex node = 0; node < nodes; ++node) {
        world.acquaint(node, known[node]).start(node);
    }
}

/// Sets a world up for a measurement: the nodes are up, warm, and some of them crashed.
inline void prepare(World& world, const SpreadSetting& setting) {
    world.configure(setting.config).link(setting.link);
    if (setting.dials == 0) {
        world.nodes(setting.nodes);
    } else {
        start_dialled(world, setting.nodes, setting.dials, setting.seed + 1);
    }
    world.run_for(setting.warm_up);
    for (std::size_t rehearsal = 0; rehearsal < setting.rehearsals; ++rehearsal) {
        world.broadcast(0, "rehearsal", std::string(setting.payload_size, 'r'));
        world.run_for(std::chrono::seconds{1});
    }
    Random random(mixed(setting.seed, 0x63726173U));
    const auto crashes = static_cast<std::size_t>(setting.crashed * static_cast<double>(setting.nodes));
    for (std::size_t crashed = 0; crashed < crashes;) {
        const auto node = static_cast<NodeIndex>(1 + random.below(setting.nodes - 1));
        if (world.is_up(node)) {
            world.crash(node);
            ++crashed;
        }
    }
}

/// Reads off a world how a message spread in it.
inline Spread read_spread(const World& world, MessageIndex message, const Traffic& before) {
    Spread spread;
    const Duration start = world.ledger()[message].time;
    for (NodeIndex node = 1; node < world.size(); ++node) {
        const Ledger::Arrival arrival = world.ledger().arrival(message, node);
        spread.nodes += world.is_up(node) ? 1U : 0U;
        if (world.is_up(node) && arrival.deliveries != 0) {
            spread.times.push_back(arrival.time - start);
            spread.hops.push_back(arrival.hops);
        }
    }
    spread.reached = spread.times.size();
    std::sort(spread.times.begin(), spread.times.end());
    std::sort(spread.hops.begin(), spread.hops.end());
    spread.traffic = since(before, world.network().traffic());
    spread.events = world.events();
    spread.trace = world.trace().value();
    return spread;
}

/// Told now and then how many nodes have the message.
using SpreadProgress = Callback<void(std::size_t reached, std::size_t nodes)>;

/// Broadcasts from node 0 of a prepared world and runs until everybody has it and what it caused is over.
inline Spread play_spread(World& world, const SpreadSetting& setting, SpreadProgress progress = {}) {
    constexpr Duration step = std::chrono::milliseconds{10};
    const Traffic before = world.network().traffic();
    const std::size_t others = world.count_up() - 1;
    const MessageIndex message = world.broadcast(0, "spread", std::string(setting.payload_size, 'x'));
    const Duration end = world.now() + setting.limit;
    const bool never_quiet = setting.config.enable_anti_entropy;
    const auto reached = [&] { return world.ledger()[message].reached; };
    while (world.now() < end && world.timeline().pending() != 0 && !(never_quiet && reached() >= others)) {
        world.run_until(std::min(end, world.now() + step));
        if (progress) {
            progress(reached(), others);
        }
    }
    if (never_quiet) {  // The announcements of those who got it last belong to the price.
        world.run_for(setting.config.gossip_interval * static_cast<int>(setting.config.announce_rounds));
    }
    return read_spread(world, message, before);
}

/// One broadcast in a world of its own.
inline Spread measure_spread(const SpreadSetting& setting, SpreadProgress progress = {}) {
    World world(setting.seed);
    prepare(world, setting);
    return play_spread(world, setting, std::move(progress));
}

}  // namespace lattice::inline v0::sim
