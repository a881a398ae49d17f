#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/post.hpp>

#include <lattice/codec/decode.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/transport/tcp/connection_owner.hpp>
#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/inbox.hpp>
#include <lattice/transport/tcp/outbox.hpp>
#include <lattice/transport/tcp/send_queue.hpp>
#include <lattice/transport/tcp/stream.hpp>
#include <lattice/transport/tcp/vigil.hpp>

namespace lattice::inline v0::tcp {

/// One connection to one peer: handshake, frames in, frames out, deadlines.
///
/// Phases: securing -> greeting -> established -> lingering -> over, each of which may be left out but the last. It keeps
/// itself alive through the handlers of its operations, and its owner until it has ended or was closed.
class Connection : public std::enable_shared_from_this<Connection> {
   public:
    enum class Phase : std::uint8_t { securing, greeting, established, lingering, over };

    Connection(std::shared_ptr<ConnectionOwner> owner, std::shared_ptr<Context> context, std::unique_ptr<Stream> stream,
               Side side, TimePoint handshake_deadline)
        : owner_(std::move(owner)),
          context_(std::move(context)),
          stream_(std::move(stream)),
          side_(side),
          timer_(stream_->socket().get_executor()),
          deadline_(handshake_deadline) {
        prepare(stream_->socket());
        std::error_code ignored;
        endpoint_ = stream_->socket().remote_endpoint(ignored);
    }

    /// Begins the handshake. A dialler says hello by itself.
    void start() {
        arm();
        stream_->secure(side_, [self = shared_from_this()](const std::error_code& error) {
            if (self->phase_ != Phase::securing) {
                return;
            }
            if (error) {
                return self->end(self->stream_->fault_of(error), error);
            }
            self->phase_ = Phase::greeting;
            if (self->side_ == Side::dialler) {
                self->say(encode(handshake::Kind::hello, self->context_->self));
            }
            self->read();
        });
    }

    /// From now on frames flow; an acceptor welcomes the peer first.
    void establish(Peer peer) {
        peer_ = std::move(peer);
        phase_ = Phase::established;
        established_at_ = steady_now();
        vigil_.emplace(context_->options, established_at_);
        ++context_->statistics.connections;
        if (side_ == Side::acceptor) {
            say(encode(handshake::Kind::welcome, context_->self));
        }
        arm();
    }

    /// Tells the peer why not, and ends without a word to the owner.
    void refuse(TcpFault reason) {
        if (phase_ != Phase::greeting) {
            return abort();
        }
        say(handshake::encode_refusal(reason));
        close();
    }

    /// Ends without a word to the owner. What is queued still leaves if it can within the linger time, and the peer is not
    /// cut off in the middle of reading it.
    void close() {
        if (phase_ >= Phase::lingering) {
            return;
        }
        const bool worth_it = phase_ == Phase::established || (phase_ == Phase::greeting && out_.has_greetings());
        leave();
        if (!worth_it) {
            return kill();
        }
        phase_ = Phase::lingering;
        deadline_ = steady_now() + context_->options.linger_timeout;
        arm();
        write();
    }

    /// Ends at once, without a word to anybody.
    void abort() {
        leave();
        kill();
    }

    /// Queues a frame. `flush` sends it; a long turn's first part leaves at once, so that the peer has something to do.
    bool push(const WireFrame& frame, const SendQueue::Bounds& bounds) {
        const bool taken = out_.push(frame, bounds, context_->statistics);
        if (taken && !writing_ && out_.frames().bytes() >= Outbox::bytes_worth_a_write) {
            write();
        }
        return taken;
    }

    /// Takes over what was queued before there was a connection; before `establish`.
    void adopt(SendQueue queue) noexcept { out_.adopt(std::move(queue)); }

    /// Notes that a flush is coming; whether that was noted already.
    bool set_dirty() noexcept { return std::exchange(dirty_, true); }

    /// Hands what is queued to the system, as far as it takes it.
    void flush() {
        dirty_ = false;
        write();
    }

