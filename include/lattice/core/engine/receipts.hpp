#pragma once

#include <lattice/core/engine/declaration.hpp>

// The engine's part that counts who took a message, where its publisher wants a receipt: see ReceiptLedger.

namespace lattice::inline v0 {

/// Joins a ledger of receipts to the engine whose messages are counted. A view, made for one call.
template <typename T>
class BasicReceiptKeeper {
    using Effects = BasicEffects<T>;
    using Ledger = BasicReceiptLedger<T>;
    using Entry = typename Ledger::Entry;

   public:
    explicit BasicReceiptKeeper(BasicEngine<T>& engine) noexcept : engine_(engine) {}

    /// Why a receipt cannot be promised now.
    std::optional<PublishOutcome::Status> refuse(const ReceiptGoal& goal) {
        if (goal.peers == 0 && engine_.knows_part_only_) {
            return PublishOutcome::Status::size_unknown;
        }
        const bool room = ledger().size() < engine_.config_->limits.receipts_max;
        return room ? std::nullopt : std::optional(PublishOutcome::Status::overloaded);
    }

    /// The host waits for a message of its own, which `refuse` did not object to.
    void open(const MessageId& id, const ReceiptGoal& goal, Now now) {
        if (Entry* entry = ledger().add(id.word(0), Peer{}, now.time + goal.timeout)) {
            entry->wait = Box<typename Ledger::Wait>::make(typename Ledger::Wait{id, goal});
            entry->settled = true;
        }
    }

    /// The first copy of a message came from a peer that counts who takes it. Whether this node takes part: then it is told to that
    /// peer, and the acknowledgement that the peer asked for goes with the first tally.
    bool join(const Message& message, const Route& route, const Peer& from, Now now) {
        return add(message, route, from, true, now);
    }

    /// A further copy came from such a peer. It counts this node when nobody does yet, and those whom the copy leaves to this node
    /// when somebody does; else it hears that it need not wait. Whether it counts anything from now on, until `settle`.
    bool join_late(const MessageId& key, const Route& route, const Peer& from, Now now, Effects& effects) {
        if (ledger().find(key.word(0), from) != nullptr) {
            return false;
        }
        const auto* held = engine_.cache_.find(key, Naming::keys);  // Nothing else is known to have been accepted.
        const bool counted = ledger().find(key.word(0)) != nullptr;
        if (held != nullptr && (!counted || !route.slice.empty()) && add(held->message, route, from, !counted, now)) {
            return true;
        }
        if (!route.acknowledge && route.course != Course::rumor) {
            tell(key.word(0), 0, {0, true}, from, effects);
        }
        return false;
    }

    /// The message was accepted and sent on, or was not accepted: the parent hears of it, at once or soon.
    void settle(const MessageId& key, const Peer& from, bool accepted, Now now, Effects& effects) {
        Entry* entry = made() ? ledger().find(key.word(0), from) : nullptr;
        if (entry == nullptr) {
            return;
        }
        if (accepted) {
            entry->settled = true;
            weigh(*entry, now, effects);
            return;
        }
        const std::uint8_t owed = entry->owed;
        ledger().remove(*entry);
        if (owed != 0) {
            engine_.acknowledge(key, owed, from, effects);
        }
    }

    /// Whether this node counts whom it sends the message to, on behalf of that parent.
    [[nodiscard]] bool counts(const MessageId& key, const Peer& parent) {
        return made() && ledger().find(key.word(0), parent) != nullptr;
    }
    /// On anybody's behalf.
    [[nodiscard]] bool counts(const MessageId& key) { return made() && ledger().find(key.word(0)) != nullptr; }

    /// A message goes to a peer with that part of the network; see ReceiptLedger::sent.
    void sent(const MessageId& key, const Peer& via, const Peer& to, Slice part) {
        const std::size_t given = part.empty() ? 1 : range_of(engine_.peers_, part).size;
        ledger().sent(key.word(0), via, to, static_cast<std::uint32_t>(given));
    }

    /// A message goes to peers who bring it on to whomever they know.
    void sent(const MessageId& key, const Peer& via, std::span<const Peer> to) {
        for (const Peer& peer : to) {
            ledger().sent(key.word(0), via, peer, reach_max());
        }
    }

    /// A message goes to a peer that asked for it. Whether the peer is counted.
    bool provided(const MessageId& name, Naming naming, const Peer& to) {
        if (naming != Naming::keys || !counts(name)) {
            return false;
        }
        const bool goes_on = engine_.uses_overlay() || engine_.config_->dissemination == Config::Dissemination::rumor;
        ledger().sent(name.word(0), Peer{}, to, goes_on ? reach_max() : 1);
        return true;
    }

    /// What to say to a peer that asks whether a message came: what it counts of this node, or that others do that.
    [[nodiscard]] Tally tally_for(const MessageId& key, const Peer& peer) {
        if (!counts(key)) {
            return {};
        }
        const Entry* entry = ledger().find(key.word(0), peer);
        return entry == nullptr ? Tally{0, true} : entry->tally(reach_max());
    }

