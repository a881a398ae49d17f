#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <lattice/core/defects.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/limits.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer_table.hpp>
#include <lattice/core/slot_index.hpp>

namespace lattice::inline v0 {

/// Decides whom to ask for announced messages, so that each is fetched once, soon, and never depends on one peer.
///
/// Rules, each with its reason (they follow Bitcoin Core's transaction request tracker):
/// - One outstanding request per name: asking two peers doubles the payload.
/// - A name is asked of its announcers in the order in which they announced, each once per announcement: a peer that did
///   not answer is not asked again unless it announces again.
/// - Silence passes the name on when the timeout is over, "not found" and a failed link at once. After some silences, which
///   loss explains, the timeout doubles with each, up to its bound: a network that is slow everywhere must not be asked ever
///   more. Who announces a name again while it is asked for it can be asked again.
/// - At most Limits::fetches_in_flight_per_peer names wait on one peer, Limits::tracked_ids_per_peer are remembered of it: a
///   liar who announces what it does not hold wastes its own share.
/// - A name that nobody is left for is dropped; a later announcement starts anew.
template <typename>
class BasicRequestScheduler {
   public:
    /// Names to ask one peer for, with one Request.
    struct Batch {
        std::uint32_t peer;  ///< Slot in the PeerTable.
        Request request;
    };

    BasicRequestScheduler(const Limits& limits, Random& random) noexcept : hasher_(random), limits_(&limits) {}

    /// `peer` says that it holds `name`, which is not to be asked for before `not_before`: it may be on its way already. The
    /// earliest such time of all announcements counts. False when that goes beyond the peer's share and is not noted.
    bool announced(const MessageId& name, Naming naming, std::uint32_t peer, PeerTable& peers,
                   TimePoint not_before = TimePoint::min()) {
        std::uint32_t slot = find(name, naming);
        if (peers[peer].tracked_ids >= limits_->tracked_ids_per_peer) {
            return false;
        }
        if (slot == SlotIndex::none) {
            slot = add(name, naming);
            wanted_[slot].not_before = not_before;
        }
        Wanted& wanted = wanted_[slot];
        if (not_before < wanted.not_before) {
            wanted.not_before = not_before;
            due_ = true;
        }
        for (const std::uint32_t announcer : wanted.announcers) {
            if (announcer == peer) {
                return true;
            }
        }
        if (wanted.announcers.size() >= announcers_max) {
            return true;
        }
        wanted.announcers.push_back(peer);
        ++peers[peer].tracked_ids;
        return true;
    }

    /// Requests are answered sooner than Limits::fetch_timeout says, as far as is known: ask others after so long.
    void expect_answers_in(Duration patience) noexcept { patience_ = patience; }

    /// How long ago the message of that name was first announced; nothing when it is not waited for, or was asked for.
    [[nodiscard]] std::optional<Duration> waited(const MessageId& name, Duration grace, TimePoint now) const noexcept {
        const std::uint32_t slot = find(name, Naming::keys);
        if (slot == SlotIndex::none || wanted_[slot].asked != PeerTable::none || wanted_[slot].not_before < now) {
            return std::nullopt;
        }
        return now - (wanted_[slot].not_before - grace);
    }

    /// Whether the message of that name is being waited for.
    [[nodiscard]] bool wants(const MessageId& name, Naming naming) const noexcept {
        return find(name, naming) != SlotIndex::none;
    }

    /// The message of that name is here, however it came.
    void arrived(const MessageId& name, Naming naming, PeerTable& peers) {
        const std::uint32_t slot = find(name, naming);
        if (slot != SlotIndex::none) {
            drop(slot, peers);
        }
    }

    /// `peer` does not hold it: the next announcer is due.
    void not_found(const MessageId& name, Naming naming, std::uint32_t peer, PeerTable& peers) {
        const std::uint32_t slot = find(name, naming);
        if (slot != SlotIndex::none && wanted_[slot].asked == peer) {
            release(slot, peers);
            drop_if_nobody_left(slot, peers);
        }
    }