    /// Finds out soon whether the peer is still there.
    void probe() {
        if (phase_ == Phase::established && !vigil_->is_pinged()) {
            ping(steady_now());
        }
    }

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    [[nodiscard]] Side side() const noexcept { return side_; }
    [[nodiscard]] const Stream& stream() const noexcept { return *stream_; }
    [[nodiscard]] const asio::ip::tcp::endpoint& endpoint() const noexcept { return endpoint_; }
    void rename(const Peer& peer) { peer_ = peer; }  ///< Another handle to the same peer, with a newer address.
    [[nodiscard]] TimePoint established_at() const noexcept { return established_at_; }
    [[nodiscard]] const SendQueue& queue() const noexcept { return out_.frames(); }
    [[nodiscard]] bool packs() const noexcept { return packs_; }  ///< Whether payloads travel compressed.

   private:
    // ---- out ----
    void say(const std::vector<std::byte>& greeting) {
        out_.say(greeting);
        write();
    }

    /// One write at a time; frames only behind the greeting of an established connection.
    void write() {
        if (writing_ || phase_ == Phase::over || phase_ == Phase::securing) {
            return;
        }
        const WriteBuffers buffers = out_.gather(vigil_ ? Outbox::Flow::frames : Outbox::Flow::greetings, *context_);
        if (buffers.empty()) {
            return finish_when_lingering();
        }
        writing_ = true;
        if (vigil_) {
            vigil_->write_began(steady_now());
            if (next_deadline() < armed_for_) {
                arm();
            }
        }
        stream_->write(buffers, [self = shared_from_this()](const std::error_code& error, std::size_t size) {
            self->written(error, size);
        });
    }

    void written(const std::error_code& error, std::size_t size) {
        writing_ = false;
        if (phase_ == Phase::over) {
            return;
        }
        if (error) {
            return end(stream_->fault_of(error), error);
        }
        if (vigil_) {
            vigil_->write_ended();
        }
        out_.written(size, context_->statistics);
        pong_queued_ = pong_queued_ && !out_.frames().empty();
        write();
    }

    void read() {
        const auto [at, room] = in_.prepare();
        stream_->read(asio::mutable_buffer(at, room),
                      [self = shared_from_this()](const std::error_code& error, std::size_t size) {
                          self->read_done(error, size);
                      });
    }

    void read_done(const std::error_code& error, std::size_t size) {
        if (phase_ == Phase::over) {
            return;
        }
        if (error) {
            return end(stream_->fault_of(error), error);
        }
        ++context_->statistics.reads;
        context_->statistics.bytes_received += size;
        in_.commit(size);
        if (vigil_) {
            vigil_->heard(steady_now());
        }
        if (phase_ == Phase::greeting) {
            return take_greeting();
        }
        take_frames();
    }

    void take_greeting() {
        using Status = handshake::Parsed::Status;
        const auto parsed = handshake::parse(in_.view());
        if (parsed.status == Status::incomplete) {
            return read();
        }
        if (parsed.status != Status::read) {
            return end(parsed.status == Status::not_lattice ? TcpFault::not_lattice : TcpFault::malformed, {});
        }
        packs_ = context_->packs_with(parsed.greeting.hello);
        in_.consume(parsed.greeting.size);
        const auto owner = owner_;
        owner->greeted(*this, parsed.greeting);
        if (phase_ == Phase::greeting) {
            return end(TcpFault::malformed, {});
        }
        take_frames();
    }

    /// Hands up whole frames, a turn's worth. When a callee throws, the rest is taken in another turn.
    void take_frames() {
        Inbox::Turn turn;
        try {
            turn = phase_ == Phase::established ? take_turn() : Inbox::Turn{};
        } catch (...) {
            take_frames_later();
            throw;
        }
        if (turn.end == Inbox::Turn::End::faulty) {
            return end(turn.fault, {});
        }
        if (phase_ == Phase::over) {
            return;
        }
        if (turn.end == Inbox::Turn::End::exhausted) {
            return take_frames_later();
        }
        if (phase_ == Phase::lingering) {
            in_.discard();
        }
        read();
    }

    void take_frames_later() {
        asio::post(stream_->socket().get_executor(), [self = shared_from_this()] {
            if (self->phase_ != Phase::over) {
                self->take_frames();
            }
        });
    }

