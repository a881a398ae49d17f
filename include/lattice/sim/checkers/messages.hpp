#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <lattice/sim/world.hpp>

// Checkers of what nodes do with messages: whether they get them, how often, unaltered, in time, and what they pass on.

namespace lattice::inline v0::sim {

/// Every live honest node ends with every message that a live honest node holds.
///
/// A message that died with its only holder is nobody's fault. Expired ones need not arrive, nor what a liar sent under the id
/// of a true message, which those who know the true one take for a double. Worlds whose caches are smaller than their
/// history leave the checker out.
class EveryoneGetsEverything final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "everyone ends with every message"; }

    void at_end(World& world) override {
        for (MessageIndex message = 0; message < world.ledger().size(); ++message) {
            if (const auto missing = first_without(world, message)) {
                world.violated(name(), node_id_of(*missing) + " lacks message " + std::to_string(message) + " of " +
                                           node_id_of(world.ledger()[message].origin));
            }
        }
    }

    /// Whether everyone has everything already that came from one of these sources.
    static bool holds(const World& world, bool injected_too) {
        for (MessageIndex message = 0; message < world.ledger().size(); ++message) {
            const bool counts = injected_too || world.ledger()[message].source == Ledger::Source::broadcast;
            if (counts && first_without(world, message)) {
                return false;
            }
        }
        return true;
    }

   private:
    static std::optional<NodeIndex> first_without(const World& world, MessageIndex message) {
        const Message& wanted = world.ledger()[message].message;
        std::optional<NodeIndex> missing;
        bool held = false;
        for (NodeIndex node = 0; node < world.size(); ++node) {
            if (world.is_up(node)) {
                held = held || world.engine(node).cache().find(wanted.key(), Naming::keys) != nullptr;
                missing = !missing && !world.has(node, message) ? std::optional(node) : missing;
            }
        }
        const bool due = !wanted.expiry() && wanted.authenticity() == Message::Authenticity::verified;
        return held && due ? missing : std::nullopt;
    }
};

/// A handler runs at most once per message and life.
class HandledOnce final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "a handler runs once per message"; }

    void delivered(World& world, NodeIndex node, const Delivery& delivery, std::uint16_t times) override {
        if (times > 1) {
            world.violated(name(), node_id_of(node) + " handled " + to_hex(delivery.message.key()).substr(0, 8) + " " +
                                       std::to_string(times) + " times");
        }
        if (delivery.message.origin() == node_id_of(node) && world.has_broadcast(node, delivery.message.key())) {
            world.violated(name(), node_id_of(node) + " handled a message of its own");
        }
    }
};

/// What is delivered was broadcast, bit for bit; under an id that its content does not give only where that is allowed.
class DeliveredAsBroadcast final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "what is delivered was broadcast"; }

    void delivered(World& world, NodeIndex node, const Delivery& delivery, std::uint16_t) override {
        const Message& got = delivery.message;
        const Message& sent = world.ledger()[*world.ledger().find(got.key())].message;
        const bool equal = got.id() == sent.id() && got.type() == sent.type() && got.origin() == sent.origin() &&
                           got.timestamp() == sent.timestamp() && got.expiry() == sent.expiry() &&
                           equal_bytes(got.payload(), sent.payload());
        if (!equal) {
            world.violated(name(), node_id_of(node) + " delivered an altered message");
        }
        const bool own_name = got.id() == Message::content_hash(got.fields());
        if (!own_name && world.engine(node).config().foreign_ids == Config::ForeignIds::refuse) {
            world.violated(name(), node_id_of(node) + " delivered a message under a false id");
        }
    }
};

/// Nothing rejected is forwarded, announced, listed, served or asked for by the node that rejected it.
class RejectedStaysPut final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "nothing rejected is passed on"; }

    void rejected(World&, NodeIndex node, const Message& message) override { rejected_.insert({node, message.key()}); }
    void booted(World&, NodeIndex node) override {
        rejected_.erase(rejected_.lower_bound({node, MessageId{}}), rejected_.lower_bound({node + 1, MessageId{}}));
    }
    void sent(World& world, NodeIndex from, NodeIndex, const Frame& frame) override {
        if (rejected_.empty() || world.is_hostile(from)) {
            return;
        }
        if (const Message* message = message_of(frame); message != nullptr) {
            look_at(world, from, message->key());
        }
        std::visit(
            [&](const auto& each) {
                if constexpr (requires { each.names; } && !std::is_same_v<decltype(each), const NotFound&>) {
                    for (const MessageId& name : each.names) {
                        look_at(world, from, name);
                    }
                }
            },
            frame);
    }

   private:
    void look_at(World& world, NodeIndex from, const MessageId& key) {
        if (rejected_.contains({from, key})) {
            world.violated(name(), node_id_of(from) + " passed on what it rejected");
        }
    }

    std::set<std::pair<NodeIndex, MessageId>> rejected_;
};

