#pragma once

#include <lattice/core/engine/declaration.hpp>

// The engine's half that takes messages: from the host, from peers, and back from the host's handlers.

namespace lattice::inline v0 {

template <typename T>
PublishOutcome BasicEngine<T>::publish(std::string_view type, ByteView payload, const PublishOptions& options, Now now,
                                       Effects& effects) {
    using Status = PublishOutcome::Status;
    if (const auto refusal = refuse_publish(*config_, type, payload.size(), options)) {
        return {*refusal};
    }
    if (!running_) {
        return {Status::not_running};
    }
    if (const auto refusal = options.receipt ? receipts().refuse(*options.receipt) : std::nullopt) {
        return {*refusal};
    }
    const WallTime next = last_timestamp_ + std::chrono::microseconds{1};
    // A clock that was set back far is followed: others would refuse what comes from their future, for as long as that lasts.
    const bool slightly_behind = now.wall < next && next - now.wall < std::chrono::seconds{1};
    last_timestamp_ = slightly_behind ? next : now.wall;
    MessageFields fields{type, self_.id(), payload, last_timestamp_};
    if (options.lifetime) {
        fields.expiry = last_timestamp_ + std::chrono::duration_cast<std::chrono::microseconds>(*options.lifetime);
    }
    const Message message = Message::compose(fields);
    ++statistics_.messages_sent;
    seen_.insert(message.key(), message.timestamp(), now.time);
    const Route route = own_route();
    const std::uint8_t ttl = route.course == Course::overlay ? ceiling::hops : config_->message_ttl;
    const Envelope outgoing{options.ttl.value_or(ttl), 1, options.priority, options.receipt.has_value()};
    if (options.receipt) {
        receipts().open(message.key(), *options.receipt, now);
    }
    hold(message, outgoing, route, Peer{}, now);
    const std::size_t before = effects.targets.size();
    if (config_->enable_push) {
        forward(message, outgoing, route, Peer{}, now, effects);
    }
    const std::size_t targets = effects.targets.size() - before;
    const bool alone = config_->enable_push ? targets == 0 : peers_.empty();
    return {alone ? Status::no_peers : Status::sent, message.id(), targets};
}

template <typename T>
Receipt BasicEngine<T>::on(Push& push, const Peer& from, Now now, Effects& effects) {
    return take(std::move(push.message), push.envelope, push.route, from, Arrival::pushed, now, effects);
}

template <typename T>
Receipt BasicEngine<T>::on(Provide& provide, const Peer& from, Now now, Effects& effects) {
    Route route;
    route.course = uses_overlay() ? Course::overlay : Course::rumor;
    return take(std::move(provide.message), provide.envelope, route, from, Arrival::provided, now, effects);
}

template <typename T>
Receipt BasicEngine<T>::take(Message message, Envelope envelope, const Route& route, const Peer& from, Arrival arrival,
                             Now now, Effects& effects) {
    ++statistics_.messages_received;
    if (route.course != Course::rumor) {
        tree().tuner.heed_loss(route.loss);
        tree().hinted_round_trip = route.round_trip != 0 ? route.round_trip : tree().hinted_round_trip;
    }
    if (const auto refusal = check_shape(message)) {
        return refuse(*refusal);
    }
    if (detail::planted(detail::Defect::remember_by_cache) ? cache_.find(message.key(), Naming::keys) != nullptr
                                                           : seen_.contains(message.key())) {
        ++statistics_.duplicates_filtered;
        if (route.slice.empty() ||
            within_share(message, from, now)) {  // Branches of one message could be without number.
            take_over(message.key(), envelope, route, from, now, effects);
        }
        if (overlay_ && route.course == Course::overlay) {
            further_copy(message, arrival == Arrival::provided, from, now, effects);
        }
        return {Disposition::duplicate};
    }
    const MessageId claim = message.key();
    if (!is_wanted(message) && !within_share(message, from, now)) {
        want(claim, Naming::keys, placed(from), now);  // Not lost: fetched at the pace of the share.
        send_requests(now, effects);
        return refuse(Refusal::rate_limited);
    }
    if (!detail::planted(detail::Defect::trust_claimed_ids)) {
        message = authenticate(std::move(message));
    }
    if (message.authenticity() == Message::Authenticity::foreign && seen_.contains(message.key())) {
        ++statistics_.duplicates_filtered;
        return {Disposition::duplicate};
    }
    if (message.key() != claim) {
        pass_on(claim, Naming::keys, from, now,
                effects);  // Another content than the one asked for: somebody else may be honest.
    }
    if (const auto refusal = check_admission(message, envelope, arrival, now)) {
        pass_on(message.key(), Naming::keys, from, now, effects);
        pass_on(message.id(), Naming::ids, from, now, effects);
        return refuse(*refusal);
    }
    return admit(std::move(message), envelope, route, from, arrival, now, effects);
}

/// Settles what the message claims to be called, and with it what the next one claims, unless that is a duplicate. So a
/// peer makes this node hash at most one message too many for each that it takes in.
template <typename T>
Message BasicEngine<T>::authenticate(Message message) {
    const Message next = std::exchange(upcoming_, {});
    if (next && !next.same_as(message) && !seen_.contains(next.key())) {
        return Message::authenticated(std::move(message), next);
    }
    return Message::authenticated(std::move(message));
}

/// Whether the message is one that this node asked for.
template <typename T>
bool BasicEngine<T>::is_wanted(const Message& message) const noexcept {
    return scheduler_ &&
           (scheduler_->wants(message.key(), Naming::keys) || scheduler_->wants(message.id(), Naming::ids));
}

/// What was asked of `from` did not come from there: the next announcer is due.
template <typename T>
void BasicEngine<T>::pass_on(const MessageId& name, Naming naming, const Peer& from, Now now, Effects& effects) {
    const std::uint32_t slot = scheduler_ ? peer_states_.find(from) : PeerTable::none;
    if (slot != PeerTable::none) {
        scheduler_->not_found(name, naming, slot, peer_states_);
        send_requests(now, effects);
    }
}

template <typename T>
std::optional<Refusal> BasicEngine<T>::check_admission(const Message& message, Envelope envelope, Arrival arrival,
                                                       Now now) const noexcept {
    const bool foreign = message.authenticity() == Message::Authenticity::foreign;
    if (foreign && config_->foreign_ids == Config::ForeignIds::refuse) {
        return Refusal::bad_id;
    }
    const bool wanted = is_wanted(message);
    if ((arrival == Arrival::pushed || detail::planted(detail::Defect::ttl_gates_retrieval)) && !wanted &&
        envelope.ttl == 0) {  // An answer may come after its request's time.
        return Refusal::no_hops_left;
    }
    return check_time(message, wanted, now);
}

/// Takes the message in: seen from now on, and offered to the host, unless too many wait there.
template <typename T>
Receipt BasicEngine<T>::admit(Message message, Envelope envelope, const Route& route, const Peer& from, Arrival arrival,
                              Now now, Effects& effects) {
    const std::uint32_t peer = peer_states_.slot_of(from, now.time);
    const Limits& limits = config_->limits;
    if (!validations_) {
        validations_ = Box<ValidationQueue>::make();
    }
    if (peer == PeerTable::none || validations_->size() >= limits.validations_max ||
        peer_states_[peer].validations >= limits.validations_per_peer) {
        return refuse(Refusal::overloaded);
    }
    seen_.insert(message.key(), message.timestamp(), now.time);
    if (message.authenticity() == Message::Authenticity::foreign) {
        seen_.insert(alias_of(message.id()), message.timestamp(), now.time);
    }
    if (scheduler_ && route.course != Course::rumor) {
        note_lateness(message.key(), now);
    }
    if (scheduler_) {
        scheduler_->arrived(message.key(), Naming::keys, peer_states_);
        scheduler_->arrived(message.id(), Naming::ids, peer_states_);
        send_requests(now, effects);
    }
    if (envelope.ttl > ceiling::hops) {
        envelope.ttl = ceiling::hops;
    }
    ++peer_states_[peer].validations;
    const bool retrieved = arrival == Arrival::provided;
    envelope.receipt = envelope.receipt && receipts().join(message, route, from, now);
    if (route.acknowledge && !envelope.receipt) {
        acknowledge(message.key(), route.copy, from, effects);
    }
    if (tree_) {
        tree_->tuner.arrived(retrieved);
    }
    const LinkMask untold =
        overlay_ && route.course == Course::overlay ? first_copy(message, retrieved, from, now, effects) : 0;
    const Ticket ticket = validations_->add({message, from, envelope, route, retrieved, peer, untold});
    effects.offer({ticket, std::move(message), from, envelope, retrieved});
    return {Disposition::pending};
}

template <typename T>
bool BasicEngine<T>::conclude(Ticket ticket, Conclusion conclusion, Now now, Effects& effects) {
    auto pending = validations_ ? validations_->take(ticket) : std::nullopt;
    if (!pending) {
        return false;
    }
    if (pending->peer < peer_states_.size() && peer_states_[pending->peer].peer == pending->from &&
        peer_states_[pending->peer].validations != 0 && !detail::planted(detail::Defect::leak_validation_share)) {
        --peer_states_[pending->peer].validations;
    }
    const Message& message = pending->message;
    if (conclusion == Conclusion::accepted ||
        (conclusion == Conclusion::rejected && detail::planted(detail::Defect::forward_rejected))) {
        ++statistics_.delivered;
        const Envelope received = pending->envelope;
        const bool spent = received.ttl == 0 || detail::planted(detail::Defect::keep_ttl);
        const auto ttl = static_cast<std::uint8_t>(spent ? received.ttl : received.ttl - 1);
        const auto hops = static_cast<std::uint8_t>(received.hops == 255 ? 255 : received.hops + 1);
        const Envelope outgoing{ttl, hops, received.priority, received.receipt};
        if (reconciler_ && pending->retrieved && is_late(message, now)) {
            hold_late(message, outgoing, pending->from, now);
            receipts().settle(message.key(), pending->from, true, now, effects);
            return true;
        }
        hold(message, outgoing, pending->route, pending->from, now);
        const bool onward = config_->dissemination == Config::Dissemination::rumor || !pending->retrieved ||
                            pending->route.course == Course::overlay;
        if (config_->enable_push && onward && (ttl != 0 || detail::planted(detail::Defect::forward_last_hop)) &&
            running_) {
            if (!pending->route.slice.empty()) {
                tree().branches.insert(message.key(), pending->route.slice);
            }
            if (pending->route.course == Course::overlay) {
                spread_over_links(message, outgoing, pending->from, pending->untold, now, effects);
            } else {
                forward(message, outgoing, pending->route, pending->from, now, effects);
            }
        }
        receipts().settle(message.key(), pending->from, true, now, effects);
        return true;
    }
    receipts().settle(message.key(), pending->from, false, now, effects);
    if (conclusion == Conclusion::rejected) {
        refuse(Refusal::rejected);
        return true;
    }
    refuse(conclusion == Conclusion::ignored ? Refusal::ignored : Refusal::failed);
    if (detail::planted(detail::Defect::ignored_stays_seen)) {
        return true;
    }
    seen_.erase(message.key());
    if (message.authenticity() == Message::Authenticity::foreign) {
        seen_.erase(alias_of(message.id()));
    }
    return true;
}

template <typename T>
std::optional<Refusal> BasicEngine<T>::check_shape(const Message& message) const noexcept {
    if (message.payload().size() > config_->limits.payload_max) {
        return Refusal::too_large;
    }
    const bool shaped = is_identifier(message.type(), ceiling::type) &&
                        is_identifier(message.origin(), ceiling::node_id) &&
                        (message.public_key().empty() || message.public_key().size() == ceiling::public_key) &&
                        (message.signature().empty() || message.signature().size() == ceiling::signature);
    return shaped ? std::nullopt : std::optional(Refusal::malformed);
}

/// A pushed message must be about now; one that was asked for may be as old as ids are remembered.
template <typename T>
std::optional<Refusal> BasicEngine<T>::check_time(const Message& message, bool wanted, Now now) const noexcept {
    const Limits& limits = config_->limits;
    Duration lead = limits.clock_lead_max;
    if (const auto reach = seen_.reach(now.time); reach && *reach / 2 < lead) {
        lead = *reach / 2;  // A short memory must not be shortened further by timestamps from the future.
    }
    // Only sums with this node's own time: a peer's timestamp may be any number.
    const auto micros = [](Duration length) { return std::chrono::duration_cast<std::chrono::microseconds>(length); };
    if (message.timestamp() > now.wall + micros(lead) && !detail::planted(detail::Defect::accept_any_future)) {
        return Refusal::from_future;
    }
    if (message.timestamp() < now.wall - micros(wanted ? limits.horizon : limits.push_age_max)) {
        return Refusal::too_old;
    }
    if (seen_.floor() && message.timestamp() <= *seen_.floor()) {
        return Refusal::too_old;
    }
    return message.expiry() && *message.expiry() <= now.wall && !detail::planted(detail::Defect::deliver_expired)
               ? std::optional(Refusal::expired)
               : std::nullopt;
}

template <typename T>
bool BasicEngine<T>::within_share(const Message& message, const Peer& from, Now now) {
    const Limits& limits = config_->limits;
    if (limits.messages_per_second == 0 && limits.bytes_per_second == 0) {
        return true;
    }
    const std::uint32_t slot =
        peer_states_.slot_of(detail::planted(detail::Defect::share_one_budget) ? self_ : from, now.time);
    if (slot == PeerTable::none) {
        return false;
    }
    PeerState& state = peer_states_[slot];
    return state.messages.take(1, limits.messages_per_second, now.time) &&
           state.bytes.take(message.footprint(), limits.bytes_per_second, now.time);
}

template <typename T>
void BasicEngine<T>::hold(const Message& message, Envelope outgoing, const Route& route, const Peer& source, Now now) {
    cache_.insert(message, outgoing, source);
    // Where the origin reaches everybody itself, over links that do not lose, it knows who lacks the message.
    const bool all_told =
        reliable_ && reconciler_ && route.course == Course::slice && is_direct() && (!source || route.view == view());
    if (all_told) {
        reconcile_soon(now);  // Costs as good as nothing when nothing is missing, as after a queue that overflowed.
    }
    if (config_->enable_pull && !all_told && route.course != Course::overlay) {
        if (lazy_.empty() && running_) {
            next_round_ = now.time + config_->gossip_interval;
        }
        lazy_.add(message.key(), config_->announce_rounds, config_->limits.announced_ids_per_interval);
    }
}

template <typename T>
void BasicEngine<T>::push(const Message& message, Envelope outgoing, const Peer& from, Effects& effects) {
    const std::size_t first = effects.targets.size();
    const std::string_view origin = message.origin();
    sample_peers(peers_, config_->fanout, random_, effects.targets, [&](const Peer& peer) {
        return !(peer == self_) && (!(peer == from) || detail::planted(detail::Defect::echo_to_sender)) &&
               peer.id() != origin;
    });
    const std::size_t count = effects.targets.size() - first;
    if (count == 0) {
        return;
    }
    if (outgoing.receipt) {
        receipts().sent(message.key(), from, {effects.targets.data() + first, count});
    }
    effects.send_to_targets_from(first, Push{message, outgoing});
    statistics_.payloads_sent += count;
    statistics_.messages_forwarded += from ? count : 0;
}

template <typename T>
Statistics BasicEngine<T>::statistics() const noexcept {
    Statistics statistics{statistics_};
    statistics.cached_messages = cache_.size();
    statistics.pending_messages = validations_ ? validations_->size() : 0;
    statistics.neighbours = overlay_ ? overlay_->neighbours.size() : 0;
    statistics.tree_degree = degree_for(0);
    const SpreadTuner tuner = tree_ ? tree_->tuner : SpreadTuner(misses_tolerated(*config_));
    if (tree_ && tree_->receipts) {
        statistics.receipts_counted = tree_->receipts->size();
        statistics.tallies_sent = tree_->receipts->counts.sent;
        statistics.tallies_received = tree_->receipts->counts.received;
    }
    statistics.lazy_links = tuner.links(config_->announce_rounds);
    statistics.measured_loss = std::uint64_t{tuner.loss()} * 1'000 / 255;
    return statistics;
}

}  // namespace lattice::inline v0
