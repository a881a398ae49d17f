#pragma once

#include <lattice/sim/world/declaration.hpp>

// The world's half that a scenario's author speaks: what happens, and what is expected.

namespace lattice::inline v0::sim {

inline std::optional<MessageIndex> World::try_broadcast(NodeIndex node, std::string_view type, std::string_view payload,
                                                        const PublishOptions& options) {
    Node& origin = *nodes_[node];
    if (origin.power != Node::Power::on) {
        return std::nullopt;
    }
    const PublishOutcome outcome = origin.protocol->broadcast(type, Bytes(payload), BroadcastOptions{options});
    if (!outcome) {
        return std::nullopt;
    }
    const MessageCache::Held* held = engine(node).cache().find(outcome.id, Naming::keys);
    expect(held != nullptr, "a message that was broadcast is held by its origin");
    expect(held->message.type() == type && as_text(held->message.payload()) == payload,
           "a message that was broadcast holds what its host gave");
    trace_.add(held->message.key().word(0));
    if (!keep_deliveries_) {
        return 0;
    }
    const MessageIndex message = ledger_.add(held->message, node, now(), Ledger::Source::broadcast);
    broadcast_life_.resize(ledger_.size());
    broadcast_life_[message] = origin.life;
    for (const auto& checker : checkers_) {
        checker->broadcast(*this, node, held->message);
    }
    return message;
}

inline MessageIndex World::broadcast(NodeIndex node, std::string_view type, std::string_view payload,
                                     const PublishOptions& options) {
    const auto message = try_broadcast(node, type, payload, options);
    expect(message.has_value(), node_id_of(node) + " can broadcast");
    return *message;
}

inline World& World::drop(NodeIndex from, NodeIndex to) {
    network_.silence(from, to);
    return *this;
}

inline World& World::partition(Partition partition) {
    network_.cut(std::move(partition));
    return *this;
}

inline World& World::heal() {
    network_.heal();
    return *this;
}

inline World& World::at(Duration time, Callback<void()> happens) {
    timeline_.plan(time, std::move(happens));
    return *this;
}

inline bool World::run_until_everyone_has(MessageIndex message, Duration limit) {
    const Duration end = now() + limit;
    const auto everyone = [&] { return count_with(message) == count_up(); };
    for (Duration step = std::chrono::milliseconds{1}; !everyone() && now() < end; step *= 2) {
        run_until(std::min(end, now() + std::min<Duration>(step, std::chrono::seconds{1})));
    }
    return everyone();
}

inline World& World::expect(bool holds, std::string_view what) {
    if (!holds) {
        fail(what);
    }
    return *this;
}

inline World& World::expect_has(NodeIndex node, MessageIndex message) {
    return expect(has(node, message), node_id_of(node) + " has message " + std::to_string(message));
}

inline World& World::expect_has_not(NodeIndex node, MessageIndex message) {
    return expect(!has(node, message), node_id_of(node) + " does not have message " + std::to_string(message));
}

inline World& World::expect_everyone_has(MessageIndex message) {
    std::string missing;
    for (NodeIndex node = 0; node < size(); ++node) {
        if (is_up(node) && !has(node, message)) {
            missing += " " + node_id_of(node);
        }
    }
    return expect(missing.empty(), "everyone has message " + std::to_string(message) + "; without it:" + missing);
}

inline World& World::expect_nobody_else_has(MessageIndex message) {
    for (NodeIndex node = 0; node < size(); ++node) {
        if (node != ledger_[message].origin) {
            expect_has_not(node, message);
        }
    }
    return *this;
}

inline World& World::expect_no_violation() {
    return expect(violations_.empty(), violations_.empty() ? "" : "no invariant is broken; " + violations_.front());
}

inline bool World::broadcast_in_this_life(NodeIndex node, MessageIndex message) const {
    const Ledger::Entry& entry = ledger_[message];
    return entry.source == Ledger::Source::broadcast && entry.origin == node &&
           broadcast_life_[message] == nodes_[node]->life;
}

inline bool World::has_broadcast(NodeIndex node, const MessageId& key) const {
    const auto message = ledger_.find(key);
    return message && broadcast_in_this_life(node, *message);
}

inline bool World::has(NodeIndex node, MessageIndex message) const {
    const Node& holder = *nodes_[node];
    const Ledger::Entry& entry = ledger_[message];
    if (entry.source == Ledger::Source::broadcast && entry.origin == node && broadcast_life_[message] == holder.life) {
        return true;
    }
    const Ledger::Arrival arrival = ledger_.arrival(message, node);
    return arrival.deliveries != 0 && arrival.life == holder.life;
}

inline const Engine& World::engine(NodeIndex node) const noexcept { return nodes_[node]->protocol->engine(); }

inline std::size_t World::count_with(MessageIndex message) const {
    std::size_t count = 0;
    for (NodeIndex node = 0; node < size(); ++node) {
        count += is_up(node) && has(node, message) ? 1U : 0U;
    }
    return count;
}

inline std::size_t World::count_up() const noexcept {
    std::size_t count = 0;
    for (NodeIndex node = 0; node < size(); ++node) {
        count += is_up(node) ? 1U : 0U;
    }
    return count;
}

inline void World::violated(std::string_view invariant, const std::string& what) {
    ++violations_seen_;
    if (violations_.size() < violations_kept) {
        violations_.push_back(std::string(invariant) + ": " + what + " (at " +
                              std::to_string(now().count() / 1'000'000) + " ms)");
    }
}

inline World& World::examine() {
    for (const auto& checker : checkers_) {
        checker->at_end(*this);
    }
    return *this;
}

inline World& World::replay_with(std::string command) {
    replay_ = std::move(command);
    return *this;
}

inline World& World::through_codec(bool on) {
    through_codec_ = on;
    return *this;
}

inline World& World::claim_reliability(bool on) {
    network_.claim_reliability(on);
    return *this;
}

inline World& World::keep_deliveries(bool on) {
    keep_deliveries_ = on;
    return *this;
}

inline void World::fail(std::string_view what) const {
    throw Violation("expected: " + std::string(what) + "\n  at " + std::to_string(now().count() / 1'000'000) +
                    " ms of virtual time, seed " + std::to_string(seed_) + ", trace " + trace_.text() +
                    "\n  replay: " + replay_);
}

}  // namespace lattice::inline v0::sim