    Inbox::Turn take_turn() {
        const auto owner = owner_;
        const Peer from = peer_;
        const auto take = [&](Frame&& frame) {
            ++context_->statistics.frames_received;
            owner->received(from, std::move(frame));
            return phase_ == Phase::established;
        };
        const auto take_unknown = [&](ByteView bytes) {
            take_link_frame(bytes, take);
            return phase_ == Phase::established;
        };
        return in_.take_turn(context_->wire_limits, take, take_unknown, [&](const auto& next) { owner->coming(next); });
    }

    /// What the codec skips: a frame of TCP's own, or one of a later version.
    template <typename Take>
    void take_link_frame(ByteView bytes, const Take& take) {
        const FrameSlice slice = slice_frame(bytes, context_->wire_limits);
        if (link_kind::is(slice, link_kind::ping) && !pong_queued_) {
            // One answer for any number of pings that come while it waits: a peer cannot fill its queue with them.
            pong_queued_ = push(context_->pong, context_->link_bounds());
            write();
        } else if (link_kind::is(slice, packed::kind)) {
            auto unpacked = packs_ ? context_->unpack(slice.fields) : std::nullopt;
            unpacked ? static_cast<void>(take(*std::move(unpacked))) : end(TcpFault::malformed, {});
        }
    }

    // ---- deadlines ----
    void ping(TimePoint now) {
        vigil_->pinged(now);
        push(context_->ping, context_->link_bounds());
        arm();
        write();
    }

    /// When something is due unless something else happens before.
    [[nodiscard]] TimePoint next_deadline() const noexcept {
        return phase_ == Phase::established ? vigil_->next() : deadline_;
    }

    void arm() {
        armed_for_ = next_deadline();
        set_expiry(timer_, armed_for_);
        timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
            const auto self = weak.lock();
            if (self && !error && self->phase_ != Phase::over) {
                self->expired();
            }
        });
    }

    void expired() {
        const TimePoint now = steady_now();
        if (now < next_deadline()) {
            return arm();
        }
        if (phase_ != Phase::established) {
            return phase_ == Phase::lingering ? kill() : end(TcpFault::timeout, {});
        }
        const Vigil::Verdict verdict = vigil_->verdict(now);
        if (verdict == Vigil::Verdict::alive || verdict == Vigil::Verdict::ping) {
            return verdict == Vigil::Verdict::alive ? arm() : ping(now);
        }
        end(verdict == Vigil::Verdict::silent ? TcpFault::silent : TcpFault::stalled, {});
    }

    // ---- the end ----
    /// The connection cannot go on; the owner hears of it, unless it closed the connection itself.
    void end(TcpFault fault, const std::error_code& error) {
        const auto owner = std::move(owner_);
        abort();
        if (owner) {
            owner->ended(*this, fault, error);
        }
    }

    /// Out of the books: no owner, no gauge.
    void leave() {
        if (phase_ == Phase::established) {
            --context_->statistics.connections;
        }
        owner_.reset();
    }

    void finish_when_lingering() {
        if (phase_ == Phase::lingering && !finishing_) {
            finishing_ = true;
            stream_->finish([self = shared_from_this()](const std::error_code& error) {
                if (error) {
                    self->kill();
                }
            });
        }
    }

    void kill() {
        if (std::exchange(phase_, Phase::over) == Phase::over) {
            return;
        }
        timer_.cancel();
        stream_->close();
        out_.write_off(context_->statistics);
    }

    std::shared_ptr<ConnectionOwner> owner_;  ///< Null once it is closed or has ended.
    std::shared_ptr<Context> context_;
    std::unique_ptr<Stream> stream_;
    asio::ip::tcp::endpoint endpoint_;
    Peer peer_;
    Phase phase_{Phase::securing};
    Side side_;
    bool writing_{false};
    bool finishing_{false};
    bool pong_queued_{false};
    bool dirty_{false};  ///< A flush is coming.
    bool packs_{false};

    Outbox out_;
    Inbox in_;

    Timer timer_;
    TimePoint armed_for_{};
    TimePoint deadline_;  ///< Of the phases before and after established.
    TimePoint established_at_{};
    std::optional<Vigil> vigil_;  ///< From established on.
};

}  // namespace lattice::inline v0::tcp
