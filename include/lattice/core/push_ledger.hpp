#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/core/message.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/prefetch.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/route.hpp>
#include <lattice/core/slot_index.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// The copies of messages that were pushed and that their receivers have not acknowledged; bounded.
///
/// An entry keeps its message alive, so that it can be sent again when the cache has let go of it.
template <typename>
class BasicPushLedger {
   public:
    /// One message on its way to one peer.
    struct Entry {
        Message message;
        Envelope envelope;
        Slice slice;  ///< What the peer was left to reach.
        Peer peer;
        TimePoint first_sent{};
        TimePoint sent{};  ///< The last time.
        TimePoint deadline{};
        std::uint8_t tries{1};  ///< Copies sent and probes made.
        bool probing{false};    ///< The last try was an announcement.
        Course course{Course::slice};

        [[nodiscard]] std::uint64_t name() const noexcept { return message.key().word(0); }
    };

    BasicPushLedger(std::size_t entries_max, Random& random) noexcept : hasher_(random), entries_max_(entries_max) {}

    /// Waits for an acknowledgement. One entry of the same message and peer is replaced. False at the bound.
    bool add(Entry entry) {
        if (std::uint32_t known = find(entry.name(), entry.peer); known != SlotIndex::none) {
            entries_[known] = std::move(entry);
            heed(entries_[known].deadline);
            return true;
        }
        if (index_.size() >= entries_max_) {
            return false;
        }
        std::uint32_t slot = 0;
        if (free_.empty()) {
            slot = static_cast<std::uint32_t>(entries_.size());
            entries_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        heed(entry.deadline);
        index_.insert(hash(entry.name(), entry.peer), slot);
        entries_[slot] = std::move(entry);
        return true;
    }

    /// The entry of that message and peer, or null. Valid until the next change.
    [[nodiscard]] Entry* look_up(std::uint64_t name, const Peer& peer) noexcept {
        const std::uint32_t slot = find(name, peer);
        return slot == SlotIndex::none ? nullptr : &entries_[slot];
    }

    /// The peer has the message, or is not to get it any more. Absent when that was not waited for.
    std::optional<Entry> take(std::uint64_t name, const Peer& peer) {
        const std::uint32_t slot = find(name, peer);
        return slot == SlotIndex::none ? std::nullopt : std::optional(remove(slot));
    }

    /// Takes out everything whose time is over.
    std::vector<Entry> take_due(TimePoint now) {
        if (now < next_deadline_) {
            return {};
        }
        next_deadline_ = TimePoint::max();
        return take_if([&](const Entry& entry) {
            if (entry.deadline > now) {
                heed(entry.deadline);
                return false;
            }
            return true;
        });
    }

    /// Takes out everything that waits for the peer.
    std::vector<Entry> take_all(const Peer& peer) {
        return take_if([&](const Entry& entry) { return entry.peer == peer; });
    }

    /// Begins to fetch what `take` will look at first for that message and peer.
    void prefetch(std::uint64_t name, const Peer& peer) const noexcept { index_.prefetch(hash(name, peer)); }
    /// And the entry itself; called a little later.
    void prefetch_entry(std::uint64_t name, const Peer& peer) const noexcept {
        const std::uint32_t slot = index_.guess(hash(name, peer));
        prefetch_object(slot == SlotIndex::none ? nullptr : &entries_[slot]);
    }

    /// When `take_due` may have something; TimePoint::max() when nothing is waited for.
    [[nodiscard]] TimePoint next_deadline() const noexcept {
        return index_.size() == 0 ? TimePoint::max() : next_deadline_;
    }
    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

   private:
    [[nodiscard]] std::uint64_t hash(std::uint64_t name, const Peer& peer) const noexcept {
        return hasher_(name ^ (peer.hash() * 0x9e3779b97f4a7c15U));
    }

    [[nodiscard]] std::uint32_t find(std::uint64_t name, const Peer& peer) const noexcept {
        if (index_.size() == 0) {
            return SlotIndex::none;  // As mostly, when others announce what came a while ago.
        }
        return index_.find(hash(name, peer), [&](std::uint32_t slot) {
            return entries_[slot].name() == name && entries_[slot].peer == peer;
        });
    }

    void heed(TimePoint deadline) noexcept { next_deadline_ = deadline < next_deadline_ ? deadline : next_deadline_; }

    Entry remove(std::uint32_t slot) {
        Entry entry = std::exchange(entries_[slot], {});
        index_.erase(hash(entry.name(), entry.peer), slot);
        free_.push_back(slot);
        if (index_.size() == 0) {
            next_deadline_ = TimePoint::max();
        }
        return entry;
    }

    template <typename Taken>
    std::vector<Entry> take_if(Taken&& taken) {
        std::vector<Entry> out;
        for (std::uint32_t slot = 0; slot < entries_.size(); ++slot) {
            if (entries_[slot].message && taken(entries_[slot])) {
                out.push_back(remove(slot));
            }
        }
        return out;
    }

    NameHasher hasher_;
    std::size_t entries_max_;
    std::vector<Entry> entries_;  ///< An empty message: a free slot.
    std::vector<std::uint32_t> free_;
    SlotIndex index_;
    TimePoint next_deadline_{TimePoint::max()};
};
using PushLedger = BasicPushLedger<OnUse>;

}  // namespace lattice::inline v0
