#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <lattice/sim/world.hpp>

// Checkers of what nodes hold and count, and of how they treat each other.

namespace lattice::inline v0::sim {

/// What a node holds stays within the bounds of its settings.
class MemoryWithinBounds final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "memory stays within its bounds"; }

    void during(World& world) override {
        for (NodeIndex node = 0; node < world.size(); ++node) {
            if (world.is_up(node)) {
                look_at(world, node);
            }
        }
    }
    void at_end(World& world) override { during(world); }

   private:
    void look_at(World& world, NodeIndex node) {
        const Engine& engine = world.engine(node);
        const Config& config = engine.config();
        const auto within = [&](std::size_t held, std::size_t most, const char* what) {
            if (held > most) {
                world.violated(name(), node_id_of(node) + " holds " + std::to_string(held) + " " + what +
                                           ", more than " + std::to_string(most));
            }
        };
        within(engine.cache().size(), config.message_cache_size, "messages");
        within(engine.cache().bytes(), config.limits.cache_bytes_max, "bytes of messages");
        within(engine.seen().size(), config.limits.seen_ids_max, "ids");
        within(engine.statistics().pending_messages, config.limits.validations_max, "undecided messages");
    }
};

/// Every message that came in is counted once as delivered, duplicate, refused or undecided.
class CountersConserve final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "counters conserve"; }

    void booted(World&, NodeIndex node) override { came_[node] = 0; }
    void arriving(World&, NodeIndex, NodeIndex to, const Frame& frame) override {
        came_[to] += message_of(frame) != nullptr ? 1U : 0U;
    }
    void during(World& world) override {
        for (NodeIndex node = 0; node < world.size(); ++node) {
            if (world.is_up(node)) {
                look_at(world, node);
            }
        }
    }
    void at_end(World& world) override { during(world); }

   private:
    void look_at(World& world, NodeIndex node) {
        const Statistics now = world.engine(node).statistics();
        const std::uint64_t accounted = now.delivered + now.duplicates_filtered + now.refusals() + now.pending_messages;
        if (now.messages_received != accounted) {
            world.violated(name(), node_id_of(node) + " received " + std::to_string(now.messages_received) +
                                       " and accounts for " + std::to_string(accounted));
        }
        if (now.messages_received != came_[node]) {
            world.violated(name(), node_id_of(node) + " counted " + std::to_string(now.messages_received) + " of " +
                                       std::to_string(came_[node]) + " messages that came");
        }
    }

    std::map<NodeIndex, std::uint64_t> came_;
};

/// An honest peer within its share is never refused: nobody's misbehaviour is charged to another.
class HonestAreHeard final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "no peer pays for another's misdeeds"; }

    void arriving(World&, NodeIndex, NodeIndex, const Frame& frame) override {
        key_ = message_of(frame) == nullptr ? std::nullopt : std::optional(message_of(frame)->key());
    }
    void arrived(World& world, NodeIndex from, NodeIndex to, const Receipt& receipt) override {
        if (receipt.disposition != Disposition::refused || world.is_hostile(from) || !key_) {
            return;
        }
        const auto known = world.ledger().find(*key_);
        if (!known || world.ledger()[*known].source == Ledger::Source::injected) {
            return;  // It only passes on what somebody hostile made.
        }
        if (blames_sender(world, to, receipt.refusal)) {
            world.violated(name(), node_id_of(to) + " refused " + node_id_of(from) + ": " + name_of(receipt.refusal));
        }
    }

   private:
    static bool blames_sender(World& world, NodeIndex node, Refusal refusal) {
        switch (refusal) {
            case Refusal::malformed:
            case Refusal::too_large:
            case Refusal::no_hops_left:
            case Refusal::bad_id:
            case Refusal::rate_limited:
                return true;
            case Refusal::overloaded:
                return world.engine(node).statistics().pending_messages <
                       world.engine(node).config().limits.validations_per_peer;
            default:
                return false;
        }
    }

    std::optional<MessageId> key_;
};