    /// A child tells whom it reached.
    void take(const Acknowledge::Item& item, const Peer& from, Now now, Effects& effects) {
        if (!made()) {
            return;
        }
        ++ledger().counts.received;
        if (Entry* entry = ledger().learn(item.name, from, item.tally)) {
            weigh(*entry, now, effects);
        }
    }

    /// Tells and forgets what is due.
    void tend(Now now, Effects& effects) {
        if (!made()) {
            return;
        }
        ledger().tend_due(now.time, [&](Entry& entry) {
            const bool over = entry.end <= now.time;
            if (entry.wait || !over) {
                weigh(entry, now, effects);
            }
            if (over && entry.wait) {
                end(entry, ReceiptOutcome::State::timed_out, effects);
            } else if (over && entry.parent) {
                ledger().remove(entry);
            }
        });
    }

    /// The protocol stops: nobody waits any more.
    void give_up(Effects& effects) {
        if (made()) {
            ledger().tend_due(TimePoint::max(), [&](Entry& entry) {
                if (entry.wait) {
                    end(entry, ReceiptOutcome::State::stopped, effects);
                }
            });
        }
    }

   private:
    [[nodiscard]] bool made() const noexcept { return engine_.tree_ && engine_.tree_->receipts; }

    Ledger& ledger() {
        auto& box = engine_.tree().receipts;
        if (!box) {
            box = Box<Ledger>::make(engine_.config_->limits.receipts_max, engine_.random_);
        }
        return *box;
    }

    /// Other nodes of the network, where the peers are all of it.
    [[nodiscard]] std::uint32_t others() const noexcept {
        return static_cast<std::uint32_t>(engine_.peers_.size() - (engine_.lists(engine_.self_.id()) ? 1 : 0));
    }

    /// Nodes that a peer may claim to have reached where it was not given a certain part of the network.
    [[nodiscard]] std::uint32_t reach_max() const noexcept {
        return engine_.knows_part_only_ ? engine_.config_->limits.receipt_reach_max : others();
    }

    bool add(const Message& message, const Route& route, const Peer& from, bool with_self, Now now) {
        if (message.origin() == engine_.self_.id() || message.timestamp() < engine_.born_) {
            return false;
        }
        constexpr Duration grain = std::chrono::seconds{1};  // Many end at once: one timer serves them.
        const TimePoint end = now.time + engine_.config_->limits.receipt_time;
        Entry* entry = ledger().add(message.key().word(0), from, end + grain - end.time_since_epoch() % grain);
        if (entry == nullptr) {
            return false;
        }
        entry->with_self = with_self;
        if (route.acknowledge) {
            entry->owed = route.copy != 0 ? route.copy : std::uint8_t{1};
            ledger().wake_at(*entry, now.time + interval());
        }
        return true;
    }

    void tell(std::uint64_t name, std::uint8_t copy, Tally tally, const Peer& to, Effects& effects) {
        ++engine_.statistics_.acknowledges_sent;
        ++ledger().counts.sent;
        effects.send_to(engine_.placed(to), Acknowledge{{{name, copy, tally}}});
    }

    /// Something changed, or is due: the host is told when its goal is reached, else the parent when it is time.
    void weigh(Entry& entry, Now now, Effects& effects) {
        const Tally tally = entry.tally(reach_max());
        if (entry.wait) {
            if (tally.reached >= entry.wait->goal.target(others())) {
                end(entry, ReceiptOutcome::State::resolved, effects);
            }
            return;
        }
        const Duration pause = interval();
        if (!ledger().is_to_tell(entry, tally, now.time, pause)) {
            return;
        }
        const SpreadTuner& tuner = engine_.tree().tuner;
        for (std::size_t copies = entry.owed != 0 ? tuner.acknowledgements() : 1; copies != 0; --copies) {
            tell(entry.name, entry.owed, tally, entry.parent, effects);
        }
        const std::uint8_t repeats = engine_.reliable_ ? 0 : (tuner.lossy() ? 3 : 1);
        ledger().told(entry, tally, repeats, now.time, 2 * pause);
    }

    void end(Entry& entry, ReceiptOutcome::State state, Effects& effects) {
        const std::uint32_t network = engine_.knows_part_only_ ? 0 : others() + 1;
        effects.receipts.push_back({state, entry.wait->id, entry.tally(reach_max()).reached, network});
        ledger().remove(entry);
    }

    /// How long news waits for more: about as long as the children of a node take to answer, where that is known to be short.
    [[nodiscard]] Duration interval() {
        constexpr Duration least = std::chrono::milliseconds{1};
        constexpr Duration most = std::chrono::milliseconds{50};
        const RoundTrip& typical = engine_.tree().typical;
        const Duration usual = typical.known() ? typical.mean() : most;
        return usual < least ? least : (usual < most ? usual : most);
    }

    BasicEngine<T>& engine_;
};

}  // namespace lattice::inline v0
