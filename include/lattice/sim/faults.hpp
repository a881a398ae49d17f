#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/core/config.hpp>
#include <lattice/core/random.hpp>
#include <lattice/sim/chance.hpp>
#include <lattice/sim/hostile.hpp>
#include <lattice/sim/network.hpp>
#include <lattice/sim/partition.hpp>

namespace lattice::inline v0::sim {

/// Everything that can go wrong in a drawn world; each class is in a plan with probability one half.
enum class Fault : std::uint8_t {
    loss,
    duplication,
    reordering,
    clogging,
    partitions,
    slow_nodes,
    bandwidth,
    crashes,   ///< Processes die and come back with nothing.
    restarts,  ///< Processes stop and come back with what they knew.
    pauses,
    late_joiners,
    bad_clocks,
    hostile_nodes,
    slow_verdicts,   ///< Validators defer.
    moody_verdicts,  ///< Validators ignore what they accept when it comes again.
    failing_hosts,   ///< Handlers throw, once or twice.
    small_limits,    ///< Quotas of a handful.
    small_caches,    ///< Caches that hold a part of the history, and payloads that fill them.
    partial_views,   ///< Nodes know some of the others.
    false_ids,       ///< Messages whose id is not their hash are taken.
};
inline constexpr std::size_t fault_kinds = 20;

constexpr std::string_view name_of(Fault fault) noexcept {
    constexpr std::string_view names[fault_kinds] = {
        "loss",          "duplication",  "reordering",    "clogging",      "partitions",
        "slow nodes",    "bandwidth",    "crashes",       "restarts",      "pauses",
        "late joiners",  "bad clocks",   "hostile nodes", "slow verdicts", "moody verdicts",
        "failing hosts", "small limits", "small caches",  "partial views", "false ids"};
    return names[static_cast<std::size_t>(fault)];
}

/// What a world is made of and what will happen to it: all that Campaign needs, drawn from one seed.
struct FaultPlan {
    std::uint64_t seed{0};
    NodeIndex nodes{3};
    NodeIndex joining{0};  ///< Of these, how many come late.
    std::size_t messages{20};
    Duration faults_for{std::chrono::seconds{10}};  ///< The first phase: everything goes wrong.
    Duration heal_for{std::chrono::seconds{120}};   ///< The second: by its end everything is well.
    std::uint32_t classes{0};                       ///< One bit per Fault.
    Config config{};
    LinkModel link{};
    std::vector<std::pair<NodeIndex, std::vector<Misdeed>>> hostile;
    bool through_codec{false};

    [[nodiscard]] bool has(Fault fault) const noexcept { return ((classes >> static_cast<unsigned>(fault)) & 1U) != 0; }

    /// Draws everything. Worlds have 3 to 64 nodes, small ones more often.
    static FaultPlan draw(std::uint64_t seed) {
        FaultPlan plan;
        plan.seed = seed;
        Random random(mixed(seed, 0x706c616eU));
        plan.classes = static_cast<std::uint32_t>(random.next() & ((1U << fault_kinds) - 1));
        plan.nodes = static_cast<NodeIndex>(3 + random.below(random.below(4) == 0 ? 62 : 14));
        plan.messages = static_cast<std::size_t>(5 + random.below(60));
        plan.faults_for = std::chrono::seconds{4 + static_cast<int>(random.below(12))};
        plan.through_codec = random.below(2) == 0;
        plan.draw_protocol(random);
        plan.draw_links(random);
        plan.draw_cast(random);
        return plan;
    }

    /// The plan in one line.
    [[nodiscard]] std::string describe() const {
        std::string text = "seed " + std::to_string(seed) + ": " + std::to_string(nodes) + " nodes, " +
                           std::to_string(messages) + " messages; latency " + link.latency.describe();
        for (std::size_t fault = 0; fault < fault_kinds; ++fault) {
            const bool idle = static_cast<Fault>(fault) == Fault::hostile_nodes && hostile.empty();  // Too few nodes.
            if (has(static_cast<Fault>(fault)) && !idle) {
                text += "; " + std::string(name_of(static_cast<Fault>(fault)));
            }
        }
        return text + (through_codec ? "; through the codec" : "");
    }