/// A full cache lets go of the oldest message of whoever brought most bytes, and of nothing else: a naive twin of every cache.
///
/// Nobody's timestamps and nobody's flood push out what others brought. Nodes whose clocks go wrong are left out: only they know
/// when they let go of what had expired.
class HeaviestPays final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "the heaviest pays for a full cache"; }

    void booted(World&, NodeIndex node) override { twins_.erase(node); }
    void delivered(World&, NodeIndex node, const Delivery& delivery, std::uint16_t) override {
        coming_.push_back({node, {delivery.message, std::string(delivery.from.id())}});
    }
    void broadcast(World& world, NodeIndex node, const Message& message) override {
        if (world.node(node).clock.is_right()) {
            insert(world, node, {message, std::string()});
        }
    }
    void settled(World& world, NodeIndex node) override {
        settle(world);
        for (auto& [each, twin] : twins_) {
            if (each == node || node == nobody) {
                forget_expired(world, each, twin);
            }
        }
    }
    void during(World& world) override { compare(world); }
    void at_end(World& world) override { compare(world); }

   private:
    struct Held {
        Message message;
        std::string source;
    };
    struct Coming {
        NodeIndex node;
        Held held;
    };

    /// Takes over what handlers got since the last look, as far as nodes hold it: a host may have refused it after all.
    void settle(World& world) {
        if (coming_.empty()) {
            return;
        }
        for (Coming& each : std::exchange(coming_, {})) {
            if (world.node(each.node).clock.is_right() && holds(world, each.node, each.held.message)) {
                insert(world, each.node, std::move(each.held));
            }
        }
    }

    static bool holds(const World& world, NodeIndex node, const Message& message) {
        return world.node(node).protocol && world.engine(node).cache().find(message.key(), Naming::keys) != nullptr;
    }

    void insert(World& world, NodeIndex node, Held held) {
        const Config& config = world.engine(node).config();
        auto& twin = twins_[node];
        const std::size_t bytes = held.message.footprint();
        while (!twin.empty() &&
               (twin.size() >= config.message_cache_size || total(twin) + bytes > config.limits.cache_bytes_max)) {
            twin.erase(twin.begin() + static_cast<std::ptrdiff_t>(victim(world, node, twin)));
        }
        twin.push_back(std::move(held));
    }

    /// What has expired by the node's clock may go at any time.
    static void forget_expired(const World& world, NodeIndex node, std::vector<Held>& twin) {
        const WallTime wall = world.node(node).clock.wall();
        std::erase_if(twin, [&](const Held& held) {
            const auto expiry = held.message.expiry();
            return expiry && *expiry <= wall && !holds(world, node, held.message);
        });
    }

    static std::size_t total(const std::vector<Held>& twin) {
        std::size_t bytes = 0;
        for (const Held& held : twin) {
            bytes += held.message.footprint();
        }
        return bytes;
    }

    /// The oldest of the heaviest source. Where several are the heaviest, the node may choose, and what it let go of tells its
    /// choice. Of several that it let go of, the lightest is taken first: whatever the node's order was, as many had to go.
    static std::size_t victim(const World& world, NodeIndex node, const std::vector<Held>& twin) {
        std::map<std::string, std::size_t> weights;
        std::size_t most = 0;
        for (const Held& held : twin) {
            most = std::max(most, weights[held.source] += held.message.footprint());
        }
        std::optional<std::size_t> chosen;
        bool chosen_is_gone = false;
        std::set<std::string> looked_at;
        for (std::size_t i = 0; i < twin.size(); ++i) {
            if (weights[twin[i].source] != most || !looked_at.insert(twin[i].source).second) {
                continue;
            }
            const bool gone = !holds(world, node, twin[i].message);
            const bool lighter = chosen && twin[i].message.footprint() < twin[*chosen].message.footprint();
            if (!chosen || (gone && (!chosen_is_gone || lighter))) {
                chosen = i;
                chosen_is_gone = gone;
            }
        }
        return *chosen;
    }

    void compare(World& world) {
        for (const auto& [node, twin] : twins_) {
            for (const Held& held : twin) {
                if (world.is_up(node) && world.node(node).clock.is_right() && !holds(world, node, held.message)) {
                    world.violated(name(), node_id_of(node) + " let go of a message of " +
                                               (held.source.empty() ? "its own" : held.source) + " out of turn");
                    return;
                }
            }
        }
    }

    std::map<NodeIndex, std::vector<Held>> twins_;
    std::vector<Coming> coming_;
};

}  // namespace lattice::inline v0::sim
