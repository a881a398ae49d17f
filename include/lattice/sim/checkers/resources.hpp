#pragma once

#include <map>
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

/// A full cache lets go of the message that it has held longest of a source, whatever the messages say about their age.
class EvictionByArrival final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "a cache evicts in order of arrival"; }

    void booted(World&, NodeIndex node) override {
        arrivals_.erase(arrivals_.lower_bound({node, std::string()}), arrivals_.lower_bound({node + 1, std::string()}));
    }
    void delivered(World&, NodeIndex node, const Delivery& delivery, std::uint16_t) override {
        arrivals_[{node, std::string(delivery.from.id())}].push_back(delivery.message.key());
    }
    void at_end(World& world) override {
        for (const auto& [source, keys] : arrivals_) {
            if (world.is_up(source.first)) {
                look_at(world, source.first, keys);
            }
        }
    }

   private:
    /// Once a message is held, so are all that the source brought after it.
    void look_at(World& world, NodeIndex node, const std::vector<MessageId>& keys) {
        bool holding = false;
        for (const MessageId& key : keys) {
            const bool held = world.engine(node).cache().find(key, Naming::keys) != nullptr;
            if (holding && !held) {
                world.violated(name(), node_id_of(node) + " evicted a younger message before an older one");
                return;
            }
            holding = holding || held;
        }
    }

    std::map<std::pair<NodeIndex, std::string>, std::vector<MessageId>> arrivals_;
};

}  // namespace lattice::inline v0::sim
