#pragma once

#include <lattice/core/prefetch.hpp>
#include <lattice/sim/world/declaration.hpp>

// The world's half that lets events happen.

namespace lattice::inline v0::sim {

inline World& World::run_until(Duration time) {
    while (const auto event = timeline_.next(time)) {
        step(*event);
    }
    timeline_.advance_to(time);
    return *this;
}

inline World& World::run_until_quiet(Duration limit) {
    const Duration end = now() + limit;
    while (const auto event = timeline_.next(end)) {
        step(*event);
    }
    return *this;
}

/// The nodes of a large world lie all over the memory, and each event touches another one: what the next events need is fetched
/// while others happen. Small worlds stay in the caches.
inline void World::look_ahead() {
    constexpr std::size_t small = 128;
    if (nodes_.size() > small) {
        timeline_.look_ahead(Foresight::distance, [this](const Event& event) {
            foresight_.add(event, [this](const Event& soon, unsigned step) { prefetch(soon, step); });
        });
    }
}

/// Begins to fetch what an event needs: first the node and the frame, then what the node's engine knows that it will need. The
/// event may be over already, and its frame be gone.
inline void World::prefetch(const Event& event, unsigned step) const noexcept {
    const auto kind = static_cast<EventKind>(event.kind);
    if (kind == EventKind::action || event.node >= nodes_.size()) {
        return;
    }
    const Node& node = *nodes_[event.node];
    const Network::InFlight* flight = kind == EventKind::frame ? &network_.flight(event.slot) : nullptr;
    if (step == 0) {
        prefetch_object(&node);
        prefetch_object(flight);
    } else if (flight != nullptr && node.protocol) {
        if (step == 1) {
            node.protocol->effects().prefetch();
        }
        node.protocol->engine().expect(flight->frame, everyone_[flight->from], step - 1);
    }
}

inline void World::step(const Event& event) {
    look_ahead();
    if (!checkers_.empty() && now() >= next_check_) {
        run_checks();
    }
    check_for_spinning();
    dispatch(event);
    const bool is_action = static_cast<EventKind>(event.kind) == EventKind::action;
    for (const auto& checker : checkers_) {
        checker->settled(*this, is_action ? nobody : event.node);
    }
}

inline void World::run_checks() {
    next_check_ = now() + check_interval;
    for (const auto& checker : checkers_) {
        checker->during(*this);
    }
}

/// Virtual time must go on: a node that arms timers for now, over and over, would run for ever.
inline void World::check_for_spinning() {
    if (now() != instant_) {
        instant_ = now();
        events_at_instant_ = 0;
    } else if (++events_at_instant_ > events_per_instant_max + 200U * size()) {
        fail("virtual time stands still: nodes keep each other busy within one instant");
    }
}

inline void World::dispatch(const Event& event) {
    ++events_;
    const auto kind = static_cast<EventKind>(event.kind);
    if (kind == EventKind::action) {
        if (auto due = timeline_.take(event)) {
            due->callback();
        }
        return;
    }
    Node& target = *nodes_[event.node];
    if (kind == EventKind::resume) {
        if (event.check == target.pauses) {
            resume(event.node);
        }
        return;
    }
    if (target.power == Node::Power::paused) {
        held_.push_back({event.node, event});
        return;
    }
    switch (kind) {
        case EventKind::frame:
            return deliver_frame(event);
        case EventKind::timer:
            return run_timer(event);
        default:
            return tell_failure(event);
    }
}

inline void World::trace_event(const Event& event, std::uint64_t detail) noexcept {
    trace_.add(event.time);
    trace_.add((std::uint64_t{event.node} << 8U) | event.kind);
    trace_.add(detail);
}

/// What the trace keeps of a frame: its kind, its sender, and what it is about.
inline std::uint64_t fingerprint(const Frame& frame, NodeIndex from) noexcept {
    const std::uint64_t about = std::visit(
        [](const auto& each) -> std::uint64_t {
            if constexpr (requires { each.envelope; }) {
                return each.message.key().word(0) ^ each.envelope.ttl;
            } else if constexpr (requires { each.names; }) {
                return each.names.empty() ? 0 : mixed(each.names.size(), each.names.front().word(0));
            } else {
                return encoded_size(Frame(each));
            }
        },
        frame);
    return mixed(about, (std::uint64_t{from} << 8U) | frame.index());
}

inline void World::deliver_frame(const Event& event) {
    const NodeIndex to = event.node;
    const Node& target = *nodes_[to];
    network_.arrive(event.slot, [&](NodeIndex from, Frame&& frame) {
        trace_event(event, fingerprint(frame, from));
        if (target.power == Node::Power::hostile) {
            return target.hostile->receive(frame);
        }
        if (target.power == Node::Power::on && target.transport.is_open()) {
            return hand_over(from, to, std::move(frame));
        }
        ++network_.traffic().missed;
        if (network_.link().failures == LinkModel::Failures::told) {
            timeline_.schedule(now() + network_.draw_latency(to, from), from, EventKind::failure, to);
        }
    });
}

inline void World::hand_over(NodeIndex from, NodeIndex to, Frame&& frame) {
    Node& target = *nodes_[to];
    if (through_codec_) {
        const Bytes bytes = encode(frame);
        Decoded decoded = decode(bytes.view(), WireLimits(config_->limits));
        if (decoded.status != DecodeStatus::frame) {
            ++network_.traffic().undecodable;
            return;
        }
        frame = std::move(decoded.frame);
    }
    ++network_.traffic().arrived;
    if (checkers_.empty()) {
        target.transport.receive(everyone_[from], std::move(frame));
        return;
    }
    for (const auto& checker : checkers_) {
        checker->arriving(*this, from, to, frame);
    }
    const Receipt receipt = target.transport.receive(everyone_[from], std::move(frame));
    for (const auto& checker : checkers_) {
        checker->arrived(*this, from, to, receipt);
    }
}

inline void World::run_timer(const Event& event) {
    auto due = timeline_.take(event);
    if (due && due->life == nodes_[event.node]->life) {
        trace_event(event, due->life);
        due->callback();
    }
}

inline void World::tell_failure(const Event& event) {
    Node& target = *nodes_[event.node];
    if (target.power == Node::Power::on && target.transport.is_open()) {
        trace_event(event, event.slot);
        target.transport.report_failure(everyone_[event.slot]);
    }
}

inline void World::note_delivery(NodeIndex node, const Delivery& delivery) {
    ++deliveries_;
    trace_.add(delivery.message.key().word(0) ^ node);
    if (!keep_deliveries_) {
        return;
    }
    const auto known = ledger_.find(delivery.message.key());
    const auto message = known ? *known : ledger_.add(delivery.message, node, now(), Ledger::Source::injected);
    const auto hops = static_cast<std::uint8_t>(delivery.envelope.hops);
    const std::uint16_t times = ledger_.deliver(message, node, nodes_[node]->life, now(), hops);
    for (const auto& checker : checkers_) {
        if (!known) {
            violated("what was delivered was broadcast", node_id_of(node) + " delivered a message that nobody sent");
        }
        checker->delivered(*this, node, delivery, times);
    }
}

inline void World::note_rejection(NodeIndex node, const Message& message) {
    for (const auto& checker : checkers_) {
        checker->rejected(*this, node, message);
    }
}

}  // namespace lattice::inline v0::sim
