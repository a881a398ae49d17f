#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/message_id.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/peer.hpp>

namespace lattice::inline v0 {

/// Counts how often a peer got the same message on request, so that nobody makes this node upload one for ever.
///
/// A fixed table without chains: another pair that falls into the same place starts over there, so memory is bounded, and
/// the count errs towards answering.
class AnswerLedger {
   public:
    explicit AnswerLedger(Random& random) : hasher_(random), entries_(places) {}

    /// Notes one more answer. False when the peer had `most` of that name already; then nothing is noted.
    bool admit(const Peer& peer, const MessageId& name, std::size_t most) noexcept {
        const std::uint64_t hash = hasher_(hasher_(name) ^ peer.hash());
        Entry& entry = entries_[hash % places];
        const auto tag = static_cast<std::uint32_t>(hash >> 32U);
        if (entry.tag != tag) {
            entry = {tag, 0};
        }
        if (entry.answers >= most) {
            return false;
        }
        ++entry.answers;
        return true;
    }

   private:
    static constexpr std::size_t places = 4'096;
    struct Entry {
        std::uint32_t tag{0};
        std::uint32_t answers{0};
    };
    NameHasher hasher_;
    std::vector<Entry> entries_;
};

}  // namespace lattice::inline v0
