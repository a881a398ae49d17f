#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <lattice/core/bytes.hpp>
#include <lattice/core/time.hpp>
#include <lattice/transport/tcp/fair_turns.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/lane.hpp>
#include <lattice/transport/tcp/slab_pins.hpp>

namespace lattice::inline v0::tcp {

/// What waits to be written to one peer, bounded.
///
/// Order: control frames and announcements first, for they are small and payloads depend on them; then payloads, the four
/// priorities in turns by weight (see FairTurns). So a critical message overtakes a backlog of bulk at every hop, all but what
/// is with the system already, and bulk is never starved. Within a rank the order is kept. A message whose expiry has passed
/// when its turn comes is left out.
///
/// At the bound, frames of a lower rank give way: announcements first, then payloads from bulk up, the newest of a rank first
/// because the oldest are about to leave. A frame that nothing gives way to is not taken, which is how the protocol learns of
/// back-pressure. A frame that was given to the system is never thrown out: the peer could not find the next one.
///
/// Invariants: `bytes()` and `frames()` are sums over all runs; no run but the first of those that leave is partly sent.
class SendQueue {
   public:
    /// What one queue may hold.
    struct Bounds {
        std::size_t bytes{};
        std::size_t frames{};
    };

    /// Appends the frame, or says that there is no room for it.
    bool push(const WireFrame& frame, const Bounds& bounds) {
        if (!fits(frame, bounds) && !make_room(frame, bounds)) {
            return false;
        }
        const std::uint64_t pin = pins_.pin(frame.slab);
        Lane& lane = lane_of(frame.rank);
        if (lane.empty() || !lane.back().extend(frame)) {
            lane.push({frame.slab, frame.data, frame.size, frame.payload, 0, 1, pin, frame.expiry, frame.rank});
        }
        bytes_ += frame.total();
        ++frames_;
        expiring_ += frame.expiry == WallTime::max() ? 0U : 1U;
        return true;
    }

    /// Fills `pieces` with what comes next, up to about `bytes_max`, and gives how many there are. They stay valid until
    /// `consume` or `clear`, whatever is pushed meanwhile. `now`: for expiries; see `has_expiries`.
    std::size_t gather(std::span<ByteView> pieces, std::size_t bytes_max, WallTime now = {}) {
        call_up(bytes_max, now);
        std::size_t count = 0;
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < leaving_.size() && bytes < bytes_max && count + 2 <= pieces.size(); ++i) {
            for (const ByteView part : {leaving_[i].stretch(), leaving_[i].unsent_payload()}) {
                if (part.empty()) {
                    continue;
                }
                ByteView* const last = count == 0 ? nullptr : &pieces[count - 1];
                if (last != nullptr && last->data() + last->size() == part.data()) {
                    *last = {last->data(), last->size() + part.size()};
                } else {
                    pieces[count++] = part;
                }
                bytes += part.size();
            }
        }
        return count;
    }

    /// Forgets the first `size` bytes, which were written.
    void consume(std::size_t size) {
        while (size != 0) {
            Run& front = leaving_.front();
            const std::size_t sent = front.consume(size);
            size -= sent;
            bytes_ -= sent;
            leaving_bytes_ -= sent;
            if (front.bytes() != 0) {
                break;
            }
            forget(leaving_.pop());
        }
    }

    /// Forgets everything.
    void clear() noexcept {
        for (Lane& lane : lanes_) {
            lane.clear();
        }
        leaving_.clear();
        pins_.clear();
        bytes_ = frames_ = leaving_bytes_ = expiring_ = 0;
    }

    [[nodiscard]] bool empty() const noexcept { return frames_ == 0; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// Frames not wholly sent; those that share a run with one that is being sent count until all of it is.
    [[nodiscard]] std::size_t frames() const noexcept { return frames_; }
    /// Whether `gather` needs to know the time.
    [[nodiscard]] bool has_expiries() const noexcept { return expiring_ != 0; }
    /// Frames thrown out so far for want of room.
    [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }
    /// Frames left out so far because their time had passed.
    [[nodiscard]] std::uint64_t expired() const noexcept { return expired_; }

   private:
    /// Slabs that a queue may pin: twice its bound, for the frames of other peers between its own.
    static std::size_t slabs_max(const Bounds& bounds) noexcept { return 2 * bounds.bytes / Slab::usual_capacity + 2; }

    [[nodiscard]] Lane& lane_of(Rank rank) noexcept { return lanes_[static_cast<std::size_t>(rank)]; }
    /// Of payloads, the first being bulk.
    [[nodiscard]] Lane& lane_of_class(std::size_t index) noexcept {
        return lanes_[static_cast<std::size_t>(Rank::bulk) + index];
    }

    [[nodiscard]] bool fits(const WireFrame& frame, const Bounds& bounds) const noexcept {
        // A lone frame always fits: a bound below the largest frame would block it for ever.
        return empty() || (bytes_ + frame.total() <= bounds.bytes && frames_ < bounds.frames &&
                           (pins_.pinned() < slabs_max(bounds) || pins_.is_newest(frame.slab)));
    }

    /// Chooses what leaves next, up to about `bytes_max`. From then on its order stands.
    void call_up(std::size_t bytes_max, WallTime now) {
        while (leaving_bytes_ < bytes_max && bytes_ != leaving_bytes_) {
            const bool urgent = !lane_of(Rank::control).empty() || !lane_of(Rank::announcement).empty();
            Lane& lane = urgent ? lane_of(lane_of(Rank::control).empty() ? Rank::announcement : Rank::control)
                                : lane_of_class(turns_.next([&](std::size_t i) { return !lane_of_class(i).empty(); }));
            Run run = lane.pop();
            if (run.expiry <= now) {
                bytes_ -= run.bytes();
                expired_ += run.frames;
                forget(run);
                continue;
            }
            if (!urgent) {
                turns_.spend(run.bytes());
            }
            leaving_bytes_ += run.bytes();
            leaving_.push(std::move(run));
        }
    }

    bool make_room(const WireFrame& frame, const Bounds& bounds) {
        // Rather more than the frame needs, so that a queue which stays full is not searched for every frame.
        const Bounds target{bounds.bytes - bounds.bytes / 8, bounds.frames - bounds.frames / 8};
        for (std::size_t rank = 0; rank < static_cast<std::size_t>(frame.rank) && !fits(frame, bounds); ++rank) {
            Lane& lane = lanes_[rank];
            while (!lane.empty() && (bytes_ > target.bytes || frames_ >= target.frames || !fits(frame, bounds))) {
                bytes_ -= lane.back().bytes();
                evicted_ += lane.back().frames;
                forget(lane.back());
                lane.drop_back();
            }
        }
        return fits(frame, bounds);
    }

    /// Takes a run, of which no bytes count any more, out of the books.
    void forget(const Run& run) noexcept {
        frames_ -= run.frames;
        expiring_ -= run.expiry == WallTime::max() ? 0U : run.frames;
        pins_.unpin(run.pin, run.frames);
    }

    std::array<Lane, ranks> lanes_;  ///< By rank.
    Lane leaving_;                   ///< Chosen, and perhaps with the system in part.
    FairTurns turns_;
    SlabPins pins_;
    std::size_t bytes_{0};
    std::size_t leaving_bytes_{0};
    std::size_t frames_{0};
    std::size_t expiring_{0};  ///< Of `frames_`: those with an expiry.
    std::uint64_t evicted_{0};
    std::uint64_t expired_{0};
};

}  // namespace lattice::inline v0::tcp
