#pragma once

#include <lattice/core/engine/declaration.hpp>

// The engine's part for nodes that know only part of the network: trees over an overlay of neighbours.

namespace lattice::inline v0 {

/// The state of the overlay, made when this node uses one or a neighbour does.
template <typename T>
auto BasicEngine<T>::overlay(Now now) -> OverlayState& {
    if (!overlay_) {
        overlay_ = Box<OverlayState>::make(random_);
        overlay_->neighbours.know(peers_, self_, now.time, random_);
    }
    return *overlay_;
}

/// Who knows others now seeks neighbours among them; who knows nobody till now asks what it missed.
template <typename T>
void BasicEngine<T>::peers_changed(PeerList peers, Now now) {
    const bool first = peers_.empty() && !peers.empty();
    peers_ = std::move(peers);
    if (overlay_) {
        overlay_->neighbours.know(peers_, self_, now.time, random_);
    } else if (running_ && uses_overlay() && !peers_.empty()) {
        overlay(now);
    }
    if (first && running_) {
        sync_cursor_ = static_cast<std::uint32_t>(random_.below(peers_.size()));
        schedule_first_sync(now);
    }
}

template <typename T>
bool BasicEngine<T>::uses_overlay() const noexcept {
    using Dissemination = Config::Dissemination;
    return config_->dissemination == Dissemination::overlay ||
           (config_->dissemination == Dissemination::automatic && knows_part_only_);
}

template <typename T>
std::uint32_t BasicEngine<T>::link_of(const Peer& peer) const noexcept {
    return overlay_ && peer ? overlay_->neighbours.find(peer) : no_link;
}

template <typename T>
Receipt BasicEngine<T>::on(LinkControl& frame, const Peer& from, Now now, Effects& effects) {
    const std::uint32_t slot = peer_states_.slot_of(from, now.time);
    const bool refused = config_->dissemination == Config::Dissemination::rumor || slot == PeerTable::none ||
                         !heeds_link_control(peer_states_[slot], now);
    if (refused) {
        ++statistics_.control_ignored;
        return {};
    }
    const Peer peer = placed(from);
    OverlayState& state = overlay(now);
    const std::uint32_t link = state.neighbours.find(peer);
    if (frame.step >= LinkStep::herald && link == no_link) {
        say(peer, {LinkStep::leave}, effects);  // It takes this node for a neighbour.
        return {};
    }
    switch (frame.step) {
        case LinkStep::herald:
            heralded(frame, link, now, effects);
            break;
        case LinkStep::graft:
            grafted(frame, link, now, effects);
            break;
        case LinkStep::prune:
            state.trees.on_prune(frame.origin, link);
            break;
        default:
            state.neighbours.heard(peer, frame.step, now.time,
                                   [&](const Peer& to, LinkStep step) { say(to, {step}, effects); });
            state.links_changed();
    }
    return {};
}

template <typename T>
void BasicEngine<T>::say(const Peer& peer, LinkControl control, Effects& effects) {
    ++statistics_.link_controls_sent;
    effects.send_to(peer, control);
}

/// Counts against the share of announced ids: a herald is one, and floods.
template <typename T>
bool BasicEngine<T>::heeds_link_control(PeerState& state, Now now) const noexcept {
    if (now.time - state.announces_since >= config_->gossip_interval) {
        state.announces_since = now.time;
        state.announces = 0;
        state.announced_ids = 0;
    }
    return ++state.announced_ids <= config_->limits.announced_ids_per_interval;
}

/// Tells all neighbours but those of `except` of a message.
template <typename T>
void BasicEngine<T>::herald(OriginKey origin, const MessageId& name, LinkMask except, Effects& effects) {
    const std::size_t first = effects.targets.size();
    for_each_link(overlay_->neighbours.links() & ~except,
                  [&](std::uint32_t link) { effects.targets.push_back(overlay_->neighbours.peer(link)); });
    const std::size_t count = effects.targets.size() - first;
    if (count != 0) {
        statistics_.link_controls_sent += count;
        effects.send_to_targets_from(first, LinkControl{LinkStep::herald, origin, name});
    }
}

template <typename T>
void BasicEngine<T>::heralded(const LinkControl& frame, std::uint32_t link, Now now, Effects& effects) {
    OverlayState& state = *overlay_;
    if (!seen_.contains(frame.name) &&
        state.sightings.heralded(frame.name, frame.origin, link, now.time, wait_for_payload(link, frame.origin))) {
        if (state.trees.on_herald(frame.origin, link)) {
            say(state.neighbours.peer(link), {LinkStep::graft, frame.origin, frame.name}, effects);
        }
        herald(frame.origin, frame.name, mask_of(link), effects);
        doubt_silent_neighbours(now, effects);
    }
    if (link == state.trees.parent(frame.origin)) {
        const FirstSign sign = state.sightings.compare(frame.name, now.time);
        if (sign.link != no_link) {
            carry_out(state.trees.on_parents_herald(frame.origin, sign, state.neighbours.jitter(link)), frame.origin,
                      effects);
        }
    }
}

/// Heralds come over every link now and then, so that who is not heard of for long may be gone.
template <typename T>
void BasicEngine<T>::doubt_silent_neighbours(Now now, Effects& effects) {
    constexpr Duration between = std::chrono::seconds{1};
    constexpr Duration silence = std::chrono::seconds{12};  // An origin that sends heralds once in ten seconds.
    OverlayState& state = *overlay_;
    if (now.time - state.doubted_at < between) {
        return;
    }
    state.doubted_at = now.time;
    for_each_link(state.neighbours.links(), [&](std::uint32_t link) {
        const std::uint32_t slot = peer_states_.find(state.neighbours.peer(link));
        if (slot == PeerTable::none || now.time - peer_states_[slot].heard > silence) {
            state.neighbours.doubt(link, now.time, [&](const Peer& to, LinkStep step) { say(to, {step}, effects); });
        }
    });
}

/// A neighbour wants to be a child, and perhaps a message at once: not when it is under way there already.
template <typename T>
void BasicEngine<T>::grafted(const LinkControl& frame, std::uint32_t link, Now now, Effects& effects) {
    overlay_->trees.on_graft(frame.origin, link);
    const Peer& peer = overlay_->neighbours.peer(link);
    const typename MessageCache::Held* held =
        frame.name == MessageId{} ? nullptr : cache_.find(frame.name, Naming::keys);
    if (held == nullptr || (tree_ && tree_->pushes.look_up(frame.name.word(0), peer) != nullptr)) {
        return;
    }
    overlay_->announcements.cancel(frame.name, mask_of(link));
    push_over(mask_of(link), Message(held->message), held->envelope, now, effects);
}

template <typename T>
void BasicEngine<T>::carry_out(typename OriginTrees::TreeChange change, OriginKey origin, Effects& effects) {
    if (change.graft != no_link) {
        say(overlay_->neighbours.peer(change.graft), {LinkStep::graft, origin}, effects);
    }
    if (change.prune != no_link) {
        say(overlay_->neighbours.peer(change.prune), {LinkStep::prune, origin}, effects);
    }
}

/// How long a message that was just announced may take to come along its tree. Where frames get lost, a graft of a parent
/// that has not brought anything yet is repeated soon.
template <typename T>
Duration BasicEngine<T>::wait_for_payload(std::uint32_t link, OriginKey origin) const noexcept {
    const Duration round_trip = overlay_->neighbours.round_trip(link);
    const Duration least = round_trip > std::chrono::milliseconds{20} ? round_trip : std::chrono::milliseconds{20};
    if (!reliable_ && origin != 0 && !overlay_->trees.proven(origin)) {
        return least * 5 / 4;
    }
    return overlay_->sightings.patience(least, config_->limits.fetch_timeout);
}

/// The first copy of a message came: what it says about the tree. Returns the links whose other ends are to be told of it.
template <typename T>
LinkMask BasicEngine<T>::first_copy(const Message& message, bool retrieved, const Peer& from, Now now,
                                    Effects& effects) {
    OverlayState& state = *overlay_;
    const OriginKey origin = origin_key(message.origin());
    const std::uint32_t link = state.neighbours.find(from);
    const std::uint32_t parent = state.trees.parent(origin);
    const bool expected = !retrieved && link != no_link && link == parent && state.trees.proven(origin);
    const bool stray = !retrieved && link != parent && parent != no_link;
    const auto arrival = state.sightings.arrived(message.key(), stray ? link : no_link, now.time);
    const LinkMask untold = state.neighbours.links() & ~arrival.announcers & ~mask_of(link);
    if (link == no_link) {
        return untold;
    }
    if (expected) {
        state.sightings.late_by(arrival.since);
    }
    carry_out(state.trees.on_first(origin, link, retrieved ? OriginTrees::Came::provided : OriginTrees::Came::pushed),
              origin, effects);
    if (expected && arrival.sign.link != no_link) {
        carry_out(state.trees.on_parents_herald(origin, arrival.sign, state.neighbours.jitter(link)), origin, effects);
    }
    return untold;
}

/// A further copy came: whoever is not the parent is asked to push no more.
template <typename T>
void BasicEngine<T>::further_copy(const Message& message, bool retrieved, const Peer& from, Now now, Effects& effects) {
    OverlayState& state = *overlay_;
    const std::uint32_t link = state.neighbours.find(from);
    if (link == no_link) {
        return;
    }
    const OriginKey origin = origin_key(message.origin());
    std::uint32_t pusher = no_link;
    if (!retrieved && link == state.trees.parent(origin)) {
        Duration since{};
        pusher = state.sightings.repeated(message.key(), now.time, since);
        state.sightings.late_by(since);
    }
    state.announcements.cancel(message.key(), mask_of(link));
    const auto came = retrieved ? OriginTrees::Came::provided : OriginTrees::Came::pushed;
    carry_out(state.trees.on_duplicate(origin, link, came, pusher), origin, effects);
}

/// Sends a message on along this node's tree of its origin, and prepares its announcement to the other neighbours.
template <typename T>
void BasicEngine<T>::spread_over_links(const Message& message, Envelope outgoing, const Peer& from, LinkMask untold,
                                       Now now, Effects& effects) {
    OverlayState& state = overlay(now);
    const OriginKey origin = origin_key(message.origin());
    const LinkMask links = state.neighbours.links();
    if (links == 0 &&
        config_->enable_pull) {  // Without neighbours yet, or any more: whoever is known is told in rounds.
        next_round_ = lazy_.empty() && running_ ? now.time + config_->gossip_interval : next_round_;
        lazy_.add(message.key(), config_->announce_rounds, config_->limits.announced_ids_per_interval);
    }
    LinkMask lazy = untold & links;
    if (!from && state.trees.heralds(origin, links, now.time)) {
        herald(origin, message.key(), 0, effects);
        doubt_silent_neighbours(now, effects);
        lazy = 0;
    }
    const LinkMask eager = state.trees.eager(origin, links, link_of(from));
    push_over(eager, message, outgoing, now, effects);
    announce_over(lazy & ~eager, message.key(), now);
}

/// Of the two ends of a link, one announces soon, and the other only what it was not announced in the meantime.
template <typename T>
void BasicEngine<T>::announce_over(LinkMask lazy, const MessageId& name, Now now) {
    constexpr Duration soon = std::chrono::milliseconds{50};
    constexpr Duration later = std::chrono::milliseconds{400};
    LinkMask patient = 0;
    for_each_link(lazy, [&](std::uint32_t link) {
        patient |= overlay_->neighbours.peer(link).hash() < self_.hash() ? mask_of(link) : 0;
    });
    if (config_->enable_pull) {
        overlay_->announcements.add(name, lazy & ~patient, now.time + soon);
        overlay_->announcements.add(name, lazy & patient, now.time + later);
    }
}

/// What was measured when the link was made serves until acknowledgements tell more.
template <typename T>
void BasicEngine<T>::share_round_trip(std::uint32_t link, Now now) {
    const Peer& peer = overlay_->neighbours.peer(link);
    const std::uint32_t known = peer_states_.find(peer);
    const std::uint32_t slot = known == PeerTable::none ? peer_states_.slot_of(peer, now.time) : known;
    const Duration round_trip = overlay_->neighbours.round_trip(link);
    if (slot == PeerTable::none || round_trip == Duration::zero() || peer_states_[slot].round_trip.known()) {
        return;
    }
    constexpr int confidence = 8;  // It was the shortest of few: its deviation is small.
    for (int i = 0; i < confidence; ++i) {
        peer_states_[slot].round_trip.add(round_trip);
    }
}

template <typename T>
void BasicEngine<T>::push_over(LinkMask links, const Message& message, Envelope outgoing, Now now, Effects& effects) {
    const Neighbours& neighbours = overlay_->neighbours;
    outgoing.receipt = receipts().counts(message.key());
    if (outgoing.receipt) {
        for_each_link(links, [&](std::uint32_t link) {
            receipts().sent(message.key(), Peer{}, std::span(&neighbours.peer(link), 1));
        });
    }
    if (!reliable_) {
        for_each_link(links, [&](std::uint32_t link) {
            share_round_trip(link, now);
            typename PushLedger::Entry entry{message, outgoing, {}, neighbours.peer(link)};
            entry.tries = 0;
            entry.course = Course::overlay;
            try_again(std::move(entry), now, effects);
        });
        return;
    }
    const std::size_t first = effects.targets.size();
    for_each_link(links, [&](std::uint32_t link) { effects.targets.push_back(neighbours.peer(link)); });
    const std::size_t count = effects.targets.size() - first;
    if (count != 0) {
        Route route;
        route.course = Course::overlay;
        effects.send_to_targets_from(first, Push{message, outgoing, route});
        count_pushes(outgoing, count);
    }
}

/// A neighbour announced a message. Whether that is noted here, to be asked for when its tree does not bring it.
template <typename T>
bool BasicEngine<T>::announced_over(std::uint32_t link, const MessageId& name, Now now) {
    if (link == no_link) {
        return false;
    }
    if (seen_.contains(name)) {
        overlay_->announcements.cancel(name, mask_of(link));
        return true;
    }
    return overlay_->sightings.announced(name, link, now.time, wait_for_payload(link, 0));
}

/// Messages that did not come along their trees: a graft may have been lost, else they are asked for.
template <typename T>
void BasicEngine<T>::ask_for_overdue(Now now, Effects& effects) {
    OverlayState& state = *overlay_;
    state.sightings.overdue(now.time, [&](const auto& overdue) {
        constexpr std::uint32_t grafts_max = 8;
        const std::uint32_t parent = overdue.origin == 0 ? no_link : state.trees.parent(overdue.origin);
        if (seen_.contains(overdue.name)) {
            return TimePoint::max();
        }
        if (!reliable_ && parent != no_link && !state.trees.proven(overdue.origin) && overdue.reminders < grafts_max) {
            say(state.neighbours.peer(parent), {LinkStep::graft, overdue.origin, overdue.name}, effects);
            return now.time + state.neighbours.round_trip(parent) * 5 / 4 + std::chrono::milliseconds{20};
        }
        for_each_link(overdue.announcers & state.neighbours.links(), [&](std::uint32_t link) {
            share_round_trip(link, now);
            want(overdue.name, Naming::keys, placed(state.neighbours.peer(link)), now);
        });
        const std::uint32_t patience = overdue.reminders < 5 ? overdue.reminders : 5;
        return now.time + std::chrono::milliseconds{200} * (1 << patience);
    });
    send_requests(now, effects);
}

template <typename T>
void BasicEngine<T>::tend_overlay(Now now, Effects& effects) {
    OverlayState& state = *overlay_;
    if (state.neighbours.due() <= now.time) {
        state.neighbours.tend(now.time, random_, [&](const Peer& to, LinkStep step) { say(to, {step}, effects); });
        state.links_changed();
    }
    if (state.sightings.next_deadline() <= now.time) {
        ask_for_overdue(now, effects);
    }
    state.announcements.flush(now.time, [&](std::uint32_t link, const std::vector<MessageId>& names) {
        announce_to(state.neighbours.peer(link), names, effects);
    });
}

/// The neighbour cannot be reached, or does not answer.
template <typename T>
void BasicEngine<T>::neighbour_failed(const Peer& peer, Now now) {
    if (overlay_) {
        overlay_->neighbours.failed(peer, now.time);
        overlay_->links_changed();
    }
}

/// The transport did not take a frame for a neighbour: what was pushed is announced later; an unreachable one is replaced.
template <typename T>
void BasicEngine<T>::not_sent_over(const Frame& frame, const Peer& peer, SendFailure failure, Now now) {
    const auto* push = std::get_if<Push>(&frame);
    const std::uint32_t link = link_of(peer);
    if (push != nullptr && push->route.course == Course::overlay && link != no_link) {
        overlay_->announcements.add(push->message.key(), mask_of(link), now.time + config_->gossip_interval);
    }
    if (failure == SendFailure::unreachable) {
        neighbour_failed(peer, now);
    }
}

}  // namespace lattice::inline v0