/// Relays take a hop off, count one, and send nothing back to where it came from.
///
/// A branch that is moved because a node was silent may come to who has the message from below: that one is handed a part of the
/// ring in which the sender of its first copy stands, and an echo to it is what the silence costs. So may what an attacker
/// made or passed on, with a part of its choice.
class RelaysInOrder final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "relays count hops and do not echo"; }

    void delivered(World& world, NodeIndex node, const Delivery& delivery, std::uint16_t) override {
        const MessageId& key = delivery.message.key();
        const auto sender = node_at(delivery.from.address());
        const bool honest = world.ledger()[*world.ledger().find(key)].source == Ledger::Source::broadcast && sender &&
                            !world.is_hostile(*sender);
        came_[{node, key}] = {delivery.envelope, honest ? std::string(delivery.from.id()) : std::string()};
    }
    void arriving(World&, NodeIndex, NodeIndex to, const Frame& frame) override {
        const auto* push = std::get_if<Push>(&frame);
        if (push != nullptr && !push->route.slice.empty()) {
            if (const auto came = came_.find({to, push->message.key()}); came != came_.end()) {
                came->second.from.clear();
            }
        }
    }
    void booted(World&, NodeIndex node) override {
        came_.erase(came_.lower_bound({node, MessageId{}}), came_.lower_bound({node + 1, MessageId{}}));
    }
    void sent(World& world, NodeIndex from, NodeIndex to, const Frame& frame) override {
        const auto* push = std::get_if<Push>(&frame);
        if (push == nullptr || world.is_hostile(from)) {
            return;
        }
        const auto came = came_.find({from, push->message.key()});
        if (came == came_.end()) {
            return;  // Its own.
        }
        const Envelope& received = came->second.envelope;
        const Envelope& sent = push->envelope;
        const bool counted = sent.hops == received.hops + 1 || sent.hops == 255;
        if (sent.ttl == 0 || sent.ttl >= received.ttl || sent.ttl >= ceiling::hops || !counted) {
            world.violated(name(), node_id_of(from) + " pushed with ttl " + std::to_string(sent.ttl) + " after " +
                                       std::to_string(received.ttl));
        }
        if (node_id_of(to) == came->second.from) {
            world.violated(name(), node_id_of(from) + " pushed a message back to who sent it");
        }
    }

   private:
    struct Came {
        Envelope envelope;
        std::string from;  ///< Empty: it may be sent to anybody.
    };
    std::map<std::pair<NodeIndex, MessageId>, Came> came_;
};

/// Nothing is delivered that is expired, older than the horizon, or too far in the future by the receiver's own clock;
/// and nothing older than the push window that was not asked for.
class DeliveredInTime final : public Checker {
   public:
    [[nodiscard]] std::string_view name() const noexcept override { return "messages are delivered within their time"; }

    void arriving(World&, NodeIndex, NodeIndex, const Frame& frame) override {
        arriving_ = message_of(frame) != nullptr;
    }
    void arrived(World&, NodeIndex, NodeIndex, const Receipt&) override { arriving_ = false; }
    void delivered(World& world, NodeIndex node, const Delivery& delivery, std::uint16_t) override {
        if (!arriving_) {
            return;  // After a deferred verdict, which may take its time.
        }
        const Message& message = delivery.message;
        const WallTime wall = world.node(node).clock.wall();
        const Limits& limits = world.engine(node).config().limits;
        const auto age = wall - message.timestamp();
        const auto age_max = delivery.retrieved ? limits.horizon : limits.push_age_max;
        if ((message.expiry() && *message.expiry() <= wall) || age > age_max || -age > limits.clock_lead_max) {
            world.violated(name(), node_id_of(node) + " delivered a message out of its time");
        }
    }

   private:
    bool arriving_{false};  ///< A frame with a message is being taken.
};

}  // namespace lattice::inline v0::sim
