#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <asio/buffer.hpp>

#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/send_queue.hpp>
#include <lattice/transport/tcp/stream.hpp>

namespace lattice::inline v0::tcp {

/// What one connection has to write: greetings, then frames once they may flow. Keeps the transport's books on the way.
///
/// What `gather` gave stays valid until `written`, whatever is queued meanwhile, and as long as the outbox lives.
class Outbox {
   public:
    /// Bytes offered to the system in one write: then others get their turn.
    static constexpr std::size_t bytes_per_write = 256U << 10U;
    /// Bytes with which a write costs little per byte: there is no use in waiting for more.
    static constexpr std::size_t bytes_worth_a_write = 64U << 10U;

    enum class Flow : bool { greetings, frames };

    void say(const std::vector<std::byte>& greeting) {
        WireFrame frame;
        frame.slab = Slab::allocate(greeting.size());
        std::memcpy(frame.slab.end(), greeting.data(), greeting.size());
        frame.data = frame.slab.end();
        frame.size = greeting.size();
        frame.slab.commit(greeting.size());
        greetings_.push(frame, {2 * handshake::body_max, 4});
    }

    bool push(const WireFrame& frame, const SendQueue::Bounds& bounds, TcpStatistics& statistics) {
        const std::size_t bytes = frames_.bytes();
        const std::uint64_t evicted = frames_.evicted();
        const bool taken = frames_.push(frame, bounds);
        statistics.queued_bytes += frames_.bytes() - bytes;
        statistics.frames_evicted += frames_.evicted() - evicted;
        return taken;
    }

    /// What to write now; may be empty. Messages whose time has passed are left out.
    [[nodiscard]] WriteBuffers gather(Flow flow, Context& context) {
        std::array<ByteView, pieces_max> pieces;
        std::size_t count = greetings_.gather(pieces, bytes_per_write);
        if (flow == Flow::frames) {
            const std::size_t bytes = frames_.bytes();
            const std::uint64_t expired = frames_.expired();
            const WallTime now = frames_.has_expiries() ? context.wall() : WallTime{};
            count += frames_.gather(std::span(pieces).subspan(count), bytes_per_write, now);
            context.statistics.queued_bytes -= bytes - frames_.bytes();
            context.statistics.frames_expired += frames_.expired() - expired;
        }
        for (std::size_t i = 0; i < count; ++i) {
            buffers_[i] = asio::const_buffer(pieces[i].data(), pieces[i].size());
        }
        return WriteBuffers(std::span(buffers_).first(count));
    }

    /// The first `size` bytes of what was gathered are with the system.
    void written(std::size_t size, TcpStatistics& statistics) {
        ++statistics.writes;
        statistics.bytes_sent += size;
        const std::size_t of_greetings = size < greetings_.bytes() ? size : greetings_.bytes();
        greetings_.consume(of_greetings);
        frames_.consume(size - of_greetings);
        statistics.queued_bytes -= size - of_greetings;
    }

    /// Takes over frames that were queued, and counted, before there was a connection. Only while there are no others.
    void adopt(SendQueue frames) noexcept { frames_ = std::move(frames); }

    /// Takes what is left out of the books.
    void write_off(TcpStatistics& statistics) const noexcept { statistics.queued_bytes -= frames_.bytes(); }

    [[nodiscard]] bool has_greetings() const noexcept { return !greetings_.empty(); }
    [[nodiscard]] const SendQueue& frames() const noexcept { return frames_; }

   private:
    static constexpr std::size_t pieces_max = 64;  ///< As many as Asio hands over in one call.

    SendQueue greetings_;
    SendQueue frames_;
    std::array<asio::const_buffer, pieces_max> buffers_;  ///< Of the write in flight.
};

}  // namespace lattice::inline v0::tcp
