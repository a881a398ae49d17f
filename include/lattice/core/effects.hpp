#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/prefetch.hpp>
#include <lattice/core/receipt.hpp>
#include <lattice/core/statistics.hpp>
#include <lattice/core/validation_queue.hpp>

namespace lattice::inline v0 {

/// How the host's handling of an offered message ended.
enum class Conclusion : std::uint8_t {
    accepted,  ///< Valid, and every handler returned: the message is held and forwarded.
    rejected,  ///< Invalid for ever: stays seen, goes nowhere.
    ignored,   ///< Not now: forgotten, may be offered again.
    failed,    ///< A handler or validator threw: as ignored, and counted apart.
};

/// What whoever brought the message is told.
constexpr Receipt receipt_of(Conclusion conclusion) noexcept {
    switch (conclusion) {
        case Conclusion::accepted:
            return {Disposition::accepted, {}};
        case Conclusion::rejected:
            return {Disposition::refused, Refusal::rejected};
        case Conclusion::ignored:
            return {Disposition::refused, Refusal::ignored};
        case Conclusion::failed:
            break;
    }
    return {Disposition::refused, Refusal::failed};
}

/// What the engine wants done. Whoever drives the engine carries effects out, in any order, and then clears them; the same
/// object may serve many engines, and keeps its memory.
template <typename T>
struct BasicEffects {
    using Peer = BasicPeer<T>;
    using Frame = Dependent<v0::Frame, T>;

    /// Hand `frame` to the transport for `targets[first .. first + count)`, and tell the engine of every peer that it could
    /// not be sent to (Engine::not_sent).
    struct Send {
        Frame frame;
        std::uint32_t first{0};
        std::uint32_t count{0};
    };

    /// A new message: ask the validator, run the handlers when it accepts, and tell the engine how that ended
    /// (Engine::conclude). Every offer must be concluded once, now or later; until then the message counts as seen.
    struct Offer {
        Ticket ticket;
        Message message;
        Peer from;
        Envelope envelope;
        bool retrieved{false};
    };

    std::vector<Peer> targets;
    std::vector<Send> sends;
    std::vector<Offer> offers;
    std::vector<Dependent<ReceiptOutcome, T>>
        receipts;  ///< What came of receipts of this node's own: to be told to its host.

    /// The peers that a Send is for.
    [[nodiscard]] std::span<const Peer> targets_of(const Send& send) const noexcept {
        return {targets.data() + send.first, send.count};
    }

    /// Adds a frame for one peer.
    void send_to(const Peer& peer, Frame frame) {
        sends.push_back({std::move(frame), static_cast<std::uint32_t>(targets.size()), 1});
        targets.push_back(peer);
    }

    /// Adds a frame for the targets that were added from number `first` on.
    void send_to_targets_from(std::size_t first, Frame frame) {
        sends.push_back(
            {std::move(frame), static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(targets.size() - first)});
    }

    /// Adds a new message to be offered to the host.
    void offer(Offer offer) { offers.push_back(std::move(offer)); }

    [[nodiscard]] bool empty() const noexcept { return sends.empty() && offers.empty() && receipts.empty(); }

    /// Begins to fetch where the first of all will be written.
    void prefetch() const noexcept {
        prefetch_object(targets.data());
        prefetch_object(sends.data());
        prefetch_object(offers.data());
    }

    /// Forgets everything, keeps the memory.
    void clear() noexcept {
        targets.clear();
        sends.clear();
        offers.clear();
        receipts.clear();
    }
};
using Effects = BasicEffects<OnUse>;

}  // namespace lattice::inline v0
