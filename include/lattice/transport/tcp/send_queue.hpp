#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>

#include <lattice/core/bytes.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/slab.hpp>

namespace lattice::inline v0::tcp {

/// What waits to be written to one peer, bounded.
///
/// At the bound, frames of a lower rank give way: announcements first, then payloads, the newest of them first because
/// the oldest are about to leave. A frame that nothing gives way to is not taken, which is how the protocol learns of
/// back-pressure. A frame of which a byte has left is never thrown out: the peer could not find the next one.
///
/// Invariants: `bytes()` is the sum over the entries; no entry but the first is partly sent.
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
        append(frame);
        return true;
    }

    /// Fills `pieces` with what comes next, up to about `bytes_max`, and gives how many there are. They stay valid until
    /// `consume` or `clear`, whatever is pushed meanwhile.
    std::size_t gather(std::span<ByteView> pieces, std::size_t bytes_max) {
        std::size_t count = 0;
        std::size_t bytes = 0;
        for (Entry& entry : entries_) {
            if (bytes >= bytes_max || count + 2 > pieces.size()) {
                break;
            }
            for (const ByteView part : {entry.stretch(), entry.unsent_payload()}) {
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
            entry.started = true;
        }
        return count;
    }

    /// Forgets the first `size` bytes, which were written.
    void consume(std::size_t size) {
        while (size != 0) {
            Entry& front = entries_.front();
            const std::size_t of_stretch = size < front.size ? size : front.size;
            front.data += of_stretch;
            front.size -= of_stretch;
            size -= of_stretch;
            const std::size_t of_payload = size < front.unsent_payload().size() ? size : front.unsent_payload().size();
            front.payload_sent += of_payload;
            size -= of_payload;
            count_out(front, of_stretch + of_payload);
            if (front.size != 0 || !front.unsent_payload().empty()) {
                break;
            }
            pop_front();
        }
        for (std::size_t i = 1; i < entries_.size() && entries_[i].started; ++i) {
            entries_[i].started = false;
        }
    }

    /// Forgets everything.
    void clear() noexcept {
        entries_.clear();
        bytes_ = frames_ = slabs_ = 0;
        for (std::size_t& bytes : bytes_of_) {
            bytes = 0;
        }
    }

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// Frames not wholly sent; those that share an entry with one that is being sent count until all of it is.
    [[nodiscard]] std::size_t frames() const noexcept { return frames_; }
    /// Frames thrown out so far.
    [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_; }

   private:
    /// A run of frames of one rank that lie side by side in a slab, the last of them perhaps with a payload outside.
    struct Entry {
        Slab slab;
        const std::byte* data{};
        std::size_t size{};
        Message payload;
        std::size_t payload_sent{};
        std::size_t frames{};
        Rank rank{};
        bool started{};  ///< Some of it may have been written.

        [[nodiscard]] ByteView stretch() const noexcept { return {data, size}; }
        [[nodiscard]] ByteView unsent_payload() const noexcept {
            return payload ? payload.payload().subspan(payload_sent) : ByteView{};
        }
        [[nodiscard]] std::size_t bytes() const noexcept { return size + unsent_payload().size(); }
    };

    /// Slabs that a queue may pin: twice its bound, for the frames of other peers between its own.
    static std::size_t slabs_max(const Bounds& bounds) noexcept { return 2 * bounds.bytes / Slab::usual_capacity + 2; }

    [[nodiscard]] bool fits(const WireFrame& frame, const Bounds& bounds) const noexcept {
        // A lone frame always fits: a bound below the largest frame would block it for ever.
        return entries_.empty() || (bytes_ + frame.total() <= bounds.bytes && frames_ < bounds.frames &&
                                    (slabs_ < slabs_max(bounds) || entries_.back().slab == frame.slab));
    }

    void append(const WireFrame& frame) {
        bytes_ += frame.total();
        bytes_of_[static_cast<std::size_t>(frame.rank)] += frame.total();
        ++frames_;
        if (!entries_.empty()) {
            Entry& last = entries_.back();
            const bool adjacent = last.slab == frame.slab && last.data + last.size == frame.data;
            if (adjacent && last.rank == frame.rank && !last.payload) {
                last.size += frame.size;
                last.payload = frame.payload;
                ++last.frames;
                return;
            }
        }
        slabs_ += entries_.empty() || entries_.back().slab != frame.slab ? 1U : 0U;
        entries_.push_back({frame.slab, frame.data, frame.size, frame.payload, 0, 1, frame.rank, false});
    }

    bool make_room(const WireFrame& frame, const Bounds& bounds) {
        // Rather more than the frame needs, so that a queue which stays full is not searched for every frame.
        const Bounds target{bounds.bytes - bounds.bytes / 8, bounds.frames - bounds.frames / 8};
        for (std::size_t rank = 0; rank < static_cast<std::size_t>(frame.rank) && !fits(frame, bounds); ++rank) {
            if (bytes_of_[rank] != 0) {
                evict(static_cast<Rank>(rank), target);
            }
        }
        return fits(frame, bounds);
    }

    /// Throws out entries of the rank, from the newest on, until the queue is within `target` or has none left.
    void evict(Rank rank, const Bounds& target) {
        for (std::size_t i = entries_.size(); i-- > 0 && (bytes_ > target.bytes || frames_ >= target.frames);) {
            Entry& entry = entries_[i];
            if (entry.rank == rank && !entry.started) {
                count_out(entry, entry.bytes());
                frames_ -= entry.frames;
                evicted_ += entry.frames;
                entry.frames = 0;
            }
        }
        std::erase_if(entries_, [](const Entry& entry) { return entry.frames == 0; });
        slabs_ = 0;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            slabs_ += i == 0 || entries_[i].slab != entries_[i - 1].slab ? 1U : 0U;
        }
    }

    void count_out(const Entry& entry, std::size_t size) noexcept {
        bytes_ -= size;
        bytes_of_[static_cast<std::size_t>(entry.rank)] -= size;
    }

    void pop_front() {
        const bool last_of_slab = entries_.size() == 1 || entries_[1].slab != entries_[0].slab;
        slabs_ -= last_of_slab ? 1U : 0U;
        frames_ -= entries_.front().frames;
        entries_.pop_front();
    }

    std::deque<Entry> entries_;
    std::size_t bytes_{0};
    std::size_t bytes_of_[ranks]{};  ///< The same by rank: whether there is anything to throw out.
    std::size_t frames_{0};
    std::size_t slabs_{0};  ///< Changes of slab from entry to entry: about the slabs that are held.
    std::uint64_t evicted_{0};
};

}  // namespace lattice::inline v0::tcp
