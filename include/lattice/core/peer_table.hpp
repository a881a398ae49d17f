#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/prefetch.hpp>
#include <lattice/core/round_trip.hpp>
#include <lattice/core/slot_index.hpp>
#include <lattice/core/token_bucket.hpp>

namespace lattice::inline v0 {

/// What a node remembers of one peer that it dealt with: its shares, nothing that another peer could change.
///
/// Two lines of a processor's cache. A node that knows a thousand peers deals with another one at every frame and has its state
/// from memory each time, so what pushes and their acknowledgements need stands together in the first.
struct alignas(64) PeerState {
    Peer peer;
    TimePoint heard{};             ///< When it was last dealt with.
    TokenBucket messages;          ///< Of Limits::messages_per_second.
    TokenBucket bytes;             ///< Of Limits::bytes_per_second.
    RoundTrip round_trip;          ///< Of its acknowledgements.
    std::uint32_t validations{0};  ///< Its messages that wait for a verdict.
    bool speaks_frames{false};     ///< It sent what only a node of this library sends.
    std::uint8_t lists_first{0};   ///< Sessions to list names in, as it left a request to reconcile unanswered.

    TimePoint suspect_until{};           ///< It left a push unanswered: no branch is left to it until then.
    TokenBucket syncs;                   ///< One anti-entropy page per second, with a burst.
    TokenBucket reconciles;              ///< Of Limits::reconciles_per_second.
    TimePoint announces_since{};         ///< Start of the interval that the next two count in.
    std::uint32_t announces{0};          ///< Announce frames heeded in it.
    std::uint32_t announced_ids{0};      ///< Ids heeded in it.
    std::uint32_t solicited_ids{0};      ///< Ids that it was asked to announce; they count against nothing.
    std::uint32_t tracked_ids{0};        ///< Names in the request scheduler that it is an announcer of.
    std::uint32_t fetches_in_flight{0};  ///< Names requested from it and not answered.
};

/// The peers that this node deals with, in slots with stable numbers while they are needed; bounded.
template <typename T>
class BasicPeerTable {
   public:
    static constexpr std::uint32_t none = SlotIndex::none;

    BasicPeerTable(std::size_t peers_max, Random& random) noexcept : hasher_(random), peers_max_(peers_max) {}

    /// The slot of the peer, made when there is none. At the bound the one not heard for longest, among those that nothing
    /// waits for, gives way; `none` when all are needed.
    std::uint32_t slot_of(const Peer& peer, TimePoint now) {
        std::uint32_t slot = find(peer);
        if (slot == none) {
            slot = states_.size() < peers_max_ ? append() : idlest();
            if (slot == none) {
                return none;
            }
            if (states_[slot].peer) {
                index_.erase(hasher_(states_[slot].peer.hash()), slot);
            }
            states_[slot] = PeerState{};
            states_[slot].peer = peer;
            index_.insert(hasher_(peer.hash()), slot);
        }
        states_[slot].heard = now;
        return slot;
    }

    /// The slot of the peer, or `none`.
    [[nodiscard]] std::uint32_t find(const Peer& peer) const noexcept {
        return index_.find(hasher_(peer.hash()), [&](std::uint32_t slot) { return states_[slot].peer == peer; });
    }

    /// Begins to fetch what `find` will look at first for that peer.
    void prefetch(const Peer& peer) const noexcept { index_.prefetch(hasher_(peer.hash())); }
    /// And the first half of its state; called a little later.
    void prefetch_state(const Peer& peer) const noexcept {
        const std::uint32_t slot = index_.guess(hasher_(peer.hash()));
        prefetch_line(slot == none ? nullptr : &states_[slot]);
    }

    PeerState& operator[](std::uint32_t slot) noexcept { return states_[slot]; }
    const PeerState& operator[](std::uint32_t slot) const noexcept { return states_[slot]; }
    [[nodiscard]] std::size_t size() const noexcept { return states_.size(); }

   private:
    std::uint32_t append() {
        states_.emplace_back();
        return static_cast<std::uint32_t>(states_.size() - 1);
    }

    [[nodiscard]] std::uint32_t idlest() const noexcept {
        std::uint32_t chosen = none;
        for (std::uint32_t slot = 0; slot < states_.size(); ++slot) {
            const PeerState& state = states_[slot];
            const bool needed = state.tracked_ids != 0 || state.fetches_in_flight != 0 || state.validations != 0;
            if (!needed && (chosen == none || state.heard < states_[chosen].heard)) {
                chosen = slot;
            }
        }
        return chosen;
    }

    NameHasher hasher_;
    std::size_t peers_max_;
    std::vector<Dependent<PeerState, T>> states_;
    SlotIndex index_;
};
using PeerTable = BasicPeerTable<OnUse>;

}  // namespace lattice::inline v0
