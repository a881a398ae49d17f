#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/transport/tcp/slab.hpp>

namespace lattice::inline v0::tcp {

/// Counts the slabs that one queue keeps from being freed. Frames come in the order in which slabs are filled, and leave in
/// any order.
class SlabPins {
   public:
    /// A frame in this slab is queued; the number is for `unpin`.
    std::uint64_t pin(const Slab& slab) {
        if (!is_newest(slab)) {
            newest_ = slab.identity();
            frames_.push_back(0);
        }
        pinned_ += frames_.back() == 0 ? 1U : 0U;
        ++frames_.back();
        return begin_ + frames_.size() - 1;
    }

    /// So many frames that got this number are gone.
    void unpin(std::uint64_t number, std::size_t frames) noexcept {
        std::size_t& left = frames_[static_cast<std::size_t>(number - begin_)];
        left -= frames;
        if (left != 0) {
            return;
        }
        --pinned_;
        std::size_t gone = 0;
        while (gone < frames_.size() && frames_[gone] == 0) {
            ++gone;
        }
        frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(gone));
        begin_ += gone;
    }

    void clear() noexcept {
        begin_ += frames_.size();
        frames_.clear();
        pinned_ = 0;
    }

    /// Whether a frame in this slab would pin no other one.
    [[nodiscard]] bool is_newest(const Slab& slab) const noexcept {
        return !frames_.empty() && newest_ == slab.identity();
    }
    [[nodiscard]] std::size_t pinned() const noexcept { return pinned_; }

   private:
    const void* newest_{nullptr};  ///< Compared, never followed.
    std::vector<std::size_t>
        frames_;              ///< Queued, by slab, the oldest first; 0 where all are gone but not of an older one.
    std::uint64_t begin_{0};  ///< Number of the first of them.
    std::size_t pinned_{0};
};

}  // namespace lattice::inline v0::tcp
