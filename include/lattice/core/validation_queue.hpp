#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/core/frame.hpp>
#include <lattice/core/links.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/prefetch.hpp>

namespace lattice::inline v0 {

/// Names a message that waits for its verdict. Stays unique when its place is used again.
struct Ticket {
    std::uint32_t place{0xffffffffU};
    std::uint32_t turn{0};

    friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// New messages that the host was asked about and has not answered for: bounded by the engine, per peer and in all.
template <typename>
class BasicValidationQueue {
   public:
    /// A message between being seen and being delivered.
    struct Pending {
        Message message;
        Peer from;
        Envelope envelope;
        Route route;
        bool retrieved{false};
        std::uint32_t peer{0xffffffffU};  ///< Slot of `from` in the PeerTable, whose share it counts against.
        LinkMask untold{0};               ///< Links of an overlay whose other ends are to be told of it.
    };

    Ticket add(Pending pending) {
        std::uint32_t place = 0;
        if (free_.empty()) {
            place = static_cast<std::uint32_t>(places_.size());
            places_.emplace_back();
        } else {
            place = free_.back();
            free_.pop_back();
        }
        places_[place].pending = std::move(pending);
        places_[place].used = true;
        ++size_;
        return {place, places_[place].turn};
    }

    /// Takes the message out. Absent for a ticket that was answered before.
    std::optional<Pending> take(Ticket ticket) {
        if (ticket.place >= places_.size() || !places_[ticket.place].used ||
            places_[ticket.place].turn != ticket.turn) {
            return std::nullopt;
        }
        Place& place = places_[ticket.place];
        place.used = false;
        ++place.turn;
        free_.push_back(ticket.place);
        --size_;
        return std::move(place.pending);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Begins to fetch what `add` and `take` will most likely look at.
    void prefetch() const noexcept {
        prefetch_line(free_.data());
        prefetch_object(places_.data());
    }

   private:
    struct Place {
        Pending pending;
        std::uint32_t turn{0};
        bool used{false};
    };

    std::vector<Place> places_;
    std::vector<std::uint32_t> free_;
    std::size_t size_{0};
};
using ValidationQueue = BasicValidationQueue<OnUse>;

}  // namespace lattice::inline v0
