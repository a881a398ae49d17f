#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/box.hpp>
#include <lattice/core/defects.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/prefetch.hpp>
#include <lattice/core/slot_index.hpp>
#include <lattice/core/sort_ascending.hpp>
#include <lattice/core/weight_heap.hpp>

namespace lattice::inline v0 {

/// The messages held to be served to others, bounded in number and bytes.
///
/// What goes at the bound: the oldest message of whoever brought most bytes. The sender's timestamp has no say, so nobody
/// can pin messages, and one busy or hostile peer pushes out its own messages, not those of others.
template <typename>
class BasicMessageCache {
   public:
    /// A message as it is held.
    struct Held {
        Message message;
        Envelope envelope;  ///< As it was received; what a copy of it is provided with.
    };

    /// Hears of every message that comes and goes, with the number of its slot, which stays its own while it is held.
    class Listener {
       public:
        Listener() = default;
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;
        virtual ~Listener() = default;
        virtual void held(const Message& message, std::uint32_t slot) = 0;
        virtual void released(const Message& message, std::uint32_t slot) = 0;
    };

    BasicMessageCache(std::size_t messages_max, std::size_t bytes_max, Random& random) noexcept
        : hasher_(random), messages_max_(messages_max), bytes_max_(bytes_max) {}

    /// Holds the message. False when its key is held already. `source`: who brought it (empty: this node).
    bool insert(const Message& message, Envelope envelope, const Peer& source) {
        if (find_slot(message.key(), Naming::keys) != SlotIndex::none) {
            return false;
        }
        const std::size_t bytes = message.footprint();
        while (size_ != 0 && (size_ >= messages_max_ || (bytes_ + bytes > bytes_max_ &&
                                                         !detail::planted(detail::Defect::unbounded_cache_bytes)))) {
            evict();
        }
        const std::uint32_t slot = free_slot();
        Entry& entry = entries_[slot];
        entry.held = {message, envelope};
        entry.source = source_of(source);
        index(slot);
        Source& from = sources_[entry.source];
        entry.next = SlotIndex::none;
        (from.oldest == SlotIndex::none ? from.oldest : entries_[from.newest].next) = slot;
        from.newest = slot;
        from.bytes += bytes;
        if (!leaving_) {
            leaving_ = Box<Leaving>::make();
        }
        leaving_->weights.set(entry.source, from.bytes);
        leaving_->note(message);
        bytes_ += bytes;
        ++size_;
        if (listener_ != nullptr) {
            listener_->held(message, slot);
        }
        return true;
    }

    /// Tells `listener` of everything from now on, and first of what is held already. It outlives the cache, or is replaced;
    /// null: nobody.
    void listen(Listener* listener) {
        listener_ = listener;
        for (std::uint32_t slot = 0; listener_ != nullptr && slot < entries_.size(); ++slot) {
            if (entries_[slot].held.message) {
                listener_->held(entries_[slot].held.message, slot);
            }
        }
    }

    /// The message in that slot, or null when it is empty. Valid until the next change.
    [[nodiscard]] const Held* at(std::uint32_t slot) const noexcept {
        return slot < entries_.size() && entries_[slot].held.message ? &entries_[slot].held : nullptr;
    }

    /// Drops the messages from before `earliest`, and those that have expired at `now`. Walks all, but only when there may be
    /// some: it is called for every comparison with a peer.
    void drop_outdated(WallTime earliest, WallTime now) {
        if (!leaving_ || (leaving_->first_timestamp >= earliest && leaving_->first_expiry > now)) {
            return;
        }
        leaving_->first_timestamp = leaving_->first_expiry = WallTime::max();
        for (Source& source : sources_) {
            std::uint32_t* link = &source.oldest;
            if (*link == SlotIndex::none) {
                continue;
            }
            source.newest = SlotIndex::none;
            while (*link != SlotIndex::none) {
                const std::uint32_t slot = *link;
                const Message& message = entries_[slot].held.message;
                if (message.timestamp() < earliest || (message.expiry() && *message.expiry() <= now)) {
                    *link = entries_[slot].next;
                    release(slot, source);
                } else {
                    leaving_->note(message);
                    source.newest = slot;
                    link = &entries_[slot].next;
                }
            }
        }
    }

    /// The message of that name, or null. Valid until the next change.
    [[nodiscard]] const Held* find(const MessageId& name, Naming naming) const noexcept {
        const std::uint32_t slot = find_slot(name, naming);
        return slot == SlotIndex::none ? nullptr : &entries_[slot].held;
    }

