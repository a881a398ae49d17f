#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace lattice::inline v0::tcp {

/// A handle to a block of memory that frames are encoded into, one behind the other, once for all peers.
///
/// Why not one buffer per frame: frames that were encoded in turn lie side by side, so a queue keeps one entry for a run of
/// them and the system gets one piece of memory instead of hundreds. The counter is not atomic: handles live on one
/// executor.
class Slab {
   public:
    /// Bytes of a usual block. A queue holds a block as long as one frame in it is unsent, so larger blocks pin more memory
    /// for a slow peer, smaller ones make more pieces per write.
    static constexpr std::size_t usual_capacity = 32U << 10U;

    Slab() noexcept = default;

    /// An empty block. Throws std::bad_alloc.
    static Slab allocate(std::size_t capacity = usual_capacity) {
        Slab slab;
        slab.block_ = new (::operator new(sizeof(Block) + capacity)) Block;
        slab.block_->capacity = capacity;
        return slab;
    }

    Slab(const Slab& other) noexcept : block_(other.block_) {
        if (block_ != nullptr) {
            ++block_->owners;
        }
    }
    Slab(Slab&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Slab& operator=(Slab other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Slab() {
        if (block_ != nullptr && --block_->owners == 0) {
            block_->~Block();
            ::operator delete(block_);
        }
    }

    explicit operator bool() const noexcept { return block_ != nullptr; }
    friend bool operator==(const Slab& a, const Slab& b) noexcept { return a.block_ == b.block_; }

    /// Tells blocks that exist at the same time from each other.
    [[nodiscard]] const void* identity() const noexcept { return block_; }

    /// Bytes of the block; 0 without one.
    [[nodiscard]] std::size_t capacity() const noexcept { return block_ == nullptr ? 0 : block_->capacity; }

    /// Bytes not written yet; 0 without a block.
    [[nodiscard]] std::size_t room() const noexcept { return block_ == nullptr ? 0 : block_->capacity - block_->used; }

    /// Where the next byte goes.
    [[nodiscard]] std::byte* end() const noexcept { return block_->content() + block_->used; }

    /// Counts `size` bytes at `end()` as written.
    void commit(std::size_t size) const noexcept { block_->used += size; }

    /// Takes back the last `size` bytes, which nobody refers to.
    void rollback(std::size_t size) const noexcept { block_->used -= size; }

    /// Whether this is the only handle.
    [[nodiscard]] bool unshared() const noexcept { return block_->owners == 1; }

    /// Makes room for other content; only for an unshared block.
    void clear() const noexcept { block_->used = 0; }

   private:
    struct Block {
        std::size_t owners{1};
        std::size_t used{0};
        std::size_t capacity{0};

        std::byte* content() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    };

    Block* block_{nullptr};
};

}  // namespace lattice::inline v0::tcp
