#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <lattice/core/box.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/receipt.hpp>
#include <lattice/core/slot_index.hpp>
#include <lattice/core/tally.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Counts, for messages whose publishers want a receipt, which nodes took them. Bounded.
///
/// The problem: a publisher wants to know that k nodes have its message, without each of them telling it: a million answers
/// would drown it. The means: counts go up the paths on which the message came down. Who sends a message with
/// Envelope::receipt counts the receiver as its child; a node tells its parent, the sender of its first copy, a Tally of
/// itself, once its host accepted the message, and of what its own children told.
///
/// The promise: no honest node is counted twice, so that what the publisher knows is at least true. Each node stands with
/// itself in one entry only; an entry is told to one parent only; and the parent files a child under one entry only, the one
/// whose push came first. An entry is made after the push that caused it, which is made after the entry that it is filed
/// under, so these steps go back in time and never round. Tallies only rise and replace each other: repeats do no harm.
/// Entries outlive the wait of every publisher, so nobody joins anew within it; and a process heeds only messages younger
/// than itself, so that one that lost its memory is not counted for both its lives (as far as clocks agree).
///
/// What is missing from the count: nodes that a foreign node brought the message to; nodes behind one that crashed before it
/// told of them; in trees, whom a node fetched it for beside its branch. The publisher learns less than is true, never more.
///
/// When to tell (`is_to_tell`): at once when nothing more is expected, or when the tally doubled; else a short while after it
/// changed. So a leaf tells once, an inner node O(log n) times. Over transports that lose frames the last tally is repeated a
/// few times. A leaf there tells with the acknowledgement that it owes, which is asked for until it comes.
///
/// Lies. A child counts for what it was sent the message for at most (`bound`): its slice of the ring and itself, or what is
/// known of the network's size. Who was sent nothing counts for nothing. Entries are bounded in number and time, and when three
/// quarters of them are in use no parent may hold more than an eighth. Whoever is at the bound is not counted, and gets the message all
/// the same.
template <typename>
class BasicReceiptLedger {
   public:
    /// Children of an entry; more are not counted. A tree has some 30, but whoever asks for a message becomes one as well.
    static constexpr std::size_t children_max = 1'024;

    /// One that a message was sent to.
    struct Child {
        Peer peer;
        std::uint32_t bound{0};  ///< It is believed so many nodes at most.
        Tally told{};

        [[nodiscard]] bool done() const noexcept { return told.complete || told.reached >= bound; }
    };

    /// At the publisher: what is waited for.
    struct Wait {
        MessageId id;
        ReceiptGoal goal;
    };

    /// A message, as it was sent by one parent.
    struct Entry {
        std::uint64_t name{0};  ///< MessageId::word(0) of the key.
        Peer parent;            ///< Nobody at the publisher.
        std::vector<Child> children;
        Box<Wait> wait;
        TimePoint due{TimePoint::max()};  ///< When the parent is told, whatever there is to tell.
        TimePoint end{};                  ///< Then it is forgotten; at the publisher, timed out. Zero: a free slot.
        Tally told{};                     ///< What the parent was told last.
        std::uint8_t repeats{0};          ///< How often that is told again.
        std::uint8_t owed{0};             ///< Route::copy of the push to be acknowledged with the first tally; 0: none.
        bool with_self{false};            ///< This node counts itself here.
        bool settled{false};              ///< The host accepted the message, and it was sent on.

        /// Nodes that are known to have it, by this entry; never above `most`.
        [[nodiscard]] Tally tally(std::uint32_t most) const noexcept {
            std::uint64_t sum = with_self && settled ? 1 : 0;
            bool complete = settled;
            for (const Child& child : children) {
                sum += child.told.reached;
                complete = complete && child.done();
            }
            return {static_cast<std::uint32_t>(sum < most ? sum : most), complete};
        }
    };

    BasicReceiptLedger(std::size_t entries_max, Random& random) noexcept : hasher_(random), entries_max_(entries_max) {}

