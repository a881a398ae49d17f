#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <lattice/reconcile/set_reconciler.hpp>
#include <lattice/sim/checkers.hpp>
#include <lattice/sim/faults.hpp>
#include <lattice/sim/world.hpp>

namespace lattice::inline v0::sim {

/// How the world of one seed ended.
struct WorldOutcome {
    std::string plan;
    std::vector<std::string> violations;  ///< Empty: every invariant held.
    std::uint64_t trace{0};
    std::uint64_t events{0};
    std::uint64_t deliveries{0};
    Duration healed_after{};  ///< How long the second phase took until everyone had everything.
};

/// Plays one FaultPlan: in the first phase everything that the plan names goes wrong while hosts broadcast, in the second the
/// network heals and the nodes that are off come back; then everyone must have everything. All checkers watch throughout.
class Campaign {
   public:
    /// What the hosts broadcast. Their validators and handlers treat each type in a way of its own.
    static constexpr std::string_view plain_type = "plain";
    static constexpr std::string_view deferred_type = "deferred";  ///< Validators answer later.
    static constexpr std::string_view moody_type = "moody";        ///< Validators ignore it now and then.
    static constexpr std::string_view fragile_type = "fragile";    ///< Handlers throw now and then.

    explicit Campaign(FaultPlan plan)
        : plan_(std::move(plan)), random_(mixed(plan_.seed, 0x706c6179U)), world_(plan_.seed) {}

    /// Plays the whole plan.
    WorldOutcome run() {
        WorldOutcome outcome;
        outcome.plan = plan_.describe();
        try {
            set_up();
            world_.run_until(plan_.faults_for);
            heal();
            outcome.healed_after = wait_until_well();
            world_.examine();
            outcome.violations = world_.violations();
        } catch (const std::exception& error) {
            outcome.violations = world_.violations();
            outcome.violations.emplace_back(error.what());
        }
        outcome.trace = world_.trace().value();
        outcome.events = world_.events();
        outcome.deliveries = world_.deliveries();
        return outcome;
    }

    World& world() noexcept { return world_; }

   private:
    void set_up() {
        world_.replay_with("lattice-simulate --faults --seed " + std::to_string(plan_.seed));
        world_.through_codec(plan_.through_codec).configure(plan_.config).link(plan_.link);
        world_.on_boot([this](NodeIndex node, Protocol& protocol) { set_up_host(node, protocol); });
        watch_everything(world_);
        if (!plan_.has(Fault::small_caches)) {
            world_.watch_with(std::make_unique<EveryoneGetsEverything>());
        }
        world_.nodes_off(plan_.nodes - plan_.joining);
        if (plan_.has(Fault::bad_clocks)) {
            set_clocks_wrong();
        }
        if (plan_.has(Fault::partial_views) && plan_.hostile.empty()) {
            draw_acquaintances();
        }
        for (NodeIndex node = 0; node < world_.size(); ++node) {
            world_.start(node);
        }
        for (const auto& [node, deeds] : plan_.hostile) {
            world_.make_hostile(node, deeds);
        }
        plan_broadcasts();
        plan_node_faults();
        plan_network_faults();
    }

    // Hosts.

    void set_up_host(NodeIndex node, Protocol& protocol) {
        if (plan_.seed % 2 == 1) {  // Both ways of anti-entropy in every kind of trouble.
            protocol.reconcile_with(std::make_unique<reconcile::SetReconciler>());
        }
        protocol.register_validator(forbidden_type, [this, node](const Delivery& delivery) {
            world_.note_rejection(node, delivery.message);
            return Verdict::reject;
        });
        if (plan_.has(Fault::slow_verdicts)) {
            protocol.register_validator(deferred_type, [this, node](const Delivery& delivery) {
                decide_later(node, delivery.message.key(), world_.node(node).life);
                return Verdict::deferred;
            });
        }
        if (plan_.has(Fault::moody_verdicts)) {
            protocol.register_validator(
                moody_type, [this](const Delivery&) { return in_a_bad_mood() ? Verdict::ignore : Verdict::accept; });
        }
        protocol.register_handler(fragile_type, [this, node](const Delivery& delivery) {
            if (plan_.has(Fault::failing_hosts) && in_a_bad_mood()) {
                throw std::runtime_error("this host is out of order");
            }
            world_.note_delivery(node, delivery);
        });
    }

