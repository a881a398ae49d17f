#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/message_id.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Counts how often a peer got the same message on request within a minute, so that nobody makes this node upload one over and
/// over.
///
/// The count begins anew after that minute: a peer that lost every answer, or whose host was not ready for what it got, must
/// not be cut off from the message for good, least of all where this node is the only one that still holds it.
///
/// A table without chains that grows from a few places to a bound, whenever two pairs fall into the same place; at the bound the
/// later one starts over there. So a node that is asked rarely holds next to nothing, and the count errs towards answering.
template <typename>
class BasicAnswerLedger {
   public:
    explicit BasicAnswerLedger(Random& random) : hasher_(random) {}

    /// Notes one more answer. False when the peer had `most` of that name within the minute; then nothing is noted.
    bool admit(const Peer& peer, const MessageId& name, std::size_t most, TimePoint now) {
        const auto second = static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
        const auto tag = static_cast<std::uint32_t>(hasher_(hasher_(name) ^ peer.hash()) >> 32U);
        while (entries_.empty() || (is_others(place_of(tag), tag) && entries_.size() < places_max)) {
            grow();
        }
        Entry& entry = place_of(tag);
        if (is_others(entry, tag) || second - entry.since >= memory_seconds) {
            entry = {tag, 0, second};
        }
        if (entry.answers >= most) {
            return false;
        }
        entry = {tag, entry.answers + 1, entry.since};
        return true;
    }

   private:
    static constexpr std::size_t places_min = 16;
    static constexpr std::size_t places_max = 4'096;
    static constexpr std::uint32_t memory_seconds = 60;
    struct Entry {
        std::uint32_t tag{0};
        std::uint32_t answers{0};  ///< 0: nobody's.
        std::uint32_t since{0};    ///< Second of the first of them.
    };

    static bool is_others(const Entry& entry, std::uint32_t tag) noexcept {
        return entry.answers != 0 && entry.tag != tag;
    }

    /// Places go by the tag's highest bits, so that the tag alone says where an entry belongs after growth.
    Entry& place_of(std::uint32_t tag) noexcept { return entries_[(std::uint64_t{tag} * entries_.size()) >> 32U]; }

    void grow() {
        std::vector<Entry> old(entries_.empty() ? places_min : 2 * entries_.size());
        old.swap(entries_);
        for (const Entry& entry : old) {
            if (entry.answers != 0) {
                place_of(entry.tag) = entry;
            }
        }
    }

    NameHasher hasher_;
    std::vector<Entry> entries_;
};
using AnswerLedger = BasicAnswerLedger<OnUse>;

}  // namespace lattice::inline v0
