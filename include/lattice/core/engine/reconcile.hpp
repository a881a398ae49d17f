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
    const auto* push = std::get_if<Push>(&frame);
    const bool ours =
        std::get_if<Announce>(&frame) != nullptr || std::get_if<Reconcile>(&frame) != nullptr ||
        std::get_if<Acknowledge>(&frame) != nullptr || (push != nullptr && push->route.course != Course::rumor) ||
        (request != nullptr && request->naming == Naming::keys) || (page != nullptr && page->naming == Naming::keys);
    const std::uint32_t slot = ours ? peer_states_.slot_of(from, now.time) : PeerTable::none;
    if (slot != PeerTable::none) {
        PeerState& state = peer_states_[slot];
        if (std::get_if<Reconcile>(&frame) != nullptr || !state.speaks_frames) {
            state.lists_first = 0;  // News: a transport may find out later than we what a peer understands.
        }
        state.speaks_frames = true;
    }
}

/// The partner answered with names. False when it has only those, as a foreign node has: the listing goes on.
template <typename T>
bool BasicEngine<T>::end_probe(const SyncIds& page, const Peer& from, Now now, Effects& effects) {
    constexpr std::uint8_t sessions = 32;  // Until it is asked anew.
    if (page.naming == Naming::keys) {
        sync_.give_up();
        start_reconcile(from, now, effects);
        return true;
    }
    const std::uint32_t slot = peer_states_.find(from);
    if (slot != PeerTable::none) {
        peer_states_[slot].lists_first = sessions;
    }
    return false;
}

/// Whether a session that is due ahead of its time has to wait: for what the last ones found, or for one that goes on.
template <typename T>
bool BasicEngine<T>::is_sync_put_off(Now now) {
    if (!session_.is_early(now.time)) {
        return false;
    }
    const bool fetching = scheduler_ && scheduler_->size() > ReconcileSession::backlog_max;
    if (fetching || session_.active()) {
        next_sync_ = now.time + config_->gossip_interval;
        return true;
    }
    return false;
}

/// The time to the next session: half to one and a half of the interval, and with a search for lost peers within it.
template <typename T>
Duration BasicEngine<T>::sync_wait(bool seeking) noexcept {
    const auto interval = static_cast<std::uint64_t>(config_->anti_entropy_interval.count());
    if (!reconciler_) {
        return Duration{static_cast<Duration::rep>(interval / 2 + random_.below(interval))};
    }
    return Duration{
        static_cast<Duration::rep>(interval / 4 + random_.below(seeking ? interval - interval / 4 : interval / 4))};
}

/// The peer not heard of or asked for longest, at least for an interval: where a partition has healed it is one of the other
/// side, and few links between the sides are found at once. Empty when all are in touch.
template <typename T>
Peer BasicEngine<T>::longest_unheard(Now now) noexcept {
    constexpr std::size_t looked_at_max = 256;
    Peer found;
    TimePoint longest = now.time - config_->anti_entropy_interval;
    const std::size_t start = static_cast<std::size_t>(random_.below(peers_.size()));
    for (std::size_t i = 0; i < peers_.size() && i < looked_at_max; ++i) {
        const Peer& peer = peers_[(start + i) % peers_.size()];
        const std::uint32_t slot = peer_states_.find(peer);
        const TimePoint heard = slot == PeerTable::none ? TimePoint{} : peer_states_[slot].heard;
        if (!(peer == self_) && heard < longest) {
            found = peer;
            longest = heard;
        }
    }
    return found;
}

/// Reconciles if the partner is known to understand it.
template <typename T>
void BasicEngine<T>::open_session(const Peer& partner, Now now, Effects& effects) {
    const std::uint32_t slot = peer_states_.slot_of(partner, now.time);
    if (slot == PeerTable::none || (!peer_states_[slot].speaks_frames && peer_states_[slot].lists_first == 0)) {
        probe(partner, now, effects);
    } else if (peer_states_[slot].lists_first == 0) {
        start_reconcile(partner, now, effects);
    } else {
        --peer_states_[slot].lists_first;
        start_listing(partner, now, effects);
    }
}

/// Whether the partner is a node of this library is not known yet: a short list of names will tell.
template <typename T>
void BasicEngine<T>::probe(const Peer& partner, Now now, Effects& effects) {
    constexpr std::uint32_t names = 16;
    session_.begin_probe();
    SyncRequest request = sync_.begin(partner, config_->limits, now.time);
    request.limit = request.limit < names ? request.limit : names;
    effects.send_to(partner, request);
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
    if (progress.state == State::going_on) {
        const std::uint32_t number = session_.ask(from, config_->limits, now.time);
        effects.send_to(from, Reconcile{Reconcile::Step::request, number, progress.request});
        return;
    }
    if (progress.wanted != 0) {
        session_.await_names();
    } else {
        session_.end();
    }
    if (session_.still_in_haste(progress.wanted != 0 || !progress.lacking.empty())) {
        reconcile_soon(now);
    }
    if (progress.state == State::complete) {
        ++statistics_.syncs_completed;
    } else {
        session_.end();
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
        if (const typename MessageCache::Held* held = cache_.at(slot)) {
            names.push_back(held->message.key());
        }
    }
    announce_to(to, names, effects);
}

/// The next session is to begin within a gossip interval.
template <typename T>
void BasicEngine<T>::reconcile_soon(Now now) {
    const Duration interval = config_->gossip_interval;
    if (running_ && config_->enable_anti_entropy && next_sync_ > now.time + interval) {
        next_sync_ = now.time +
                     Duration{static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(interval.count())))};
    }
}

/// Whether the rumor of a message has come to its end everywhere: it was pushed and announced for so long.
template <typename T>
bool BasicEngine<T>::is_late(const Message& message, Now now) const noexcept {
    const Duration spread = static_cast<Duration::rep>(config_->announce_rounds + 2) * config_->gossip_interval;
    return now.wall - std::chrono::duration_cast<std::chrono::microseconds>(spread) > message.timestamp();
}

/// Takes in a message that came by repair long after it was news. To push it on would send it to many who have it, or who
/// fetch it already, as when a partition has healed; so it goes on by the next sessions of this node, which follow soon.
template <typename T>
void BasicEngine<T>::hold_late(const Message& message, Envelope outgoing, const Peer& source, Now now) {
    cache_.insert(message, outgoing, source);
    session_.hurry();
    reconcile_soon(now);
}

/// The partner did not answer. If it was heard meanwhile it may not understand, or have lost the language by a restart: the
/// next session with it lists names. If not, it was merely out of reach.
template <typename T>
void BasicEngine<T>::abandon_reconcile() noexcept {
    if (session_.awaits_names()) {
        return session_.end();
    }
    const std::uint32_t slot = peer_states_.find(session_.partner());
    if (slot != PeerTable::none && peer_states_[slot].heard > session_.began()) {
        peer_states_[slot].lists_first = 3;
    }
    ++statistics_.reconciles_abandoned;
    session_.end();
}

}  // namespace lattice::inline v0
