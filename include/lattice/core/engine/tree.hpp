#pragma once

#include <lattice/core/engine/declaration.hpp>

// The engine's part that spreads messages along trees by delegation.

namespace lattice::inline v0 {

/// Sends a new message on, the way its route says.
template <typename T>
void BasicEngine<T>::forward(const Message& message, Envelope outgoing, const Route& route, const Peer& from, Now now,
                             Effects& effects) {
    if (route.course == Course::rumor) {
        push(message, outgoing, from, effects);
        return;
    }
    if (route.course == Course::overlay) {
        spread_over_links(message, outgoing, from, ~LinkMask{0}, now, effects);
        return;
    }
    if (from && is_direct() && route.view != view()) {
        push(message, outgoing, from, effects);  // The sender may not know whom this node knows.
    }
    if (!route.slice.empty()) {
        delegate({message, outgoing, route.slice, from, {}, {}, {}, 0, false}, self_.hash(), now, effects);
    }
}

/// The state of trees, made when it is first needed.
template <typename T>
auto BasicEngine<T>::tree() -> TreeState& {
    if (!tree_) {
        tree_ = Box<TreeState>::make(*config_, random_);
    }
    return *tree_;
}

/// How this node spreads its own messages.
template <typename T>
Route BasicEngine<T>::own_route() const noexcept {
    Route route;
    if (uses_overlay()) {
        route.course = Course::overlay;
    } else if (config_->dissemination != Config::Dissemination::rumor) {
        route.course = Course::slice;
        route.slice = Slice::all_but(self_.hash());
    }
    return route;
}

/// Which nodes this one knows, itself included.
template <typename T>
std::uint32_t BasicEngine<T>::view() const noexcept {
    return peers_.view() ^ (lists(self_.id()) ? 0 : PeerList::view_of(self_.hash()));
}

/// Whether a node is among the peers.
template <typename T>
bool BasicEngine<T>::lists(std::string_view node_id) const noexcept {
    const std::uint64_t position = Peer::hash_of(node_id);
    const auto ring = peers_.ring();
    const RingRange range = range_of(peers_, {position, position + 1});
    for (std::size_t i = range.start; i < range.start + range.size; ++i) {
        if (peers_[ring[i].index].id() == node_id) {
            return true;
        }
    }
    return false;
}

/// Whether everybody is a child of the origin.
template <typename T>
bool BasicEngine<T>::is_direct() const noexcept {
    return peers_.size() <= config_->tree_degree + 1;
}

/// Children that a node gets: as few as the least depth allows, fewer for what takes long to send.
template <typename T>
std::size_t BasicEngine<T>::degree_for(std::size_t payload_size) const noexcept {
    constexpr std::size_t long_to_send = std::size_t{64} << 10U;
    constexpr std::size_t narrow = 4;  // With store and forward, the fastest tree over equal lines has e children.
    const std::size_t most = config_->tree_degree;
    if (is_direct()) {
        return most + 1;
    }
    if (payload_size >= long_to_send) {
        return most < narrow ? most : narrow;
    }
    const auto reaches = [&](std::size_t degree, int depth) {
        std::size_t nodes = 1;
        for (; depth != 0 && nodes < peers_.size(); --depth) {
            nodes *= degree;
        }
        return nodes >= peers_.size();
    };
    int depth = 1;
    while (!reaches(most, depth)) {
        ++depth;
    }
    std::size_t degree = most;
    while (degree > 2 && reaches(degree - 1, depth)) {
        --degree;
    }
    return degree;
}

/// Divides the slice of `task` among children, the node at `hole` left out: this one, or one that does not answer.
template <typename T>
void BasicEngine<T>::delegate(const typename PushLedger::Entry& task, std::uint64_t hole, Now now, Effects& effects) {
    const Arcs arcs = Arcs::around(hole, task.slice);
    const std::size_t before = range_of(peers_, arcs.before).size;
    const std::size_t behind = range_of(peers_, arcs.behind).size;
    if (before + behind == 0) {
        return;
    }
    const std::size_t degree = degree_for(task.message.payload().size());
    const std::size_t share = (degree * before + (before + behind) / 2) / (before + behind);
    const std::size_t first = effects.targets.size();
    std::vector<Dependent<TreeChild, T>> inner;
    const auto child = [&](const Peer& peer, Slice part) {
        if (task.envelope.receipt) {
            receipts().sent(task.message.key(), task.peer, peer, part);
        }
        if (!part.empty() || is_suspect(peer, now)) {
            inner.push_back({peer, part});
        } else {
            effects.targets.push_back(peer);
        }
    };
    const auto divide = [&](Slice slice, std::size_t children) {
        delegate_slice(
            peers_, slice, children == 0 ? 1 : children, random_,
            [&](const Peer& peer) { return !(peer == self_) && !(peer == task.peer); },
            [&](const Peer& peer) { return lateness_of(peer, now); }, child);
    };
    divide(arcs.before, share);
    divide(arcs.behind, degree - share);
    push_leaves(task, first, now, effects);
    for (const TreeChild& each : inner) {
        typename PushLedger::Entry entry = task;
        entry.peer = each.peer;
        entry.slice = each.slice;
        entry.tries = 0;
        entry.probing =
            each.slice.empty();  // A suspect with nobody behind it is only asked whether it wants the message.
        try_again(std::move(entry), now, effects);
    }
}

/// One frame for all children that have nobody behind them: the targets from number `first` on.
template <typename T>
void BasicEngine<T>::push_leaves(const typename PushLedger::Entry& task, std::size_t first, Now now, Effects& effects) {
    const std::size_t count = effects.targets.size() - first;
    if (count == 0) {
        return;
    }
    effects.send_to_targets_from(first, Push{task.message, task.envelope, route_to({}, !reliable_, 1)});
    count_pushes(task.envelope, count);
    if (reliable_) {
        return;
    }
    const std::span<const Peer> leaves = effects.targets_of(effects.sends.back());
    for (const Peer& leaf : leaves) {
        peer_states_.prefetch(leaf);  // What is known of each lies elsewhere in memory: better fetched side by side.
    }
    for (const Peer& leaf : leaves) {
        peer_states_.prefetch_state(leaf);
    }
    for (const Peer& leaf : leaves) {
        typename PushLedger::Entry entry = task;
        entry.peer = leaf;
        entry.slice = {};
        entry.tries = 1;
        wait_for(std::move(entry), now);
    }
}

template <typename T>
void BasicEngine<T>::count_pushes(Envelope outgoing, std::size_t count) noexcept {
    statistics_.payloads_sent += count;
    statistics_.messages_forwarded += outgoing.hops > 1 ? count : 0;
}

/// Sends the next copy, or the next question whether one is wanted, and waits for the answer.
template <typename T>
void BasicEngine<T>::try_again(typename PushLedger::Entry entry, Now now, Effects& effects) {
    if (entry.tries < 255) {
        ++entry.tries;
    }
    if (entry.probing) {
        ++statistics_.announces_sent;
        effects.send_to(entry.peer, Announce{{entry.message.key()}, true});
    } else {
        const std::size_t copies = entry.slice.empty() ? 1 : tree().tuner.copies_inside();
        for (std::size_t i = 0; i < copies; ++i) {
            Route route = route_to(entry.slice, true, entry.tries);
            route.course = entry.course;
            effects.send_to(entry.peer, Push{entry.message, entry.envelope, route});
        }
        count_pushes(entry.envelope, copies);
        statistics_.pushes_repeated += entry.tries > 1 ? copies : 0;
    }
    wait_for(std::move(entry), now);
}

template <typename T>
void BasicEngine<T>::wait_for(typename PushLedger::Entry entry, Now now) {
    constexpr int steady_tries = 8;  // Loss explains so many silences; after more, the peer is better left alone.
    Duration patience = patience_with(entry.peer);
    for (int i = entry.probing ? 2 : steady_tries; i < entry.tries && patience < config_->limits.fetch_timeout_max;
         ++i) {
        patience *= 2;
    }
    entry.sent = now.time;
    entry.first_sent = entry.tries <= 1 ? now.time : entry.first_sent;
    entry.deadline = now.time + patience;
    tree().pushes.add(std::move(entry));
}

template <typename T>
Route BasicEngine<T>::route_to(Slice slice, bool acknowledge, std::uint8_t copy) {
    const auto units =
        tree().typical.known() ? tree().typical.patience(2) / std::chrono::microseconds{100} : tree().hinted_round_trip;
    Route route{Course::slice, acknowledge, tree().tuner.loss()};
    route.round_trip = static_cast<std::uint16_t>(units < 0xffff ? units : 0xffff);
    route.copy = copy < 15 ? copy : std::uint8_t{15};
    route.view = view();
    route.slice = slice;
    return route;
}

/// How long to wait for a peer's acknowledgement.
template <typename T>
Duration BasicEngine<T>::patience_with(const Peer& peer) {
    const std::uint32_t slot = peer_states_.find(peer);
    Duration patience = config_->limits.acknowledge_timeout;
    if (slot != PeerTable::none && peer_states_[slot].round_trip.known()) {
        patience = peer_states_[slot].round_trip.patience(4);
    } else if (tree().typical.known()) {
        patience = tree().typical.patience(2);
    } else if (tree().hinted_round_trip != 0) {
        // What peers say is heeded within reason: a lie must neither cause a storm of copies nor stop repair.
        const Duration hint = std::chrono::microseconds{100} * tree().hinted_round_trip;
        const Duration least = patience / 16;
        patience = hint < least ? least : (hint < 4 * patience ? hint : 4 * patience);
    }
    // Where nothing gets lost, silence means a busy or a dead node: no reason for haste.
    return reliable_ && patience < config_->limits.acknowledge_timeout ? config_->limits.acknowledge_timeout : patience;
}

/// What a peer costs as the root of a branch: its round trip, as far as it is known, and very much when it did not answer.
template <typename T>
Duration BasicEngine<T>::lateness_of(const Peer& peer, Now now) {
    const std::uint32_t slot = peer_states_.find(peer);
    if (slot == PeerTable::none) {
        return tree().typical.mean();
    }
    const PeerState& state = peer_states_[slot];
    if (tree().suspicion_until > now.time && state.suspect_until > now.time) {
        return Duration::max();
    }
    return state.round_trip.known() ? state.round_trip.mean() : tree().typical.mean();
}

template <typename T>
bool BasicEngine<T>::is_suspect(const Peer& peer, Now now) const noexcept {
    if (!tree_ || tree_->suspicion_until <= now.time) {
        return false;  // Of nobody.
    }
    const std::uint32_t slot = peer_states_.find(peer);
    return slot != PeerTable::none && peer_states_[slot].suspect_until > now.time;
}

template <typename T>
void BasicEngine<T>::suspect(const Peer& peer, Now now) {
    const std::uint32_t slot = peer_states_.slot_of(peer, now.time);
    if (slot != PeerTable::none) {
        peer_states_[slot].suspect_until = now.time + config_->limits.suspicion;
        tree().suspicion_until = peer_states_[slot].suspect_until;
        ++statistics_.suspicions;
    }
}

}  // namespace lattice::inline v0