    bool in_a_bad_mood() { return world_.now() < plan_.faults_for && random_.below(2) == 0; }

    void decide_later(NodeIndex node, const MessageId& key, std::uint32_t life) {
        const Duration delay = std::chrono::milliseconds{1 + random_.below(400)};
        world_.at(world_.now() + delay, [this, node, life, key] {
            Node& host = world_.node(node);
            if (host.life != life || !host.protocol) {
                return;
            }
            if (host.power == Node::Power::paused) {
                return decide_later(node, key, life);
            }
            host.protocol->resolve(key, Verdict::accept);
        });
    }

    // The first phase.

    [[nodiscard]] Duration some_time() {
        return Duration{static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(plan_.faults_for.count())))};
    }
    [[nodiscard]] NodeIndex some_node() { return static_cast<NodeIndex>(random_.below(world_.size())); }
    [[nodiscard]] bool is_honest(NodeIndex node) const { return !world_.is_hostile(node); }

    void plan_broadcasts() {
        for (std::size_t i = 0; i < plan_.messages; ++i) {
            world_.at(some_time(), [this] { broadcast_something(); });
        }
    }

    void broadcast_something() {
        constexpr std::string_view types[] = {plain_type, plain_type, deferred_type, moody_type, fragile_type};
        const std::size_t most = plan_.has(Fault::small_caches) ? 4096 : 300;
        std::string payload(random_.below(most), 'p');
        payload += std::to_string(random_.next());
        payload.resize(std::min(payload.size(), plan_.config.limits.payload_max));
        PublishOptions options;
        if (random_.below(8) == 0) {
            options.lifetime = std::chrono::milliseconds{100 + random_.below(5000)};
        }
        const NodeIndex node = some_node();
        world_.try_broadcast(node, types[random_.below(5)], payload, options);
    }

    void set_clocks_wrong() {
        for (NodeIndex node = 0; node < world_.size(); ++node) {
            if (random_.below(2) == 0) {
                const auto offset = std::chrono::milliseconds{random_.below(80'000)} - std::chrono::seconds{40};
                const auto drift = static_cast<std::int64_t>(random_.below(20'000)) - 10'000;
                world_.node(node).clock.go_wrong({offset, drift});
            }
            if (random_.below(3) == 0) {
                const auto step = std::chrono::milliseconds{random_.below(20'000)} - std::chrono::seconds{10};
                world_.at(some_time(), [this, node, step] { world_.node(node).clock.step_wall(step); });
            }
        }
    }

    /// A ring, so that nobody is cut off, and some others.
    void draw_acquaintances() {
        for (NodeIndex node = 0; node < world_.size(); ++node) {
            std::vector<NodeIndex> known{(node + 1) % world_.size(), (node + world_.size() - 1) % world_.size()};
            for (int i = 0; i < 4; ++i) {
                known.push_back(some_node());
            }
            world_.acquaint(node, known);
        }
    }

    void plan_node_faults() {
        const std::uint64_t often = 1 + world_.size() / 3;
        for (std::uint64_t i = 0; plan_.has(Fault::crashes) && i < often; ++i) {
            const NodeIndex node = some_node();
            world_.at(some_time(), [this, node] {
                if (is_honest(node)) {
                    world_.crash(node);
                    start_again(node);
                }
            });
        }
        for (std::uint64_t i = 0; plan_.has(Fault::restarts) && i < often; ++i) {
            const NodeIndex node = some_node();
            world_.at(some_time(), [this, node] {
                world_.stop(node);
                start_again(node);
            });
        }
        for (std::uint64_t i = 0; plan_.has(Fault::pauses) && i < often; ++i) {
            const NodeIndex node = some_node();
            world_.at(some_time(),
                      [this, node] { world_.pause_for(node, std::chrono::milliseconds{10 + random_.below(4000)}); });
        }
        for (NodeIndex i = 0; i < plan_.joining; ++i) {
            world_.at(some_time(), [this] { world_.nodes(1); });
        }
    }

    void start_again(NodeIndex node) {
        if (random_.below(4) != 0) {  // The others stay off until the network heals.
            world_.at(world_.now() + std::chrono::milliseconds{1 + random_.below(3000)},
                      [this, node] { world_.start(node); });
        }
    }

    void plan_network_faults() {
        if (plan_.has(Fault::partitions)) {
            const std::uint64_t count = 1 + random_.below(3);
            for (std::uint64_t i = 0; i < count; ++i) {
                world_.at(some_time(), [this] { world_.partition(some_partition()); });
                world_.at(some_time(), [this] { world_.network().mend_cuts(); });
            }
        }
        for (std::uint64_t i = 0; plan_.has(Fault::clogging) && i < world_.size(); ++i) {
            world_.at(some_time(), [this] {
                const NodeIndex from = some_node();
                const NodeIndex to = some_node();
                world_.network().clog(from, to, world_.now() + std::chrono::milliseconds{random_.below(3000)});
            });
        }
        for (std::uint64_t i = 0; plan_.has(Fault::slow_nodes) && i < 1 + world_.size() / 8; ++i) {
            const NodeIndex node = some_node();
            world_.network().slow_down(node, std::chrono::milliseconds{100 + random_.below(2000)});
        }
        for (std::uint64_t i = 0; plan_.has(Fault::bandwidth) && i < 1 + world_.size() / 2; ++i) {
            const NodeIndex node = some_node();
            world_.network().limit_bandwidth(node, 500 + random_.below(50'000));
        }
    }

    Partition some_partition() {
        const auto shape = [this] {
            switch (random_.below(5)) {
                case 0:
                    return Partition::halves();
                case 1:
                    return Partition::isolate(some_node());
                case 2:
                    return Partition::ring_of_majorities();
                case 3:
                    return Partition::bridge();
                default:
                    return Partition::one_way();
            }
        }();
        const bool flaps = random_.below(3) == 0;
        return flaps ? shape.flapping(std::chrono::milliseconds{50 + random_.below(1000)}) : shape;
    }

    // The second phase.

    void heal() {
        world_.heal();
        for (NodeIndex node = 0; node < world_.size(); ++node) {
            world_.resume(node);
            world_.start(node);
        }
    }

    /// Everything may take its time within the deadline, first under attack and then, for what the attackers brought in
    /// last, without them. Some time passes in any case, for what must not happen any more.
    Duration wait_until_well() {
        const Duration start = world_.now();
        wait_for_everyone(start + plan_.heal_for, Attackers::active);
        const Duration healed = world_.now() - start;
        for (const auto& [node, deeds] : plan_.hostile) {
            world_.crash(node);
        }
        const Duration end = world_.now() + plan_.heal_for;
        do {  // What an attacker sent last may be under way for seconds, and be new to all.
            wait_for_everyone(end, Attackers::gone);
            world_.run_for(std::chrono::seconds{3});
        } while (!is_well(end, Attackers::gone));
        return healed;
    }

    enum class Attackers : std::uint8_t { active, gone };

    void wait_for_everyone(Duration end, Attackers attackers) {
        do {
            world_.run_for(std::chrono::seconds{2});
        } while (!is_well(end, attackers));
    }

    /// Whether nothing is to be waited for any more: everyone has everything, or it is too late.
    [[nodiscard]] bool is_well(Duration end, Attackers attackers) const {
        return plan_.has(Fault::small_caches) || world_.now() >= end ||
               EveryoneGetsEverything::holds(world_, attackers == Attackers::gone);
    }

    FaultPlan plan_;
    Random random_;
    World world_;
};

/// Draws the plan of a seed and plays it.
inline WorldOutcome run_seed(std::uint64_t seed) { return Campaign(FaultPlan::draw(seed)).run(); }

}  // namespace lattice::inline v0::sim
