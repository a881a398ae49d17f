#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/message_id.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>

namespace lattice::inline v0 {

/// Counts how often a peer got the same message on request, so that nobody makes this node upload one for ever.
///
/// A table without chains that grows from a few places to a bound, whenever two pairs fall into the same place; at the bound the
/// later one starts over there. So a node that is asked rarely holds next to nothing, and the count errs towards answering.
template <typename>
class BasicAnswerLedger {
   public:
    explicit BasicAnswerLedger(Random& random) : hasher_(random) {}

    /// Notes one more answer. False when the peer had `most` of that name already; then nothing is noted.
    bool admit(const Peer& peer, const MessageId& name, std::size_t most) {
        const auto tag = static_cast<std::uint32_t>(hasher_(hasher_(name) ^ peer.hash()) >> 32U);
        while (entries_.empty() || (is_others(place_of(tag), tag) && entries_.size() < places_max)) {
            grow();
        }
        Entry& entry = place_of(tag);
        if (is_others(entry, tag)) {
            entry = {};
        }
        if (entry.answers >= most) {
            return false;
        }
        entry = {tag, entry.answers + 1};
        return true;
    }

   private:
    static constexpr std::size_t places_min = 16;
    static constexpr std::size_t places_max = 4'096;
    struct Entry {
        std::uint32_t tag{0};
        std::uint32_t answers{0};  ///< 0: nobody's.
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
