#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <lattice/codec/decode.hpp>
#include <lattice/codec/wire.hpp>
#include <lattice/core/bytes.hpp>

namespace lattice::inline v0 {

/// Cuts a stream of bytes into frames, wherever the network happened to split it.
///
/// The decoder owns the receive buffer, so a frame is decoded where the network put it; the only copy of a payload is
/// the one into its message. The loop of a connection is
///
///     stream.commit(read_some(stream.prepare()));
///     for (Decoded next = stream.next(); next.status != DecodeStatus::incomplete; next = stream.next()) {
///         // frame: hand it up; skipped: go on; malformed: close and leave the loop
///     }
///
/// What a peer can make it hold: the buffer doubles only when the bytes that really arrived fill it, so a declared
/// length alone costs nothing, and it shrinks back when a large frame is through. The frames and their order do not
/// depend on how the bytes were split. One thread at a time.
class StreamDecoder {
   public:
    /// Several hundred small frames in one read.
    static constexpr std::size_t buffer_default = std::size_t{64} << 10U;

    explicit StreamDecoder(WireLimits limits = {}, std::size_t buffer_size = buffer_default) noexcept
        : limits_(limits), buffer_size_(buffer_size < buffer_min ? buffer_min : buffer_size) {}

    /// Free space for the next read, never empty; valid until the next call of a member that is not const. Call it when
    /// `next` has said incomplete: complete frames that still wait take room. Throws std::bad_alloc.
    [[nodiscard]] std::span<std::byte> prepare() {
        move_to_front();
        if (buffer_.size() - end_ < buffer_size_ / 4) {
            buffer_.resize(buffer_.empty() ? buffer_size_ : 2 * buffer_.size());
        }
        return std::span(buffer_).subspan(end_);
    }

    /// The first `size` bytes of what `prepare` gave were filled.
    void commit(std::size_t size) noexcept { end_ += size; }

    /// The next frame, or what else stands next. What is malformed once stays so. Throws only std::bad_alloc.
    [[nodiscard]] Decoded next() {
        if (fault_ != FrameFault::none) {
            return {DecodeStatus::malformed, fault_, 0, {}};
        }
        Decoded decoded = decode(pending(), limits_);
        if (decoded.status == DecodeStatus::malformed) {
            fault_ = decoded.fault;
        } else if (decoded.status != DecodeStatus::incomplete) {
            begin_ += decoded.size;
        }
        return decoded;
    }

    /// The same for bytes in somebody else's buffer: calls `sink(Decoded)` for each frame, for each skipped one, and
    /// once when the stream turns out to be malformed. Frames that are whole within `bytes` are decoded there; only the
    /// parts of others are copied. Gives false when the stream is malformed. Throws std::bad_alloc, and what `sink`
    /// throws.
    template <typename Sink>
    bool feed(ByteView bytes, Sink&& sink) {
        while (buffered() != 0 && !bytes.empty() && fault_ == FrameFault::none) {
            const std::size_t wanted = missing();
            bytes = keep(bytes, wanted < bytes.size() ? wanted : bytes.size());
            hand_over(next(), sink);
        }
        while (!bytes.empty() && fault_ == FrameFault::none) {
            Decoded decoded = decode(bytes, limits_);
            if (decoded.status == DecodeStatus::incomplete) {
                bytes = keep(bytes, bytes.size());
                break;
            }
            bytes = bytes.subspan(decoded.size);
            fault_ = decoded.fault;
            hand_over(std::move(decoded), sink);
        }
        return fault_ == FrameFault::none;
    }

    /// Bytes that wait: of a frame that is not complete yet, or of frames that `next` was not asked for.
    [[nodiscard]] std::size_t buffered() const noexcept { return end_ - begin_; }

    /// Memory held for the buffer, bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.capacity(); }

   private:
    static constexpr std::size_t buffer_min = 64;

    [[nodiscard]] ByteView pending() const noexcept { return ByteView(buffer_).subspan(begin_, buffered()); }

    /// Bytes until the waiting frame is complete, or 1 while its length is not known.
    [[nodiscard]] std::size_t missing() const noexcept {
        const std::size_t size = slice_frame(pending(), limits_).size;
        return size > buffered() ? size - buffered() : 1;
    }

    /// Copies the first `size` bytes into the buffer; gives the rest.
    ByteView keep(ByteView bytes, std::size_t size) {
        for (std::size_t kept = 0; kept < size;) {
            const std::span<std::byte> room = prepare();
            const std::size_t part = size - kept < room.size() ? size - kept : room.size();
            std::memcpy(room.data(), bytes.data() + kept, part);
            commit(part);
            kept += part;
        }
        return bytes.subspan(size);
    }

    template <typename Sink>
    static void hand_over(Decoded decoded, Sink& sink) {
        if (decoded.status != DecodeStatus::incomplete) {
            sink(std::move(decoded));
        }
    }

    /// What waits is less than one frame, so this moves each byte at most once, and few of them.
    void move_to_front() {
        if (begin_ == end_) {
            if (buffer_.size() > buffer_size_) {
                std::vector<std::byte>().swap(buffer_);
            }
            begin_ = end_ = 0;
        } else if (begin_ != 0) {
            std::memmove(buffer_.data(), buffer_.data() + begin_, buffered());
            end_ -= begin_;
            begin_ = 0;
        }
    }

    WireLimits limits_;
    std::size_t buffer_size_;
    std::vector<std::byte> buffer_;
    std::size_t begin_{0};  ///< What waits is [begin_, end_) of the buffer.
    std::size_t end_{0};
    FrameFault fault_{FrameFault::none};
};

}  // namespace lattice::inline v0