    /// Nothing more is to be expected of `peer`: what it was asked for goes to others.
    void peer_failed(std::uint32_t peer, PeerTable& peers) {
        for (std::uint32_t slot = 0; slot < wanted_.size(); ++slot) {
            Wanted& wanted = wanted_[slot];
            if (!wanted.used) {
                continue;
            }
            for (std::size_t i = 0; i < wanted.announcers.size(); ++i) {
                if (wanted.announcers[i] == peer) {
                    wanted.announcers.erase(wanted.announcers.begin() + static_cast<std::ptrdiff_t>(i));
                    --peers[peer].tracked_ids;
                    break;
                }
            }
            if (wanted.asked == peer) {
                release(slot, peers);
            }
            drop_if_nobody_left(slot, peers);
        }
    }

    /// Takes back requests whose time is over at `now`. Returns how many were left unanswered.
    std::size_t expire(TimePoint now, PeerTable& peers) {
        std::size_t expired = 0;
        if (now < next_deadline_) {
            return expired;
        }
        next_deadline_ = TimePoint::max();
        for (std::uint32_t slot = 0; slot < wanted_.size(); ++slot) {
            Wanted& wanted = wanted_[slot];
            if (!wanted.used || wanted.asked == PeerTable::none) {
                due_ = due_ || (wanted.used && wanted.not_before <= now);
                wake_for(wanted, now);
                continue;
            }
            if (wanted.deadline <= now && detail::planted(detail::Defect::silence_is_final)) {
                wanted.deadline = TimePoint::max();
            } else if (wanted.deadline <= now) {
                ++expired;
                wanted.silences = static_cast<std::uint8_t>(wanted.silences + (wanted.silences < 16 ? 1 : 0));
                release(slot, peers);
                drop_if_nobody_left(slot, peers);
            } else if (wanted.deadline < next_deadline_) {
                next_deadline_ = wanted.deadline;
            }
        }
        return expired;
    }

    /// Appends the requests to be sent now, and counts them as sent.
    void collect(TimePoint now, PeerTable& peers, std::vector<Batch>& batches) {
        const std::size_t first_batch = batches.size();
        std::size_t kept = 0;
        due_ = false;
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            const std::uint32_t slot = waiting_[i];
            Wanted& wanted = wanted_[slot];
            if (!wanted.used) {
                wanted.queued = false;
                free_.push_back(slot);
                continue;
            }
            const std::uint32_t peer = wanted.not_before > now ? PeerTable::none : take_announcer(wanted, peers);
            if (peer == PeerTable::none) {
                waiting_[kept++] = slot;  // It is early, or all its announcers are busy: it stays in the queue.
                wake_for(wanted, now);
                continue;
            }
            wanted.queued = false;
            ask(wanted, peer, now, peers);
            append(wanted, peer, batches, first_batch);
        }
        waiting_.resize(kept);
    }

    /// When `expire` has something to do; TimePoint::max() when nothing is outstanding.
    [[nodiscard]] TimePoint next_deadline() const noexcept { return next_deadline_; }

    /// Whether `collect` may have something to send. Room at a busy peer counts once half of its share is free: then
    /// requests go out in batches, and a long queue is not walked for every answer.
    [[nodiscard]] bool due() const noexcept { return due_; }

    /// Names tracked.
    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

   private:
    static constexpr int patient_tries = 4;           ///< At 30 % loss each way, 93 % of names come within so many.
    static constexpr std::size_t announcers_max = 8;  ///< More alternatives than that help nobody.

    struct Wanted {
        MessageId name;
        TimePoint deadline{};
        TimePoint not_before{};
        std::vector<std::uint32_t> announcers;  ///< Not asked yet, in order of announcement.
        std::uint32_t asked{PeerTable::none};   ///< Who has an outstanding request for it.
        Naming naming{Naming::keys};
        std::uint8_t silences{0};
        bool used{false};
        bool queued{false};  ///< In `waiting_`.
    };

    [[nodiscard]] std::uint32_t find(const MessageId& name, Naming naming) const noexcept {
        if (index_.size() == 0) {
            return SlotIndex::none;  // As mostly; and every message that comes is looked up several times.
        }
        return index_.find(hasher_(name), [&](std::uint32_t slot) {
            return wanted_[slot].naming == naming && wanted_[slot].name == name;
        });
    }

