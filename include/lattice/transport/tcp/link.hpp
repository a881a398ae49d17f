#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <asio/io_context.hpp>

#include <lattice/core/peer.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/transport/tcp/backoff.hpp>
#include <lattice/transport/tcp/connection.hpp>
#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/dialler.hpp>
#include <lattice/transport/tcp/send_queue.hpp>

namespace lattice::inline v0::tcp {

/// What a node knows of its way to one peer: the connection, or the attempt to get one.
struct Link : std::enable_shared_from_this<Link> {
    enum class State : std::uint8_t {
        idle,       ///< No connection, and no wait before the next attempt.
        dialling,   ///< Resolving, connecting or greeting. Frames are queued here.
        expecting,  ///< The peer's own attempt won over ours and is about to arrive. Frames are queued here.
        waiting,    ///< Backing off after a failure.
        connected,  ///< `connection` is established.
    };

    Link(asio::io_context& io, Peer to, const TcpOptions& options)
        : peer(std::move(to)), backoff(options.backoff_initial, options.backoff_max), retry(io.get_executor()) {}

    /// Queues a frame where it leaves from, now or once there is a connection. A queue is crowded from a quarter of its bound
    /// on: enough to keep a link busy for longer than a publisher pauses, and room for what comes from elsewhere.
    SendStatus push(const WireFrame& frame, const SendQueue::Bounds& bounds, Context& context) {
        const std::size_t before = queue.bytes();
        const bool taken = connection ? connection->push(frame, bounds) : queue.push(frame, bounds);
        context.statistics.queued_bytes += queue.bytes() - before;
        used = used || taken;
        if (!taken) {
            return SendStatus::busy;
        }
        const SendQueue& waiting = connection ? connection->queue() : queue;
        const bool crowded = waiting.bytes() > bounds.bytes / 4 || waiting.frames() > bounds.frames / 4;
        return crowded ? SendStatus::crowded : SendStatus::sent;
    }

    /// Keeps the newest handle, and with it the newest address.
    void rename(const Peer& to) {
        if (peer.id().data() != to.id().data()) {
            peer = to;
            if (connection) {
                connection->rename(to);
            }
        }
    }

    /// The connection leads to the peer from now on; an attempt of ours is given up.
    void attach(std::shared_ptr<Connection> established) {
        retry.cancel();
        if (dialler) {
            std::exchange(dialler, nullptr)->cancel();
        }
        state = State::connected;
        connection = std::move(established);
        connection->adopt(std::exchange(queue, SendQueue{}));
        connection->establish(peer);
    }

    /// Forgets what waits for a connection.
    void drop_queue(Context& context) noexcept {
        context.statistics.queued_bytes -= queue.bytes();
        queue.clear();
    }

    /// Ends what is under way, its connections aside.
    void stop(Context& context) {
        retry.cancel();
        if (dialler) {
            std::exchange(dialler, nullptr)->cancel();
        }
        drop_queue(context);
        attempt.reset();
        connection.reset();
    }

    Peer peer;
    State state{State::idle};
    std::shared_ptr<Connection> connection;  ///< Established, or null.
    std::shared_ptr<Connection> attempt;     ///< Dialled and greeting, or null.
    std::shared_ptr<Dialler> dialler;        ///< Connecting, or null.
    SendQueue queue;                         ///< For the connection to come.
    Backoff backoff;
    Timer retry;
    TimePoint wanted_at{};  ///< When the host last asked for the peer while it was not connected.
    bool used{false};       ///< Frames were taken for it since a failure was last reported.
};

}  // namespace lattice::inline v0::tcp
