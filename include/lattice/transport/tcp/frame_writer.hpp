#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include <lattice/codec/compression.hpp>
#include <lattice/codec/encode.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/time.hpp>
#include <lattice/transport/tcp/packed_frame.hpp>
#include <lattice/transport/tcp/slab.hpp>

namespace lattice::inline v0::tcp {

/// How much a frame is worth when a queue is full: a higher rank evicts lower ones. Payloads have the four ranks of their
/// priorities, and what is lost of them is brought back by pull and anti-entropy.
enum class Rank : std::uint8_t {
    announcement,  ///< Repeated by the protocol anyway.
    bulk,
    normal,
    high,
    critical,
    control,  ///< Small, and somebody waits for it.
};

inline constexpr std::size_t ranks = 6;

inline Rank rank_of(Priority priority) noexcept {
    return static_cast<Rank>(static_cast<std::uint8_t>(Rank::critical) - static_cast<std::uint8_t>(priority));
}
static_assert(static_cast<int>(Rank::critical) - static_cast<int>(Priority::bulk) == static_cast<int>(Rank::bulk));

inline Rank rank_of(const Frame& frame) noexcept {
    switch (static_cast<FrameKind>(frame.index())) {
        case FrameKind::push:
            return rank_of(std::get_if<Push>(&frame)->envelope.priority);
        case FrameKind::provide:
            return rank_of(std::get_if<Provide>(&frame)->envelope.priority);
        case FrameKind::announce:
            return Rank::announcement;
        default:
            return Rank::control;
    }
}

/// A frame as bytes to send: a stretch of a slab, and behind it the payload where that stayed in its message.
struct WireFrame {
    Slab slab;
    const std::byte* data{};  ///< In `slab`.
    std::size_t size{};       ///< Bytes at `data`; the payload is not counted.
    Message payload;          ///< Empty when the payload is among the bytes at `data`.
    Rank rank{Rank::control};
    WallTime expiry{WallTime::max()};  ///< Not worth sending from then on.

    [[nodiscard]] std::size_t total() const noexcept { return size + (payload ? payload.payload().size() : 0); }
};

/// Encodes each frame once, for all peers that it goes to.
///
/// Small payloads are copied, once and not per peer, so that whole runs of frames leave in one piece: the system handles a
/// piece in about the time that it takes to copy a kilobyte, and Asio hands it 64 at the most. Larger ones stay in their
/// message, which the queues keep alive.
class FrameWriter {
   public:
    /// Payloads up to this size are copied into the slab.
    static constexpr std::size_t copied_max = 4'096;

    /// The frame in wire form; valid for as long as a copy of it is kept. Throws std::bad_alloc.
    WireFrame write(const Frame& frame) {
        const FrameEncoder encoder(frame);
        const bool copy = encoder.payload().size() <= copied_max;
        WireFrame written = begin(frame, copy ? encoder.size() : encoder.head_size());
        if (copy) {
            encoder.write(written.slab.end());
        } else {
            encoder.write_head(written.slab.end());
            written.payload = *message_of(frame);
        }
        written.slab.commit(written.size);
        return written;
    }

    /// The same with its payload compressed (see packed_frame.hpp); nothing when that does not pay. Throws std::bad_alloc.
    std::optional<WireFrame> write_packed(const Frame& frame, Compression& compression) {
        const FrameEncoder encoder(frame);
        const ByteView payload = encoder.payload();
        compressed_.resize(payload.size() * packed::percent_max / 100);
        const std::size_t size = compression.compress(payload, compressed_);
        if (size == 0 || payload.size() > size * packed::ratio_max) {
            return std::nullopt;
        }
        const packed::Prologue prologue{payload.size(), encoder.head_size(), size};
        if (prologue.frame_size() >= encoder.size()) {
            return std::nullopt;
        }
        WireFrame written = begin(frame, prologue.frame_size());
        Writer out(written.slab.end());
        prologue.write(out);
        Writer behind(encoder.write_head(out.position()));
        behind.bytes(ByteView(compressed_).first(size));
        written.slab.commit(written.size);
        return written;
    }

    /// Forgets a frame that no queue took, so that its bytes are used again. Only the last one written.
    void discard(const WireFrame& frame) noexcept {
        if (frame.slab == slab_ && frame.data + frame.size == slab_.end()) {
            slab_.rollback(frame.size);
        }
    }

   private:
    /// The frame's description, with room for `size` bytes at the end of its slab.
    WireFrame begin(const Frame& frame, std::size_t size) {
        WireFrame written;
        written.slab = slab_for(size);
        written.data = written.slab.end();
        written.size = size;
        written.rank = rank_of(frame);
        if (const Message* message = message_of(frame); message != nullptr) {
            written.expiry = message->expiry().value_or(WallTime::max());
        }
        return written;
    }

    /// A slab with room for `size` bytes: the current one, a fresh one, or one of its own for a frame that is larger.
    Slab slab_for(std::size_t size) {
        if (size > Slab::usual_capacity) {
            return Slab::allocate(size);
        }
        if (slab_.room() < size) {
            if (slab_ && slab_.unshared()) {
                slab_.clear();
            } else {
                slab_ = Slab::allocate();
            }
        }
        return slab_;
    }

    Slab slab_;
    std::vector<std::byte> compressed_;  ///< Kept for its memory.
};

}  // namespace lattice::inline v0::tcp
