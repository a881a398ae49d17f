#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>

#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>

#include <lattice/codec/decode.hpp>
#include <lattice/codec/wire.hpp>
#include <lattice/core/time.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/handshake.hpp>
#include <lattice/transport/tcp/options.hpp>
#include <lattice/transport/tcp/packed_frame.hpp>
#include <lattice/transport/tcp/send_queue.hpp>
#include <lattice/transport/tcp/slab.hpp>

namespace lattice::inline v0::tcp {

/// Kinds of frames between the two ends of a connection; the codec skips them as unknown, and so does an older node.
namespace link_kind {
inline constexpr std::uint8_t ping = wire::link_kinds_begin;      ///< "Are you there?" No fields.
inline constexpr std::uint8_t pong = wire::link_kinds_begin + 1;  ///< "I am." No fields.
// link_kinds_begin + 2 is a packed frame: see packed_frame.hpp.

/// Whether a frame that the codec skips is of this kind, and of a version whose kinds are known.
inline bool is(const FrameSlice& slice, std::uint8_t kind) noexcept {
    const bool skipped = slice.status == DecodeStatus::skipped && slice.kind == static_cast<wire::Kind>(kind);
    return skipped && std::to_integer<std::uint8_t>(slice.fields.data()[-2]) == wire::version;
}
}  // namespace link_kind

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;

inline TimePoint steady_now() noexcept {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

/// Makes `timer` expire at `time` or soon after. Clocks of other systems tick in coarser units than nanoseconds.
inline void set_expiry(Timer& timer, TimePoint time) {
    timer.expires_at(std::chrono::ceil<std::chrono::steady_clock::duration>(time));
}

/// What a transport and its connections share; lives as long as any of them, so that the last bytes of a connection can
/// still leave when the transport is gone.
struct Context {
    explicit Context(TcpOptions settings) : options(std::move(settings)), wire_limits(limits_of(options)) {
        self.network_id = options.network_id;
        self.node_id = options.node_id;
        self.compression = options.compression != nullptr ? options.compression->kind() : CompressionKind{};
    }

    /// A frame of TCP's own: no fields.
    static WireFrame link_frame(std::uint8_t kind) {
        constexpr std::size_t size = 3;
        WireFrame frame;
        frame.slab = Slab::allocate(size);
        frame.data = frame.slab.end();
        frame.size = size;
        Writer out(frame.slab.end());
        out.varint(size - 1);
        out.byte(wire::version);
        out.byte(kind);
        frame.slab.commit(size);
        return frame;
    }

    /// Whether payloads go to and come from this peer compressed.
    [[nodiscard]] bool packs_with(const handshake::Hello& peer) const noexcept {
        return self.compression && self.compression == peer.compression;
    }

    /// The frame that a packed one stands for; nothing when it breaks the rules. Throws std::bad_alloc.
    [[nodiscard]] std::optional<Frame> unpack(ByteView fields) {
        const auto bytes = unpacker.unpack(fields, wire_limits, *options.compression);
        if (bytes) {
            Decoded decoded = decode(*bytes, wire_limits);
            if (decoded.status == DecodeStatus::frame && decoded.size == bytes->size()) {
                return std::move(decoded.frame);
            }
        }
        return std::nullopt;
    }

    /// Room for a ping or pong behind a full queue.
    [[nodiscard]] SendQueue::Bounds link_bounds() const noexcept {
        return {options.queue_bytes_max + 64, options.queue_frames_max + 2};
    }

    static WireLimits limits_of(const TcpOptions& options) noexcept {
        WireLimits limits;
        limits.payload_max = options.payload_max;
        return limits;
    }

    /// The time of day.
    [[nodiscard]] WallTime wall() const {
        return options.wall_clock != nullptr
                   ? (*options.wall_clock)()
                   : std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
    }

    /// Tells the observer, if there is one.
    void report(const TcpEvent& event) const {
        if (options.observer != nullptr) {
            (*options.observer)(event);
        }
    }

    TcpOptions options;
    WireLimits wire_limits;
    TcpStatistics statistics;
    handshake::Hello self;
    WireFrame ping{link_frame(link_kind::ping)};
    WireFrame pong{link_frame(link_kind::pong)};
    Unpacker unpacker;
};

}  // namespace lattice::inline v0::tcp