    /// Appends the least names greater than `after`, ascending, at most `limit` of them. True when no greater is left.
    bool names_after(const MessageId& after, std::size_t limit, Naming naming, std::vector<MessageId>& names) const {
        std::vector<Ranked> greater;
        greater.reserve(size_);
        for (const Entry& entry : entries_) {
            if (entry.held.message) {
                const Message& message = entry.held.message;
                const MessageId* key = naming == Naming::keys ? &message.key() : nullptr;
                if (key != nullptr ? *key > after : message.id() > after) {
                    greater.push_back({key != nullptr ? key->rank(0) : message.id().rank(0), &message, naming});
                }
            }
        }
        sort_by_rank(greater);
        const std::size_t count = greater.size() < limit ? greater.size() : limit;
        names.reserve(names.size() + count);
        for (std::size_t i = 0; i < count; ++i) {
            names.push_back(greater[i].name());
        }
        return count == greater.size();
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Begins to fetch what `insert` will look at for a message of that name and source, and for the one that has to leave for
    /// it. In steps, 0 to 3: each follows what the one before it fetched, so there should be some time between them.
    void prefetch(const MessageId& key, const Peer& source, unsigned step) const noexcept {
        if (size_ == 0) {
            return;
        }
        const std::uint64_t source_hash = hasher_(source.hash());
        if (step == 0) {
            index_.prefetch(hasher_(key));
            index_.prefetch(source_hash);
            prefetch_object(leaving_.get());
            return;
        }
        if (step == 1) {
            prefetch_line(leaving_->weights.top());
        } else if (size_ == messages_max_) {
            prefetch_source(leaving_->weights.heaviest(), step - 1);
        }
        if (const std::uint32_t number = index_.guess(source_hash) ^ source_bit; number < sources_.size()) {
            prefetch_source(number, step);
        }
    }

    /// Bytes of all held messages, by Message::footprint().
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

   private:
    struct Entry {
        Held held;  ///< Empty message: a free slot.
        std::uint32_t source{0};
        std::uint32_t next{SlotIndex::none};  ///< The next newer of the same source, or the next free slot.
    };
    /// A name to be sorted, by its first bytes as long as these differ: that moves half of what whole names are.
    struct Ranked {
        std::uint64_t rank;
        const Message* message;
        Naming naming;

        [[nodiscard]] MessageId name() const noexcept {
            return naming == Naming::keys ? message->key() : message->id();
        }
        friend bool operator<(const Ranked& a, const Ranked& b) noexcept {
            return a.rank != b.rank ? a.rank < b.rank : a.name() < b.name();
        }
    };
    /// What tells who has to go next.
    struct Leaving {
        WeightHeap weights;                         ///< `bytes` of every source that holds something.
        WallTime first_timestamp{WallTime::max()};  ///< No held message has an earlier one,
        WallTime first_expiry{WallTime::max()};     ///< nor an earlier expiry.

        void note(const Message& message) noexcept {
            first_timestamp = message.timestamp() < first_timestamp ? message.timestamp() : first_timestamp;
            const WallTime expiry = message.expiry().value_or(WallTime::max());
            first_expiry = expiry < first_expiry ? expiry : first_expiry;
        }
    };
    /// The messages that one peer brought, oldest first.
    struct Source {
        Peer peer;
        std::size_t bytes{0};
        std::uint32_t oldest{SlotIndex::none};
        std::uint32_t newest{SlotIndex::none};
    };

    [[nodiscard]] std::uint32_t find_slot(const MessageId& name, Naming naming) const noexcept {
        return index_.find(hasher_(name), [&](std::uint32_t slot) {
            if ((slot & source_bit) != 0) {
                return false;
            }
            const Message& message = entries_[slot].held.message;
            return naming == Naming::keys ? message.key() == name : message.id() == name;
        });
    }

    void index(std::uint32_t slot) {
        const Message& message = entries_[slot].held.message;
        index_.insert(hasher_(message.key()), slot);
        if (message.authenticity() == Message::Authenticity::foreign) {
            index_.insert(hasher_(message.id()), slot);
        }
    }

    std::uint32_t free_slot() {
        if (free_ == SlotIndex::none) {
            entries_.emplace_back();
            return static_cast<std::uint32_t>(entries_.size() - 1);
        }
        const std::uint32_t slot = free_;
        free_ = entries_[slot].next;
        return slot;
    }

    /// The record of who brought it; one that holds nothing any more is taken over.
    std::uint32_t source_of(const Peer& peer) {
        const std::uint64_t hash = hasher_(peer.hash());
        const std::uint32_t known = index_.find(hash, [&](std::uint32_t slot) {
            return (slot & source_bit) != 0 && sources_[slot & ~source_bit].peer == peer;
        });
        if (known != SlotIndex::none) {
            return known & ~source_bit;
        }
        std::uint32_t number = unused_source_;
        if (number == SlotIndex::none) {
            number = static_cast<std::uint32_t>(sources_.size());
            sources_.emplace_back();
        } else {
            unused_source_ = sources_[number].newest;
        }
        sources_[number] = {peer};
        index_.insert(hash, number | source_bit);
        return number;
    }

    /// A source that holds nothing any more waits for another peer.
    void retire(Source& source) noexcept {
        const auto number = static_cast<std::uint32_t>(&source - sources_.data());
        index_.erase(hasher_(source.peer.hash()), number | source_bit);
        source = {};
        source.newest = unused_source_;
        unused_source_ = number;
    }

    /// For a planted defect: what the sender of a source's first message says about its age.
    [[nodiscard]] WallTime oldest_said(const Source& source) const noexcept {
        return source.oldest == SlotIndex::none ? WallTime::max() : entries_[source.oldest].held.message.timestamp();
    }

    /// The source that has to make room.
    [[nodiscard]] std::uint32_t heaviest() const noexcept {
        if (!detail::planted(detail::Defect::evict_by_timestamp)) {
            return leaving_->weights.heaviest();
        }
        std::uint32_t oldest = 0;
        for (std::uint32_t number = 1; number < sources_.size(); ++number) {
            oldest = oldest_said(sources_[number]) < oldest_said(sources_[oldest]) ? number : oldest;
        }
        return oldest;
    }

    void evict() {
        Source& source = sources_[heaviest()];
        const std::uint32_t slot = source.oldest;
        source.oldest = entries_[slot].next;
        release(slot, source);
    }

    /// Empties a slot that is out of the list of its source already.
    void release(std::uint32_t slot, Source& source) {
        Entry& entry = entries_[slot];
        const Message& message = entry.held.message;
        if (listener_ != nullptr) {
            listener_->released(message, slot);
        }
        index_.erase(hasher_(message.key()), slot);
        if (message.authenticity() == Message::Authenticity::foreign) {
            index_.erase(hasher_(message.id()), slot);
        }
        source.bytes -= message.footprint();
        leaving_->weights.set(entry.source, source.bytes);
        bytes_ -= message.footprint();
        --size_;
        entry.held = {};
        entry.next = free_;
        free_ = slot;
        if (source.bytes == 0) {
            retire(source);
        }
    }

    /// Begins to fetch the record of a source (step 1), and the messages that it holds at both ends (step 2).
    void prefetch_source(std::uint32_t number, unsigned step) const noexcept {
        const Source& source = sources_[number];
        if (step == 1) {
            prefetch_line(&source);
            leaving_->weights.prefetch(number);
        } else if (step == 2) {
            leaving_->weights.prefetch_place(number);
            prefetch_line(entries_.data() + (source.oldest < entries_.size() ? source.oldest : 0));
            prefetch_line(entries_.data() + (source.newest < entries_.size() ? source.newest : 0));
        }
    }

    /// Tells a source's number from an entry's in the index.
    static constexpr std::uint32_t source_bit = 0x80000000U;

    NameHasher hasher_;
    std::size_t messages_max_;
    std::size_t bytes_max_;
    std::vector<Entry> entries_;
    std::vector<Source> sources_;  ///< At most as many as messages; sum of `bytes` equals `bytes_`.
    SlotIndex index_;  ///< Every held message by key, foreign ones by id too; with source_bit, every source.
    Listener* listener_{nullptr};
    std::uint32_t free_{SlotIndex::none};
    std::uint32_t unused_source_{SlotIndex::none};  ///< First of the sources that hold nothing; chained by `newest`.
    std::size_t size_{0};
    std::size_t bytes_{0};
    Box<Leaving> leaving_;  ///< Made with the first message: an idle cache is small.
};
using MessageCache = BasicMessageCache<OnUse>;

}  // namespace lattice::inline v0
