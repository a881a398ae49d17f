#pragma once

#include <lattice/core/engine/declaration.hpp>

// The engine's part that carries set reconciliation: which peers understand it, sessions, and what follows from them.

namespace lattice::inline v0 {

/// Remembers who sends what only nodes of this library send: the others are not bothered with reconciliation.
template <typename T>
void BasicEngine<T>::note_language(const Frame& frame, const Peer& from, Now now) {
    if (!reconciler_) {
        return;
    }
    const auto* request = std::get_if<SyncRequest>(&frame);
    const auto* page = std::get_if<SyncIds>(&frame);
    const bool ours = std::get_if<Announce>(&frame) != nullptr || std::get_if<Reconcile>(&frame) != nullptr ||
                      (request != nullptr && request->naming == Naming::keys) ||
                      (page != nullptr && page->naming == Naming::keys);
    const std::uint32_t slot = ours ? peer_states_.slot_of(from, now.time) : PeerTable::none;
    if (slot != PeerTable::none) {
        peer_states_[slot].speaks_frames = true;
    }
}

template <typename T>
void BasicEngine<T>::start_reconcile(const Peer& partner, Now now, Effects& effects) {
    ++statistics_.reconciles_started;
    const std::uint32_t number = session_.ask(partner, config_->limits, now.time);
    effects.send_to(partner, Reconcile{Reconcile::Step::request, number, reconciler_->begin(now.wall)});
}

template <typename T>
Receipt BasicEngine<T>::on(Reconcile& frame, const Peer& from, Now now, Effects& effects) {
    if (!reconciler_) {
        ++statistics_.control_ignored;
    } else if (frame.step == Reconcile::Step::reply) {
        take_reply(frame, from, now, effects);
    } else {
        answer_reconcile(frame, from, now, effects);
    }
    return {};
}

template <typename T>
void BasicEngine<T>::take_reply(const Reconcile& frame, const Peer& from, Now now, Effects& effects) {
    using State = Reconciler::Progress::State;
    if (!session_.expects(from, frame.session)) {
        ++statistics_.control_ignored;
        return;
    }
    const Reconciler::Progress progress = reconciler_->take(frame.body.view(), now.wall);
    announce_slots(progress.lacking, from, effects);
    if (progress.wanted != 0) {
        const std::uint32_t slot = peer_states_.slot_of(from, now.time);
        if (slot != PeerTable::none) {
            const std::size_t most = config_->limits.tracked_ids_per_peer;
            peer_states_[slot].solicited_ids =
                static_cast<std::uint32_t>(progress.wanted < most ? progress.wanted : most);
        }
        effects.send_to(from, Reconcile{Reconcile::Step::wants, frame.session, progress.wants});
    }
    if (progress.wanted != 0 || !progress.lacking.empty()) {
        const TimePoint soon = now.time + 2 * config_->gossip_interval;  // To see whether that was all.
        next_sync_ = soon < next_sync_ ? soon : next_sync_;
    }
    if (progress.state == State::going_on) {
        const std::uint32_t number = session_.ask(from, config_->limits, now.time);
        effects.send_to(from, Reconcile{Reconcile::Step::request, number, progress.request});
        return;
    }
    session_.end();
    if (progress.state == State::complete) {
        ++statistics_.syncs_completed;
    } else {
        ++statistics_.reconciles_abandoned;
        start_listing(from, now, effects);
    }
}

template <typename T>
void BasicEngine<T>::answer_reconcile(const Reconcile& frame, const Peer& from, Now now, Effects& effects) {
    const Limits& limits = config_->limits;
    const std::uint32_t slot = peer_states_.slot_of(from, now.time);
    if (slot == PeerTable::none || !peer_states_[slot].reconciles.take(1, limits.reconciles_per_second, now.time)) {
        ++statistics_.control_ignored;
        return;
    }
    if (frame.step == Reconcile::Step::wants) {
        announce_slots(reconciler_->named(frame.body.view(), limits.tracked_ids_per_peer), from, effects);
        return;
    }
    if (auto reply = reconciler_->answer(frame.body.view(), now.wall)) {
        ++statistics_.reconciles_served;
        effects.send_to(from, Reconcile{Reconcile::Step::reply, frame.session, std::move(*reply)});
    } else {
        ++statistics_.control_ignored;
    }
}

template <typename T>
void BasicEngine<T>::announce_slots(const std::vector<std::uint32_t>& slots, const Peer& to, Effects& effects) {
    std::vector<MessageId> names;
    names.reserve(slots.size());
    for (const std::uint32_t slot : slots) {
        if (const MessageCache::Held* held = cache_.at(slot)) {
            names.push_back(held->message.key());
        }
    }
    announce_to(to, names, effects);
}

/// The partner did not answer. If it was heard meanwhile it may have lost the language, by a restart, say, and the next
/// session with it lists names; if not, it was merely out of reach.
template <typename T>
void BasicEngine<T>::abandon_reconcile() noexcept {
    const std::uint32_t slot = peer_states_.find(session_.partner());
    if (slot != PeerTable::none && peer_states_[slot].heard + config_->limits.sync_timeout >= session_.deadline()) {
        peer_states_[slot].speaks_frames = false;
    }
    ++statistics_.reconciles_abandoned;
    session_.end();
}

}  // namespace lattice::inline v0
