#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <lattice/core/callback.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/statistics.hpp>

namespace lattice::inline v0 {

/// What a transport can say at once about one frame to one peer.
enum class SendStatus : std::uint8_t {
    sent,         ///< Taken for sending. It may still be lost.
    busy,         ///< The peer's queue is full; not taken. Worth another try later.
    unreachable,  ///< No way to this peer is known; not taken.
    crowded,      ///< Taken, and so much waits for the peer that more should wait elsewhere.
};

/// What a transport said about one frame, by peers.
struct SendSummary {
    std::size_t sent{0};     ///< Taken, the crowded ones included.
    std::size_t crowded{0};  ///< Taken, but should be the last for a while.
    std::size_t busy{0};

    /// Adds one peer; whether the frame was taken for it.
    constexpr bool count(SendStatus status) noexcept {
        const bool taken = status == SendStatus::sent || status == SendStatus::crowded;
        sent += taken ? 1U : 0U;
        crowded += status == SendStatus::crowded ? 1U : 0U;
        busy += status == SendStatus::busy ? 1U : 0U;
        return taken;
    }
};

/// What a transport hands up. The protocol sets it before `start` and clears it after `stop`.
struct TransportEvents {
    /// A frame came from a peer. Called on the clock's executor, never from within `send`. The receipt tells what became of
    /// the message of a Push or Provide; for other frames it says accepted.
    Callback<Receipt(const Peer& from, Frame frame)> received;
    /// A peer that frames were sent to turned out not to be reachable; what was queued to it may be lost. Same rules.
    Callback<void(const Peer& peer)> failed;
    /// A Push or Provide with this message comes after the frame that is handed up next. A transport that decodes frames
    /// before their turn may say so, and the protocol looks ahead; nothing else depends on it. The same handle must come.
    Callback<void(const Message& message)> coming{};
};

/// Carries frames to peers: best effort, unordered, never blocking.
///
/// | expression                         | result | meaning                                                           |
/// |------------------------------------|--------|-------------------------------------------------------------------|
/// | `t.send(frame, peers, statuses)`   | `void` | Hands the frame over for every peer, and says for each what it   |
/// |                                    |        | can: `statuses` has the length of `peers`. Encodes once.          |
/// | `t.open(TransportEvents)`          | `void` | From now on received frames go to these callbacks.               |
/// | `t.close()`                        | `void` | No callback is called any more, from the moment this returns.    |
/// | `t.reliable()` (optional)          | `bool` | Whether what was sent arrives; see is_reliable. Asked at `start`. |
///
/// What the compiler cannot check:
/// - `send` never calls back into the protocol and never waits for a peer or a disk.
/// - A frame that was sent may be lost, doubled, delayed, reordered; it is never altered, and never merged with another.
/// - All calls, in both directions, happen on the executor of the clock that the protocol uses; a transport with threads
///   of its own posts to it.
/// - The protocol keeps a reference; the transport outlives it. `open` and `close` may alternate any number of times.
/// - `from` names who sent the frame as well as the transport knows; its address may be empty, and `send` to it then
///   works as long as the exchange that brought it lasts, or reports `unreachable`.
template <typename T>
concept Transport = requires(T& transport, const Frame& frame, std::span<const Peer> peers,
                             std::span<SendStatus> statuses, TransportEvents events) {
    { transport.send(frame, peers, statuses) } -> std::same_as<void>;
    { transport.open(std::move(events)) } -> std::same_as<void>;
    { transport.close() } -> std::same_as<void>;
};

/// Whether the frames that a transport takes arrive, unless it reports the peer as failed: what `t.reliable()` says, and no
/// for a transport without that member. Where frames may get lost without a word, pushes are acknowledged, or sent again.
template <typename T>
bool is_reliable(const T& transport) noexcept {
    if constexpr (requires { static_cast<bool>(transport.reliable()); }) {
        return static_cast<bool>(transport.reliable());
    }
    return false;
}

/// The least that is a Transport, and a useful one: a network without links. Everything sent is unreachable.
class NullTransport {
   public:
    void send(const Frame&, std::span<const Peer>, std::span<SendStatus> statuses) noexcept {
        for (auto& status : statuses) {
            status = SendStatus::unreachable;
        }
    }
    void open(TransportEvents) noexcept {}
    void close() noexcept {}
};
static_assert(Transport<NullTransport>);
static_assert(!Transport<int>);

}  // namespace lattice::inline v0
