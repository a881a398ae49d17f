#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/time.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/slab.hpp>

namespace lattice::inline v0::tcp {

/// A run of frames of one rank and expiry that lie side by side in a slab, the last of them perhaps with a payload outside.
struct Run {
    /// Beyond so many bytes another run begins: what shares a link by turns shares it in small pieces.
    static constexpr std::size_t bytes_usual = 8U << 10U;

    Slab slab;
    const std::byte* data{};
    std::size_t size{};  ///< Bytes at `data` that were not sent.
    Message payload;
    std::size_t payload_sent{};
    std::size_t frames{};
    std::uint64_t pin{};  ///< The slab's number in the queue's SlabPins.
    WallTime expiry{};
    Rank rank{};

    [[nodiscard]] ByteView stretch() const noexcept { return {data, size}; }
    [[nodiscard]] ByteView unsent_payload() const noexcept {
        return payload ? payload.payload().subspan(payload_sent) : ByteView{};
    }
    [[nodiscard]] std::size_t bytes() const noexcept { return size + unsent_payload().size(); }

    /// Takes in a frame that lies right behind; whether it does.
    bool extend(const WireFrame& frame) noexcept {
        const bool adjacent = slab == frame.slab && data + size == frame.data;
        if (!adjacent || rank != frame.rank || expiry != frame.expiry || payload || size >= bytes_usual) {
            return false;
        }
        size += frame.size;
        payload = frame.payload;
        ++frames;
        return true;
    }

    /// Forgets bytes at the front that were sent, as many of `size` as it has; gives how many.
    std::size_t consume(std::size_t sent) noexcept {
        const std::size_t of_stretch = sent < size ? sent : size;
        data += of_stretch;
        size -= of_stretch;
        const std::size_t left = sent - of_stretch;
        const std::size_t of_payload = left < unsent_payload().size() ? left : unsent_payload().size();
        payload_sent += of_payload;
        return of_stretch + of_payload;
    }
};

/// Runs that wait one behind the other. Without any it holds no memory that matters.
class Lane {
   public:
    [[nodiscard]] bool empty() const noexcept { return first_ == runs_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return runs_.size() - first_; }
    [[nodiscard]] Run& operator[](std::size_t index) noexcept { return runs_[first_ + index]; }
    [[nodiscard]] Run& front() noexcept { return runs_[first_]; }
    [[nodiscard]] Run& back() noexcept { return runs_.back(); }

    void push(Run run) { runs_.push_back(std::move(run)); }
    void drop_back() noexcept {
        runs_.pop_back();
        tidy();
    }
    Run pop() noexcept {
        Run front = std::move(runs_[first_++]);
        tidy();
        return front;
    }
    void clear() noexcept {
        runs_.clear();
        first_ = 0;
    }

   private:
    /// Each run is moved once on average.
    void tidy() noexcept {
        if (2 * first_ >= runs_.size()) {
            runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
    }

    std::vector<Run> runs_;
    std::size_t first_{0};  ///< Of those in `runs_` that were not taken.
};

}  // namespace lattice::inline v0::tcp
