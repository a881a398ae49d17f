#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include <lattice/core/bytes.hpp>

namespace lattice::inline v0::tcp {

/// Bytes that came from one peer and were not taken as frames yet.
///
/// It starts small and doubles while reads fill it, up to `usual`; beyond that only as far as the frame at its front
/// needs, and only as its bytes arrive: a peer that announces a large frame and sends nothing costs nothing.
class ReceiveBuffer {
   public:
    static constexpr std::size_t initial = 8U << 10U;
    /// Enough that a read costs little per frame; little enough that one peer's turn is short.
    static constexpr std::size_t usual = 64U << 10U;

    /// What has arrived.
    [[nodiscard]] ByteView view() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }

    /// The first `size` bytes are done with.
    void consume(std::size_t size) noexcept { begin_ += size; }

    /// Where the next read goes; at least one byte. `needed`: size of the frame at the front, 0 when not known. Moves what
    /// is left to the front, so views into the buffer end here.
    std::pair<std::byte*, std::size_t> prepare(std::size_t needed) {
        const std::size_t left = end_ - begin_;
        const bool was_filled = end_ == capacity_;
        std::size_t wanted = capacity_;
        if (capacity_ == 0) {
            wanted = initial;
        } else if (was_filled && capacity_ < usual) {
            wanted = 2 * capacity_;
        } else if (capacity_ > usual && left < usual && needed <= usual) {
            wanted = usual;
        } else if (left == capacity_) {
            wanted = 2 * capacity_ < needed ? 2 * capacity_ : needed;
        }
        if (wanted > left && wanted != capacity_) {
            reallocate(wanted);
        } else if (begin_ != 0) {
            std::memmove(memory_.get(), memory_.get() + begin_, left);
        }
        begin_ = 0;
        end_ = left;
        return {memory_.get() + end_, capacity_ - end_};
    }

    /// `size` bytes were read to where `prepare` said.
    void commit(std::size_t size) noexcept { end_ += size; }

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

   private:
    void reallocate(std::size_t capacity) {
        std::unique_ptr<std::byte[]> memory(new std::byte[capacity]);
        if (end_ != begin_) {
            std::memcpy(memory.get(), memory_.get() + begin_, end_ - begin_);
        }
        memory_ = std::move(memory);
        capacity_ = capacity;
    }

    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_{0};
    std::size_t begin_{0};
    std::size_t end_{0};
};

}  // namespace lattice::inline v0::tcp
