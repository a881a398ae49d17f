#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace lattice::inline v0 {

/// A view of bytes that somebody else owns.
using ByteView = std::span<const std::byte>;

/// Views the characters of `text` as bytes. The text must outlive the view.
inline ByteView as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Views bytes as characters; nothing is checked or converted.
inline std::string_view as_text(ByteView bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Whether two views hold the same bytes.
inline bool equal_bytes(ByteView a, ByteView b) noexcept {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Immutable bytes with shared ownership: a copy costs a counter, never the bytes.
///
/// One allocation holds the counter and the content. Handles may be copied, moved and destroyed on different threads at
/// once; one handle object belongs to one thread at a time, as with any value.
class Bytes {
   public:
    Bytes() noexcept = default;

    /// Copies `content` once, here. Throws std::bad_alloc.
    explicit Bytes(ByteView content) : block_(allocate(content.size())) {
        if (!content.empty()) {
            std::memcpy(block_->content(), content.data(), content.size());
        }
    }

    /// Copies `text` once, here. Throws std::bad_alloc.
    explicit Bytes(std::string_view text) : Bytes(as_bytes(text)) {}

    /// Allocates `size` bytes and lets `fill(std::byte*)` write them before anybody else can see them.
    template <typename Fill>
    static Bytes build(std::size_t size, Fill&& fill) {
        Bytes bytes;
        bytes.block_ = allocate(size);
        if (size != 0) {
            std::forward<Fill>(fill)(bytes.block_->content());
        }
        return bytes;
    }

    Bytes(const Bytes& other) noexcept : block_(other.block_) {
        if (block_ != nullptr) {
            block_->owners.fetch_add(1, std::memory_order_relaxed);
        }
    }
    Bytes(Bytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Bytes& operator=(Bytes other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Bytes() { release(); }

    [[nodiscard]] std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] const std::byte* data() const noexcept { return block_ == nullptr ? nullptr : block_->content(); }

    /// The bytes; valid as long as any handle to them lives.
    [[nodiscard]] ByteView view() const noexcept { return {data(), size()}; }

    /// The bytes as characters; valid as long as any handle to them lives.
    [[nodiscard]] std::string_view text() const noexcept { return as_text(view()); }

    friend bool operator==(const Bytes& a, const Bytes& b) noexcept {
        return a.block_ == b.block_ || equal_bytes(a.view(), b.view());
    }

   private:
    struct Block {
        std::atomic<std::uint32_t> owners{1};
        std::size_t size{0};

        std::byte* content() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
    };

    static Block* allocate(std::size_t size) {
        if (size == 0) {
            return nullptr;
        }
        auto* block = new (::operator new(sizeof(Block) + size)) Block;
        block->size = size;
        return block;
    }

    void release() noexcept {
        if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            block_->~Block();
            ::operator delete(block_);
        }
    }

    Block* block_{nullptr};
};

}  // namespace lattice::inline v0