   private:
    void draw_protocol(Random& random) {
        using std::chrono::milliseconds;
        config.fanout = 1 + static_cast<std::size_t>(random.below(4));
        config.message_ttl = static_cast<std::uint8_t>(2 + random.below(12));
        config.gossip_interval = milliseconds{100 + static_cast<int>(random.below(400))};
        config.anti_entropy_interval = milliseconds{800 + static_cast<int>(random.below(2000))};
        config.announce_rounds = 1 + static_cast<std::size_t>(random.below(3));
        config.enable_pull = random.below(4) != 0;
        config.limits.fetch_timeout = milliseconds{500 + static_cast<int>(random.below(1500))};
        config.limits.sync_timeout = std::chrono::seconds{2};
        config.limits.payload_max = 4096;
        config.foreign_ids = has(Fault::false_ids) ? Config::ForeignIds::accept : Config::ForeignIds::refuse;
        if (has(Fault::small_limits)) {
            config.limits.fetches_in_flight_per_peer = 1 + static_cast<std::size_t>(random.below(4));
            config.limits.fetch_ids_max = 1 + static_cast<std::size_t>(random.below(4));
            config.limits.sync_ids_max = 2 + static_cast<std::size_t>(random.below(8));
            config.limits.announce_ids_max = 2 + static_cast<std::size_t>(random.below(8));
            config.limits.validations_per_peer = 4;
            config.limits.syncs_per_second = 20;
            config.limits.messages_per_second = 50;
        }
        if (has(Fault::small_caches)) {
            config.message_cache_size = 4 + static_cast<std::size_t>(random.below(40));
            config.limits.cache_bytes_max = 2 * (config.limits.payload_max + ceiling::frame_overhead);
        }
    }

    void draw_links(Random& random) {
        using std::chrono::milliseconds;
        const auto some = [&](int least, int most) {
            return milliseconds{least + static_cast<int>(random.below(static_cast<std::uint64_t>(most - least)))};
        };
        // Arguments of one call are evaluated in an order that compilers choose: draws stand in statements of their own.
        const Duration short_time = some(1, 20);
        const Duration long_time = some(20, 200);
        switch (random.below(5)) {
            case 0:
                link.latency = Latency::constant(some(1, 100));
                break;
            case 1:
                link.latency = Latency::uniform(short_time, long_time);
                break;
            case 2:
                link.latency = Latency::exponential(long_time / 2, short_time);
                break;
            case 3:
                link.latency = Latency::log_normal(some(5, 80), 0.8);
                break;
            default:
                link.latency = Latency::matrix(3, {some(1, 5), some(20, 80), some(60, 150), some(20, 80), some(1, 5),
                                                   some(40, 90), some(60, 150), some(40, 90), some(1, 5)});
        }
        if (random.below(2) == 0) {
            link.latency = link.latency.fixed_per_link();
        }
        link.loss = has(Fault::loss) ? Probability(0.4 * random.unit()) : Probability{};
        link.duplication = has(Fault::duplication) ? Probability(0.3 * random.unit()) : Probability{};
        link.reordering = has(Fault::reordering) ? Probability(0.3 * random.unit()) : Probability{};
        link.reorder_by = some(10, 800);
        link.order = random.below(2) == 0 ? LinkModel::Order::kept : LinkModel::Order::any;
        link.failures = random.below(2) == 0 ? LinkModel::Failures::told : LinkModel::Failures::silent;
    }

    void draw_cast(Random& random) {
        if (has(Fault::late_joiners)) {
            joining = static_cast<NodeIndex>(1 + random.below(nodes / 2));
        }
        if (!has(Fault::hostile_nodes) || nodes < 5) {
            return;
        }
        const std::uint64_t count = 1 + random.below(nodes / 4);
        for (std::uint64_t i = 0; i < count; ++i) {
            std::vector<Misdeed> deeds;
            for (std::size_t deed = 0; deed < misdeeds; ++deed) {
                if (random.below(4) == 0) {
                    deeds.push_back(static_cast<Misdeed>(deed));
                }
            }
            hostile.emplace_back(static_cast<NodeIndex>(1 + random.below(nodes - joining - 1)), std::move(deeds));
        }
    }
};

}  // namespace lattice::inline v0::sim
