#pragma once

#include <lattice/core/engine/declaration.hpp>

// The engine's part that makes trees sure: acknowledgements, and what follows from silence.

namespace lattice::inline v0 {

/// What the sender of a push asked for beside taking the message, when the message was known already.
template <typename T>
void BasicEngine<T>::take_over(const MessageId& key, Envelope envelope, const Route& route, const Peer& from, Now now,
                               Effects& effects) {
    const bool joined = envelope.receipt && receipts().join_late(key, route, from, now, effects);
    if (route.acknowledge && !joined) {
        acknowledge(key, route.copy, from, effects);
    }
    if (route.course == Course::slice) {
        take_branch(key, route, from, now, effects);
    }
    if (joined) {
        receipts().settle(key, from, true, now, effects);
    }
}

/// Sends a known message on to those whom a further copy leaves to this node.
template <typename T>
void BasicEngine<T>::take_branch(const MessageId& key, const Route& route, const Peer& from, Now now,
                                 Effects& effects) {
    const typename MessageCache::Held* held = route.slice.empty() ? nullptr : cache_.find(key, Naming::keys);
    if (held == nullptr || held->envelope.ttl == 0 || !tree().branches.insert(key, route.slice)) {
        return;
    }
    Envelope onward = held->envelope;
    onward.receipt = receipts().counts(key, from);
    forward(Message(held->message), onward, route, from, now, effects);
}

/// How long a message that was announced may still come along its tree: asking sooner would only have it sent twice. Follows
/// what was measured.
template <typename T>
Duration BasicEngine<T>::rescue_grace() {
    const Duration most = config_->limits.acknowledge_timeout * 4;
    const Duration grace = tree().lateness.known() ? tree().lateness.patience(2) : patience_with(Peer{});
    return grace < most ? grace : most;
}

template <typename T>
void BasicEngine<T>::note_lateness(const MessageId& key, Now now) {
    if (const auto waited = scheduler_->waited(key, rescue_grace(), now.time)) {
        tree().lateness.add(*waited > Duration::zero() ? *waited : Duration{1}, 4);
    }
}

/// Who offers a message need not be sent it, unless others are to get it from there.
template <typename T>
void BasicEngine<T>::has_already(const MessageId& key, const Peer& peer) {
    const typename PushLedger::Entry* waiting = tree_->pushes.look_up(key.word(0), peer);
    if (waiting != nullptr && waiting->slice.empty()) {
        tree_->pushes.take(key.word(0), peer);
    }
}

template <typename T>
void BasicEngine<T>::acknowledge(const MessageId& key, std::uint8_t copy, const Peer& to, Effects& effects) {
    for (std::size_t copies = tree().tuner.acknowledgements(); copies != 0; --copies) {
        ++statistics_.acknowledges_sent;
        effects.send_to(to, Acknowledge{{{key.word(0), copy, receipts().tally_for(key, to)}}});
    }
}

template <typename T>
Receipt BasicEngine<T>::on(Acknowledge& frame, const Peer& from, Now now, Effects& effects) {
    ++statistics_.acknowledges_received;
    for (const Acknowledge::Item& item : frame.items) {
        if (item.tally) {
            receipts().take(item, from, now, effects);
        }
        const auto* waiting = item.copy == 0 && tree_ ? tree_->pushes.look_up(item.name, from) : nullptr;
        if (waiting != nullptr && !waiting->slice.empty()) {
            continue;  // It has the message, but does not say that it got what is left to it.
        }
        const auto entry = tree_ ? tree_->pushes.take(item.name, from) : std::nullopt;
        if (!entry) {
            continue;
        }
        const std::uint32_t slot = peer_states_.slot_of(from, now.time);
        if (slot != PeerTable::none && tree().suspicion_until > now.time) {
            peer_states_[slot].suspect_until = {};
        }
        if (item.copy != 0) {
            tree().tuner.acknowledged(item.copy == 1);
        }
        if (item.copy == 1 || item.copy == entry->tries) {
            const Duration took = now.time - (item.copy == 1 ? entry->first_sent : entry->sent);
            tree().typical.add(took, 5);
            if (slot != PeerTable::none) {
                peer_states_[slot].round_trip.add(took);
            }
        }
    }
    return {};
}

/// Acknowledgements that did not come. Loss is answered with another copy; where there is none to speak of, a node that has
/// nobody behind it is asked first whether it is there. Who stays silent has its branch given to others.
template <typename T>
void BasicEngine<T>::expire_pushes(Now now, Effects& effects) {
    constexpr int copies_max = 10;
    constexpr int tries_max = 14;
    for (typename PushLedger::Entry& entry : tree_->pushes.take_due(now.time)) {
        if (entry.message.expiry() && *entry.message.expiry() <= now.wall) {
            continue;
        }
        const int patient = tree().tuner.lossy() ? copies_max : 2;
        if (!entry.slice.empty() && entry.tries >= (tree().tuner.lossy() ? 3 : 2)) {
            give_branch_to_others(entry, now, effects);
        }
        if (entry.course == Course::overlay && entry.tries >= (tree().tuner.lossy() ? copies_max : 4)) {
            neighbour_failed(entry.peer, now);
            continue;
        }
        if (entry.tries >= tries_max) {
            continue;  // Announcements to others and anti-entropy are left.
        }
        // A neighbour asked for what it is pushed, so it is there: it is silent because of loss.
        const bool sure = entry.course == Course::overlay && entry.tries <= 1;
        entry.probing = entry.slice.empty() && !sure && (!tree().tuner.lossy() || entry.tries >= patient);
        try_again(std::move(entry), now, effects);
    }
}

template <typename T>
void BasicEngine<T>::give_branch_to_others(typename PushLedger::Entry& entry, Now now, Effects& effects) {
    ++statistics_.branches_moved;
    suspect(entry.peer, now);
    delegate(entry, entry.peer.hash(), now, effects);
    entry.slice = {};
}

/// The transport did not take a push: whoever was to forward it is replaced at once, the peer itself is asked later.
template <typename T>
void BasicEngine<T>::push_not_sent(const Push& push, const Peer& peer, Now now, Effects& effects) {
    if (push.route.course != Course::slice) {
        return;
    }
    typename PushLedger::Entry entry{push.message, push.envelope, push.route.slice, peer, {}, {}, {}, 2, true};
    if (!entry.slice.empty()) {
        give_branch_to_others(entry, now, effects);
    }
    wait_for(std::move(entry), now);
}

/// What the peer was asked for is asked of others, what was left to it given to others.
template <typename T>
void BasicEngine<T>::peer_failed(const Peer& peer, Now now, Effects& effects) {
    const std::uint32_t slot = peer_states_.find(peer);
    if (slot != PeerTable::none && scheduler_) {
        scheduler_->peer_failed(slot, peer_states_);
        send_requests(now, effects);
    }
    pushes_failed(peer, now, effects);
    neighbour_failed(peer, now);
    if (sync_.active() && sync_.partner() == peer) {
        sync_.give_up();
    }
    if (session_.is_with(peer)) {
        abandon_reconcile();
    }
}

/// The transport lost the peer, and perhaps what was on its way to it.
template <typename T>
void BasicEngine<T>::pushes_failed(const Peer& peer, Now now, Effects& effects) {
    if (!tree_) {
        return;
    }
    for (typename PushLedger::Entry& entry : tree_->pushes.take_all(peer)) {
        if (!entry.slice.empty()) {
            give_branch_to_others(entry, now, effects);
        }
        entry.probing = true;
        wait_for(std::move(entry), now);
    }
}

}  // namespace lattice::inline v0
