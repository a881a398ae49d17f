#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <lattice/codec/decode.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>
#include <lattice/transport/tcp/options.hpp>
#include <lattice/transport/tcp/receive_buffer.hpp>

namespace lattice::inline v0::tcp {

/// What one connection has received, cut into frames a turn at a time.
class Inbox {
   public:
    /// Frames decoded in one turn: then others get theirs, however much this peer has sent.
    static constexpr std::size_t frames_per_turn = 512;

    /// How a turn ended.
    struct Turn {
        enum class End : std::uint8_t { drained, exhausted, stopped, faulty } end{End::drained};
        TcpFault fault{TcpFault::none};  ///< Of a faulty one.
    };

    /// Hands whole frames up: `take(Frame&&)`, or `take_unknown(ByteView)` for those that the codec skips. Either says
    /// whether to go on. When one throws, the frame is gone and the rest is still there. Before a frame is handed up, the one
    /// behind it is decoded: `expect(const Message&)` is told of the message in it.
    template <typename Take, typename TakeUnknown, typename Expect>
    Turn take_turn(WireLimits limits, Take&& take, TakeUnknown&& take_unknown, Expect&& expect) {
        Decoded current = decode(buffer_.view(), limits);
        for (std::size_t taken = 0; taken < frames_per_turn; ++taken) {
            if (current.status == DecodeStatus::incomplete) {
                needed_ = current.size;
                return {};
            }
            if (current.status == DecodeStatus::malformed) {
                const bool oversize = current.fault == FrameFault::frame_too_large;
                return {Turn::End::faulty, oversize ? TcpFault::oversize : TcpFault::malformed};
            }
            const ByteView bytes = buffer_.view().first(current.size);
            buffer_.consume(current.size);
            Decoded next = decode(buffer_.view(), limits);
            if (const Message* message = message_of(next.frame); message != nullptr && *message) {
                expect(*message);
            }
            const bool go_on =
                current.status == DecodeStatus::frame ? take(std::move(current.frame)) : take_unknown(bytes);
            if (!go_on) {
                return {Turn::End::stopped, TcpFault::none};
            }
            current = std::move(next);
        }
        return {Turn::End::exhausted, TcpFault::none};
    }

    /// What has arrived and was not taken.
    [[nodiscard]] ByteView view() const noexcept { return buffer_.view(); }
    void consume(std::size_t size) noexcept { buffer_.consume(size); }
    /// Throws away what has arrived.
    void discard() noexcept {
        buffer_.consume(buffer_.view().size());
        needed_ = 0;
    }

    /// Where the next read goes; at least one byte.
    std::pair<std::byte*, std::size_t> prepare() { return buffer_.prepare(needed_); }
    void commit(std::size_t size) noexcept { buffer_.commit(size); }

   private:
    ReceiveBuffer buffer_;
    std::size_t needed_{0};  ///< Size of the frame at the front, once it is known.
};

}  // namespace lattice::inline v0::tcp
