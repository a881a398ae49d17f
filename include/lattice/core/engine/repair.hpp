#pragma once

#include <lattice/core/engine/declaration.hpp>

// The engine's half that repairs: announcements, requests, anti-entropy, and what the timers do.

namespace lattice::inline v0 {

template <typename T>
void BasicEngine<T>::wake(Now now, Effects& effects) {
    if (!running_) {
        return;
    }
    if (next_round_ <= now.time) {
        announce_round(now, effects);
    }
    if (next_sync_ <= now.time) {
        start_sync(now, effects);
    }
    if (sync_.deadline() <= now.time) {
        sync_.give_up();
    }
    if (session_.deadline() <= now.time) {
        abandon_reconcile();
    }
    if (tree_) {
        expire_pushes(now, effects);
        receipts().tend(now, effects);
    }
    if (overlay_) {
        tend_overlay(now, effects);
    }
    if (scheduler_) {
        statistics_.requests_expired += scheduler_->expire(now.time, peer_states_);
        send_requests(now, effects);
    }
}

template <typename T>
void BasicEngine<T>::not_sent(const Frame& frame, const Peer& peer, SendFailure failure, Now now, Effects& effects) {
    ++(failure == SendFailure::busy ? statistics_.sends_busy : statistics_.sends_unreachable);
    not_sent_over(frame, peer, failure, now);
    if (const auto* push = std::get_if<Push>(&frame)) {
        push_not_sent(*push, peer, now, effects);
    } else if (const auto* request = std::get_if<Request>(&frame)) {
        const std::uint32_t slot = peer_states_.find(peer);
        if (slot != PeerTable::none && scheduler_) {
            for (const MessageId& name : request->names) {
                scheduler_->not_found(name, request->naming, slot, peer_states_);
            }
            send_requests(now, effects);
        }
    } else if (std::get_if<SyncRequest>(&frame) != nullptr && sync_.active() && sync_.partner() == peer) {
        sync_.give_up();
    } else if (std::get_if<Reconcile>(&frame) != nullptr && session_.is_with(peer)) {
        session_.end();
    }
}

template <typename T>
Receipt BasicEngine<T>::on(Announce& announce, const Peer& from, Now now, Effects& effects) {
    ++statistics_.announces_received;
    const std::size_t heeded = announce.names.size() < config_->limits.announce_ids_max
                                   ? announce.names.size()
                                   : config_->limits.announce_ids_max;
    const bool fetches = config_->enable_pull || config_->enable_anti_entropy;
    const std::uint32_t slot = fetches ? peer_states_.slot_of(from, now.time) : PeerTable::none;
    if (slot == PeerTable::none || !heeds_announce(peer_states_[slot], heeded, now)) {
        ++statistics_.control_ignored;
        return {};
    }
    session_.named_by(from);
    const Peer holder = placed(from);
    // Who asks whether it is known has not sent it; others may have heard sooner than the tree could bring it here.
    const Duration grace = tree_ && !announce.answer ? rescue_grace() : Duration::zero();
    const std::uint32_t link = link_of(holder);
    Acknowledge known;
    for (std::size_t i = 0; i < heeded; ++i) {
        if (tree_) {
            has_already(announce.names[i], from);
        }
        if (!announce.answer && announced_over(link, announce.names[i], now)) {
            continue;
        }
        if (!seen_.contains(announce.names[i])) {
            want(announce.names[i], Naming::keys, holder, now, grace);
        } else if (announce.answer) {
            known.items.push_back({announce.names[i].word(0), 0, receipts().tally_for(announce.names[i], from)});
        }
    }
    if (!known.items.empty()) {
        ++statistics_.acknowledges_sent;
        effects.send_to(from, std::move(known));
    }
    send_requests(now, effects);
    return {};
}

/// Counts announcements in intervals of Config::gossip_interval, per peer.
template <typename T>
bool BasicEngine<T>::heeds_announce(PeerState& state, std::size_t names, Now now) const noexcept {
    if (state.solicited_ids >= names && names != 0) {
        state.solicited_ids -= static_cast<std::uint32_t>(names);
        return true;
    }
    if (state.announces == 0 || now.time - state.announces_since >= config_->gossip_interval) {
        state.announces_since = now.time;
        state.announces = 0;
        state.announced_ids = 0;
    }
    if (state.announces >= config_->limits.announces_per_interval ||
        state.announced_ids + names > config_->limits.announced_ids_per_interval) {
        return false;
    }
    ++state.announces;
    state.announced_ids += static_cast<std::uint32_t>(names);
    return true;
}

template <typename T>
Receipt BasicEngine<T>::on(Request& request, const Peer& from, Now now, Effects& effects) {
    NotFound missing{{}, request.naming};
    const Limits& limits = config_->limits;
    const std::size_t asked = request.names.size() < limits.fetch_ids_max ? request.names.size() : limits.fetch_ids_max;
    for (std::size_t i = 0; i < asked; ++i) {
        const MessageId& name = request.names[i];
        ++statistics_.requests_received;
        const typename MessageCache::Held* held = cache_.find(name, request.naming);
        if (held != nullptr && held->message.expiry() && *held->message.expiry() <= now.wall) {
            held = nullptr;
        }
        if (held != nullptr && request.naming == Naming::keys) {
            if (!answers_) {
                answers_ = Box<AnswerLedger>::make(random_);
            }
            if (!answers_->admit(from, name, limits.answers_per_peer_and_id, now.time)) {
                held = nullptr;
            }
        }
        if (held == nullptr) {
            missing.names.push_back(name);
            continue;
        }
        Envelope envelope = held->envelope;
        envelope.receipt = receipts().provided(name, request.naming, from);
        if (request.naming == Naming::ids && envelope.ttl == 0) {
            envelope.ttl = 1;  // A foreign node refuses what has no hops left, even what it asked for.
        }
        ++statistics_.payloads_sent;
        ++statistics_.payloads_provided;
        if (typename PushLedger::Entry* waiting = tree_ ? tree_->pushes.look_up(name.word(0), from) : nullptr) {
            waiting->deadline =
                now.time + patience_with(from);  // Asked for: the peer is there, and will say when it has it.
            waiting->probing = false;
            effects.send_to(from, Push{held->message, envelope, route_to(waiting->slice, true, waiting->tries)});
            continue;
        }
        effects.send_to(from, Provide{held->message, envelope});
    }
    if (!missing.names.empty()) {
        statistics_.not_found_sent += missing.names.size();
        effects.send_to(from, std::move(missing));
    }
    return {};
}

template <typename T>
Receipt BasicEngine<T>::on(NotFound& not_found, const Peer& from, Now now, Effects& effects) {
    statistics_.not_found_received += not_found.names.size();
    const std::uint32_t slot = peer_states_.find(from);
    if (slot != PeerTable::none && scheduler_) {
        for (const MessageId& name : not_found.names) {
            scheduler_->not_found(name, not_found.naming, slot, peer_states_);
        }
        send_requests(now, effects);
    }
    return {};
}

template <typename T>
Receipt BasicEngine<T>::on(SyncRequest& request, const Peer& from, Now now, Effects& effects) {
    const Limits& limits = config_->limits;
    if (request.naming ==
        Naming::keys) {  // Requests by id come one per exchange of a transport that bounds them itself.
        const std::uint32_t slot = peer_states_.slot_of(from, now.time);
        if (slot == PeerTable::none || !peer_states_[slot].syncs.take(1, limits.syncs_per_second, now.time)) {
            ++statistics_.control_ignored;
            return {};
        }
    }
    const std::size_t most = request.naming == Naming::keys ? limits.sync_ids_max : ceiling::listed_ids;
    const std::size_t limit = request.limit < most ? request.limit : most;
    drop_outdated(now);
    SyncIds page{request.after, {}, true, request.naming};
    page.complete = cache_.names_after(request.after, limit == 0 ? 1 : limit, request.naming, page.names);
    ++statistics_.syncs_served;
    effects.send_to(from, std::move(page));
    return {};
}

template <typename T>
Receipt BasicEngine<T>::on(SyncIds& page, const Peer& from, Now now, Effects& effects) {
    if (!sync_.expects(from, page)) {
        ++statistics_.control_ignored;
        return {};
    }
    if (session_.take_probe() && end_probe(page, from, now, effects)) {
        return {};
    }
    const auto findings = sync_.compare(
        page, config_->limits, now.time, [&](const MessageId& name) { return knows(name, page.naming); },
        [&](const MessageId& after, std::vector<MessageId>& names) {
            cache_.names_after(after, cache_.size(), Naming::keys, names);
        });
    const Peer holder = placed(from);
    for (const MessageId& name : findings.wanted) {
        want(name, page.naming, holder, now);
    }
    send_requests(now, effects);
    announce_to(from, findings.lacking, effects);
    if (findings.next) {
        effects.send_to(from, *findings.next);
    }
    statistics_.syncs_completed += findings.completed ? 1 : 0;
    return {};
}

/// The peer with an address, if one is known: a transport may not know where the sender of a request can be reached.
template <typename T>
Peer BasicEngine<T>::placed(const Peer& from) const noexcept {
    if (from.address().empty()) {
        for (const Peer& listed : peers_) {
            if (listed == from) {
                return listed;
            }
        }
    }
    return from;
}

/// Notes that `holder`, a placed peer, holds a message that this node misses.
template <typename T>
void BasicEngine<T>::want(const MessageId& name, Naming naming, const Peer& holder, Now now, Duration grace) {
    if (holder.address().empty()) {
        return;  // Nobody that could be asked.
    }
    const std::uint32_t slot = peer_states_.slot_of(holder, now.time);
    if (slot == PeerTable::none) {
        return;
    }
    if (peer_states_[slot].peer.address() != holder.address()) {
        peer_states_[slot].peer = holder;  // It was met without an address, or has moved.
    }
    if (!scheduler_) {
        scheduler_ = Box<RequestScheduler>::make(config_->limits, random_);
    }
    if (tree_ && !reliable_) {
        scheduler_->expect_answers_in(2 * patience_with(holder));
    }
    scheduler_->announced(name, naming, slot, peer_states_, now.time + grace);
}

template <typename T>
void BasicEngine<T>::send_requests(Now now, Effects& effects) {
    if (!scheduler_ || !scheduler_->due()) {
        return;
    }
    std::vector<typename RequestScheduler::Batch> batches;
    scheduler_->collect(now.time, peer_states_, batches);
    for (typename RequestScheduler::Batch& batch : batches) {
        statistics_.requests_sent += batch.request.names.size();
        effects.send_to(peer_states_[batch.peer].peer, std::move(batch.request));
    }
}

/// Announces what is new to a few random peers; without peers it waits for some.
template <typename T>
void BasicEngine<T>::announce_round(Now now, Effects& effects) {
    const std::size_t first = effects.targets.size();
    const bool rumor = config_->dissemination == Config::Dissemination::rumor;
    const std::size_t count =
        rumor ? (config_->fanout == 0 ? 1 : config_->fanout) : tree().tuner.links(config_->announce_rounds);
    sample_peers(peers_, count, random_, effects.targets, [&](const Peer& peer) { return !(peer == self_); });
    const std::size_t targets = effects.targets.size() - first;
    if (targets != 0) {
        std::vector<MessageId> names;
        const auto flush = [&] {
            statistics_.announces_sent += targets;
            effects.send_to_targets_from(first, Announce{std::exchange(names, {})});
        };
        lazy_.round([&](const MessageId& key) {
            names.push_back(key);
            if (names.size() == config_->limits.announce_ids_max) {
                flush();
            }
        });
        if (!names.empty()) {
            flush();
        }
    }
    next_round_ = lazy_.empty() ? TimePoint::max() : now.time + config_->gossip_interval;
    if (lazy_.empty() && reconciler_ && config_->enable_anti_entropy) {
        reconcile_soon(now);  // A pull after activity: cheap when nothing is missing.
    }
}

/// Lets go of messages that nobody would take any more: offering them would only waste payload.
template <typename T>
void BasicEngine<T>::drop_outdated(Now now) {
    const auto horizon = std::chrono::duration_cast<std::chrono::microseconds>(config_->limits.horizon);
    cache_.drop_outdated(now.wall - horizon, now.wall);
}

template <typename T>
void BasicEngine<T>::announce_to(const Peer& peer, const std::vector<MessageId>& names, Effects& effects) {
    const std::size_t most = config_->limits.announce_ids_max;
    for (std::size_t at = 0; at < names.size(); at += most) {
        const std::size_t count = names.size() - at < most ? names.size() - at : most;
        const auto start = names.begin() + static_cast<std::ptrdiff_t>(at);
        ++statistics_.announces_sent;
        effects.send_to(peer, Announce{{start, start + static_cast<std::ptrdiff_t>(count)}});
    }
}

/// Anti-entropy goes round all known peers, one after another from a random start: none is left out for longer than one round.
template <typename T>
void BasicEngine<T>::start_sync(Now now, Effects& effects) {
    if (session_.is_slow(config_->limits, now.time)) {
        session_.end();  // A frame got lost, or the partner is gone: others are asked meanwhile.
    }
    if (reconciler_ && is_sync_put_off(now)) {
        return;
    }
    const bool seeking = reconciler_ && !session_.is_early(now.time) && session_.alternate();
    const Duration wait = sync_wait(seeking);
    next_sync_ = now.time + wait;
    session_.expect_next(next_sync_);
    Peer partner;
    if (!sync_.active() && !session_.active()) {  // A long session is not cut short by the next one.
        partner = seeking ? longest_unheard(now) : next_partner();
    }
    if (!partner) {
        return;
    }
    ++statistics_.syncs_started;
    drop_outdated(now);
    if (reconciler_) {
        open_session(partner, now, effects);
    } else {
        start_listing(partner, now, effects);
    }
}

template <typename T>
void BasicEngine<T>::start_listing(const Peer& partner, Now now, Effects& effects) {
    effects.send_to(partner, sync_.begin(partner, config_->limits, now.time));
}

template <typename T>
Peer BasicEngine<T>::next_partner() noexcept {
    for (std::size_t tries = peers_.size(); tries != 0; --tries) {
        sync_cursor_ = static_cast<std::uint32_t>((sync_cursor_ + std::size_t{1}) % peers_.size());
        if (!(peers_[sync_cursor_] == self_)) {
            return peers_[sync_cursor_];
        }
    }
    return {};
}

/// A node that starts, or meets its first peers, has missed what came before: it asks within two gossip intervals.
template <typename T>
void BasicEngine<T>::schedule_first_sync(Now now) {
    if (!config_->enable_anti_entropy) {
        return;
    }
    const Duration shorter = 2 * config_->gossip_interval < config_->anti_entropy_interval
                                 ? 2 * config_->gossip_interval
                                 : config_->anti_entropy_interval;
    const TimePoint soon =
        now.time + Duration{static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(shorter.count())))};
    next_sync_ = soon < next_sync_ ? soon : next_sync_;
}

}  // namespace lattice::inline v0