    std::uint32_t add(const MessageId& name, Naming naming) {
        std::uint32_t slot = 0;
        if (free_.empty()) {
            slot = static_cast<std::uint32_t>(wanted_.size());
            wanted_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        Wanted& wanted = wanted_[slot];
        wanted.name = name;
        wanted.naming = naming;
        wanted.silences = 0;
        wanted.used = true;
        index_.insert(hasher_(name), slot);
        queue(slot);
        return slot;
    }

    void wake_for(const Wanted& wanted, TimePoint now) noexcept {
        if (wanted.used && wanted.not_before > now && wanted.not_before < next_deadline_) {
            next_deadline_ = wanted.not_before;
        }
    }

    void queue(std::uint32_t slot) {
        if (!wanted_[slot].queued) {
            wanted_[slot].queued = true;
            waiting_.push_back(slot);
        }
        due_ = true;
    }

    /// Ends the outstanding request of the name and puts it back in the queue.
    void release(std::uint32_t slot, PeerTable& peers) {
        Wanted& wanted = wanted_[slot];
        --peers[wanted.asked].fetches_in_flight;
        wanted.asked = PeerTable::none;
        queue(slot);
    }

    void drop_if_nobody_left(std::uint32_t slot, PeerTable& peers) {
        if (wanted_[slot].asked == PeerTable::none && wanted_[slot].announcers.empty()) {
            drop(slot, peers);
        }
    }

    void drop(std::uint32_t slot, PeerTable& peers) {
        Wanted& wanted = wanted_[slot];
        if (wanted.asked != PeerTable::none) {
            const std::uint32_t given_back = detail::planted(detail::Defect::leak_fetch_share) ? 0 : 1;
            const std::uint32_t in_flight = peers[wanted.asked].fetches_in_flight -= given_back;
            due_ = due_ || in_flight == 0 || in_flight == limits_->fetches_in_flight_per_peer / 2;
            wanted.asked = PeerTable::none;
        }
        for (const std::uint32_t announcer : wanted.announcers) {
            --peers[announcer].tracked_ids;
        }
        wanted.announcers.clear();
        wanted.used = false;
        index_.erase(hasher_(wanted.name), slot);
        if (index_.size() == 0) {
            next_deadline_ = TimePoint::max();
        }
        if (!wanted.queued) {
            free_.push_back(slot);  // Else `collect` frees it when it comes by.
        }
    }

    /// The first announcer with room for another request, taken off the list.
    std::uint32_t take_announcer(Wanted& wanted, PeerTable& peers) const {
        for (std::size_t i = 0; i < wanted.announcers.size(); ++i) {
            const std::uint32_t peer = wanted.announcers[i];
            if (peers[peer].fetches_in_flight < limits_->fetches_in_flight_per_peer) {
                wanted.announcers.erase(wanted.announcers.begin() + static_cast<std::ptrdiff_t>(i));
                --peers[peer].tracked_ids;
                return peer;
            }
        }
        return PeerTable::none;
    }

    void ask(Wanted& wanted, std::uint32_t peer, TimePoint now, PeerTable& peers) {
        Duration timeout = patience_ < limits_->fetch_timeout ? patience_ : limits_->fetch_timeout;
        for (int i = patient_tries; i <= wanted.silences && timeout < limits_->fetch_timeout_max; ++i) {
            timeout *= 2;
        }
        wanted.asked = peer;
        wanted.deadline = now + (timeout < limits_->fetch_timeout_max ? timeout : limits_->fetch_timeout_max);
        ++peers[peer].fetches_in_flight;
        if (wanted.deadline < next_deadline_) {
            next_deadline_ = wanted.deadline;
        }
    }

    void append(const Wanted& wanted, std::uint32_t peer, std::vector<Batch>& batches, std::size_t first) const {
        for (std::size_t i = batches.size(); i > first; --i) {
            Batch& batch = batches[i - 1];
            if (batch.peer == peer && batch.request.naming == wanted.naming &&
                batch.request.names.size() < limits_->fetch_ids_max) {
                batch.request.names.push_back(wanted.name);
                return;
            }
        }
        batches.push_back({peer, Request{{wanted.name}, wanted.naming}});
    }

    NameHasher hasher_;
    const Limits* limits_;  ///< Of the engine's configuration, which outlives this.
    std::vector<Wanted> wanted_;
    std::vector<std::uint32_t> free_;     ///< Slots of `wanted_` that are neither used nor queued.
    std::vector<std::uint32_t> waiting_;  ///< Slots without an outstanding request, in order; dropped ones too.
    SlotIndex index_;
    TimePoint next_deadline_{TimePoint::max()};
    Duration patience_{Duration::max()};
    bool due_{false};
};
using RequestScheduler = BasicRequestScheduler<OnUse>;

}  // namespace lattice::inline v0