    /// Makes an entry: the publisher's, without a parent, or one for whoever sent the message. Null at the bound. Valid until the
    /// next one is made.
    Entry* add(std::uint64_t name, const Peer& parent, TimePoint end) {
        if (index_.size() >= entries_max_ ||
            (parent && 4 * index_.size() >= 3 * entries_max_ && share(parent) >= (entries_max_ + 7) / 8)) {
            return nullptr;
        }
        std::uint32_t slot = static_cast<std::uint32_t>(entries_.size());
        if (free_.empty()) {
            entries_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        index_.insert(hasher_(name), slot);
        entries_[slot].name = name;
        entries_[slot].parent = parent;
        entries_[slot].end = end;
        ++share(parent);
        next_end_ = end < next_end_ ? end : next_end_;
        return &entries_[slot];
    }

    void remove(Entry& entry) {
        const auto slot = static_cast<std::uint32_t>(&entry - entries_.data());
        index_.erase(hasher_(entry.name), slot);
        --share(entry.parent);
        entry = {};
        free_.push_back(slot);
    }

    /// Any entry of the message, or null.
    [[nodiscard]] Entry* find(std::uint64_t name) noexcept {
        return look_up(name, [](const Entry&) { return true; });
    }

    /// The entry that is told to this parent; for an empty one, the publisher's.
    [[nodiscard]] Entry* find(std::uint64_t name, const Peer& parent) noexcept {
        return look_up(name, [&](const Entry& entry) { return entry.parent == parent; });
    }

    /// The message is sent to a child, on behalf of `via`: who is the parent, or a child whose branch is given to others. A child
    /// stays where it was filed first; what it is believed grows with `bound` when it is given more.
    void sent(std::uint64_t name, const Peer& via, const Peer& child, std::uint32_t bound) {
        if (Child* known = find_child(name, child)) {
            known->bound = bound > 1 && known->bound > 1 ? sum(known->bound, bound)
                                                         : (bound < known->bound ? known->bound : bound);
            return;
        }
        Entry* entry = look_up(name, [&](const Entry& one) { return one.parent == via || has(one, via); });
        entry = entry == nullptr ? find(name) : entry;
        if (entry != nullptr && entry->children.size() < children_max) {
            entry->children.push_back({child, bound});
        }
    }

    /// A child tells. The entry that it counts for, or null when it was sent nothing.
    Entry* learn(std::uint64_t name, const Peer& from, Tally tally) noexcept {
        Child* child = find_child(name, from);
        if (child == nullptr) {
            return nullptr;
        }
        const std::uint32_t believed = tally.reached < child->bound ? tally.reached : child->bound;
        child->told.reached = believed < child->told.reached ? child->told.reached : believed;
        child->told.complete = tally.complete;
        return look_up(name, [&](const Entry& one) { return has(one, from); });
    }

    /// Whether the parent is to be told this now. Otherwise arranges for later, where there is something to tell.
    bool is_to_tell(Entry& entry, Tally tally, TimePoint now, Duration interval) {
        const bool due = entry.due <= now;
        if (due) {
            entry.due = TimePoint::max();
        }
        if (!entry.settled) {
            return due && entry.owed != 0;  // The host takes its time: the sender need not wonder for so long.
        }
        if (entry.owed != 0) {
            return true;
        }
        const bool news = tally.reached > entry.told.reached || (tally.complete && !entry.told.complete);
        if (!news) {
            return due && entry.repeats != 0;
        }
        const bool doubled = entry.told.reached != 0 && tally.reached / 2 >= entry.told.reached;
        if (due || tally.complete || doubled) {
            return true;
        }
        wake_at(entry, now + interval);
        return false;
    }

    /// The parent is told. News is told again `repeats` times, each after `interval`.
    void told(Entry& entry, Tally tally, std::uint8_t repeats, TimePoint now, Duration interval) {
        const bool acknowledges = entry.owed != 0;
        const bool again = !acknowledges && tally == entry.told && entry.repeats != 0;
        entry.repeats =
            acknowledges ? std::uint8_t{0} : (again ? static_cast<std::uint8_t>(entry.repeats - 1) : repeats);
        entry.told = tally;
        entry.owed = 0;
        if (entry.repeats != 0) {
            wake_at(entry, now + interval);
        }
    }

    /// Something is due for the entry at that time, if not before.
    void wake_at(Entry& entry, TimePoint at) {
        if (entry.due == TimePoint::max()) {
            dues_.push_back(static_cast<std::uint32_t>(&entry - entries_.data()));
        }
        entry.due = at < entry.due ? at : entry.due;
        next_due_ = at < next_due_ ? at : next_due_;
    }

    /// Calls `tend(entry)` for all that are due or at their end; it asks `is_to_tell`, or removes the entry.
    template <typename Tend>
    void tend_due(TimePoint now, Tend&& tend) {
        if (next_due_ <= now) {
            next_due_ = TimePoint::max();
            for (const std::uint32_t slot : std::exchange(dues_, {})) {
                if (is_used(entries_[slot]) && entries_[slot].due <= now) {
                    tend(entries_[slot]);
                } else if (is_used(entries_[slot]) && entries_[slot].due != TimePoint::max()) {
                    dues_.push_back(slot);
                    next_due_ = entries_[slot].due < next_due_ ? entries_[slot].due : next_due_;
                }
            }
        }
        if (next_end_ <= now) {
            next_end_ = TimePoint::max();
            for (Entry& entry : entries_) {
                if (is_used(entry) && entry.end <= now) {
                    tend(entry);
                } else if (is_used(entry)) {
                    next_end_ = entry.end < next_end_ ? entry.end : next_end_;
                }
            }
        }
    }

    /// When `tend_due` may have something; TimePoint::max() when nothing is counted.
    [[nodiscard]] TimePoint next_due() const noexcept {
        return index_.size() == 0 ? TimePoint::max() : (next_due_ < next_end_ ? next_due_ : next_end_);
    }
    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

    /// Tallies told to parents, and heard from children.
    struct Counts {
        std::uint64_t sent{0};
        std::uint64_t received{0};
    } counts;

   private:
    static bool is_used(const Entry& entry) noexcept { return entry.end != TimePoint{}; }

    static std::uint32_t sum(std::uint32_t a, std::uint32_t b) noexcept {
        return b < 0xffffffffU - a ? a + b : 0xffffffffU;
    }

    static bool has(const Entry& entry, const Peer& peer) noexcept {
        for (const Child& child : entry.children) {
            if (child.peer == peer) {
                return true;
            }
        }
        return false;
    }

    Child* find_child(std::uint64_t name, const Peer& peer) noexcept {
        Entry* entry = look_up(name, [&](const Entry& one) { return has(one, peer); });
        if (entry == nullptr) {
            return nullptr;
        }
        auto child = entry->children.begin();
        while (!(child->peer == peer)) {
            ++child;
        }
        return &*child;
    }

    template <typename Same>
    Entry* look_up(std::uint64_t name, Same&& same) noexcept {
        const std::uint32_t slot = index_.find(
            hasher_(name), [&](std::uint32_t at) { return entries_[at].name == name && same(entries_[at]); });
        return slot == SlotIndex::none ? nullptr : &entries_[slot];
    }

    /// Entries of the parent, and of those whose salted hashes fall together with its own: counting each apart would cost more
    /// than it tells.
    std::uint32_t& share(const Peer& parent) noexcept { return shares_[hasher_(parent.hash()) % shares_.size()]; }

    NameHasher hasher_;
    std::size_t entries_max_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> free_;
    SlotIndex index_;
    std::array<std::uint32_t, 128> shares_{};
    std::vector<std::uint32_t> dues_;       ///< Where something is due; some twice, some no more.
    TimePoint next_due_{TimePoint::max()};  ///< Nothing is due before.
    TimePoint next_end_{TimePoint::max()};  ///< No entry ends before.
};
using ReceiptLedger = BasicReceiptLedger<OnUse>;

}  // namespace lattice::inline v0
