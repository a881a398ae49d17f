#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <lattice/core/frame.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/transport/tcp/address.hpp>
#include <lattice/transport/tcp/callbacks.hpp>
#include <lattice/transport/tcp/connection.hpp>
#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/flusher.hpp>
#include <lattice/transport/tcp/frame_forms.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/link.hpp>
#include <lattice/transport/tcp/link_table.hpp>
#include <lattice/transport/tcp/roster.hpp>
#include <lattice/transport/tcp/stream.hpp>

namespace lattice::inline v0::tcp {

/// The links of one node: who is connected, who is being dialled, what goes to whom. The transport's working part, kept
/// alive by its connections while a handler of theirs runs.
///
/// One connection per pair of nodes. When two dial each other at once, both greet; the node with the smaller id insists
/// on its own attempt and the other gives way, so that both keep the same connection. An established connection is never
/// displaced by a newcomer with the same id: the newcomer is refused and the old one is probed, so that a peer that
/// vanished is noticed, and one that did not cannot be replaced by an impostor.
class Hub : public ConnectionOwner, public std::enable_shared_from_this<Hub> {
   public:
    Hub(asio::io_context& io, std::shared_ptr<Context> context, std::uint64_t seed)
        : io_(io),
          context_(std::move(context)),
          random_(seed),
          links_(random_.next()),
          roster_(context_->options),
          flusher_(std::make_shared<Flusher>(io)) {
        context_->self.nonce = random_.next();
    }

    void open(TransportEvents events) {
        callbacks_.set(std::move(events));
        open_ = true;
    }

    /// Ends all connections without a callback; what is queued still leaves if it can.
    void close() {
        open_ = false;
        callbacks_.clear();
        links_.clear(*context_);
        for (const auto& connection : roster_.release()) {
            if (connection->phase() == Connection::Phase::established || connection->side() == Side::dialler) {
                connection->close();
            } else {
                connection->refuse(TcpFault::stopping);
            }
        }
    }

    // ---- out ----

    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        FrameForms forms(frame, writer_, *context_);
        bool taken = false;
        for (std::size_t i = 0; i < peers.size(); ++i) {
            Link* const link = link_of(peers[i], i);
            statuses[i] = SendStatus::unreachable;
            if (link == nullptr || !reachable(*link)) {
                continue;
            }
            const bool takes_packed = link->connection != nullptr && link->connection->packs();
            statuses[i] = link->push(forms.form(takes_packed), bounds(), *context_);
            const bool queued = statuses[i] != SendStatus::busy;
            ++(queued ? context_->statistics.frames_sent : context_->statistics.sends_busy);
            taken = taken || queued;
            if (link->connection != nullptr) {
                flusher_->flush_soon(link->connection);
            }
        }
        if (!taken) {
            forms.discard();
        }
    }

    /// Dials the peer if nothing leads to it and nothing is on the way.
    void connect(const Peer& peer) {
        if (Link* const link = link_of(peer, 0)) {
            static_cast<void>(reachable(*link));
        }
    }

    [[nodiscard]] bool connected(const Peer& peer) const {
        const Link* const link = links_.find(peer);
        return link != nullptr && link->connection != nullptr;
    }

    // ---- in ----

    void accepted(Socket socket) {
        std::error_code error;
        const auto endpoint = socket.remote_endpoint(error);
        if (!open_ || error || !roster_.admits(endpoint.address())) {
            ++context_->statistics.refused;
            return;
        }
        ++context_->statistics.accepted;
        begin(std::move(socket), Side::acceptor, steady_now() + options().handshake_timeout);
    }

    void greeted(Connection& connection, const handshake::Greeting& greeting) override {
        if (connection.side() == Side::acceptor) {
            hello(connection, greeting);
        } else {
            answer(connection, greeting);
        }
    }

    void coming(const Message& message) override { callbacks_.coming(message); }
    void received(const Peer& from, Frame&& frame) override { callbacks_.received(from, std::move(frame)); }

    void ended(Connection& connection, TcpFault fault, const std::error_code& error) override {
        const auto self = connection.shared_from_this();
        roster_.remove(connection);
        Link* const link = links_.serving(connection);
        if (link == nullptr) {
            return report(TcpEvent::Kind::refused, fault, connection, error);
        }
        const bool was_established = link->connection == self;
        report(was_established ? TcpEvent::Kind::disconnected : TcpEvent::Kind::failed, fault, connection, error,
               link->peer.id());
        if (was_established && steady_now() - connection.established_at() >= options().backoff_max) {
            link->backoff.reset();
        }
        lost(*link, fault);
    }

    [[nodiscard]] std::size_t handshakes() const noexcept { return roster_.size() - context_->statistics.connections; }

   private:
    [[nodiscard]] const TcpOptions& options() const noexcept { return context_->options; }

    /// What one queue may hold now: its bound, or a fair share of all.
    [[nodiscard]] SendQueue::Bounds bounds() const noexcept {
        const std::size_t share = options().queues_bytes_max / (roster_.size() + 1);
        return {share < options().queue_bytes_max ? share : options().queue_bytes_max, options().queue_frames_max};
    }

    /// The peer's link; made when there is none and the peer can be dialled. Null while closed.
    Link* link_of(const Peer& peer, std::size_t index) {
        if (!open_ || !peer) {
            return nullptr;
        }
        Link* link = links_.find(peer, index);
        if (link == nullptr) {
            return peer.address().empty() ? nullptr : &links_.add(io_, peer, options());
        }
        if (!peer.address().empty()) {
            link->rename(peer);
        }
        return link;
    }

    /// Whether frames may be queued to the peer; dials when nothing leads to it.
    bool reachable(Link& link) {
        if (link.connection != nullptr) {
            return true;
        }
        link.wanted_at = steady_now();
        if (link.state == Link::State::idle) {
            dial(link);
        }
        return link.state != Link::State::waiting;
    }

    /// Begins an attempt. One that cannot even begin fails in a later turn, as all attempts do.
    void dial(Link& link) {
        const auto address = parse_tcp_address(link.peer.address());
        TcpFault fault = TcpFault::none;
        if (!address || address->port == 0) {
            fault = TcpFault::bad_address;
        } else if (roster_.is_full()) {
            fault = TcpFault::full;
        }
        if (fault != TcpFault::none) {
            link.state = Link::State::waiting;
            return asio::post(io_, [self = shared_from_this(), weak = link.weak_from_this(), fault] {
                const auto undialled = weak.lock();
                if (undialled && undialled->state == Link::State::waiting && self->open_) {
                    self->report(TcpEvent::Kind::failed, fault, undialled->peer);
                    self->lost(*undialled, fault);
                }
            });
        }
        ++context_->statistics.dials;
        link.state = Link::State::dialling;
        const TimePoint deadline = steady_now() + options().handshake_timeout;
        link.dialler = std::make_shared<Dialler>(
            io_, [hub = weak_from_this(), weak = link.weak_from_this(), deadline](const auto& error, Socket socket) {
                const auto self = hub.lock();
                const auto dialled = weak.lock();
                if (self && dialled) {
                    self->dialled(*dialled, error, std::move(socket), deadline);
                }
            });
        link.dialler->start(*address, deadline);
    }

    void dialled(Link& link, const std::error_code& error, Socket socket, TimePoint deadline) {
        link.dialler.reset();
        if (error) {
            report(TcpEvent::Kind::failed, error == asio::error::timed_out ? TcpFault::timeout : TcpFault::io,
                   link.peer, error);
            return lost(link, TcpFault::io);
        }
        link.attempt = begin(std::move(socket), Side::dialler, deadline);
    }

    std::shared_ptr<Connection> begin(Socket socket, Side side, TimePoint deadline) {
        auto connection = std::make_shared<Connection>(shared_from_this(), context_,
                                                       options().security->wrap(std::move(socket)), side, deadline);
        roster_.add(connection);
        connection->start();
        return connection;
    }

    // ---- handshakes ----

    /// What is wrong with who greets, whichever side dialled.
    [[nodiscard]] TcpFault objection(const Connection& connection, const handshake::Hello& hello) const {
        const TcpFault fault = handshake::objection(context_->self, hello);
        const bool unproven = fault == TcpFault::none && !connection.stream().proves(hello.node_id);
        return unproven ? TcpFault::unproven_id : fault;
    }

    /// A peer dialled us.
    void hello(Connection& connection, const handshake::Greeting& greeting) {
        if (greeting.kind != handshake::Kind::hello) {
            return;
        }
        const Peer peer(greeting.hello.node_id);
        Link* link = links_.find(peer);
        TcpFault fault = objection(connection, greeting.hello);
        if (fault == TcpFault::none && link != nullptr) {
            fault = link->connection || insists(*link) ? TcpFault::duplicate : TcpFault::none;
            if (link->connection) {
                link->connection->probe();
            }
        }
        if (fault == TcpFault::none && roster_.is_beyond(connection)) {
            fault = TcpFault::full;
        }
        if (fault != TcpFault::none) {
            return refuse(connection, fault, greeting.hello.node_id);
        }
        if (link == nullptr) {
            link = &links_.add(io_, peer, options());
        }
        attach(*link, connection);
    }

    /// Whether our own attempt is known to the peer, which then gives way to the smaller id as we would.
    [[nodiscard]] bool insists(const Link& link) const {
        return link.attempt && link.attempt->phase() == Connection::Phase::greeting &&
               context_->self.node_id < link.peer.id();
    }

    /// A peer that we dialled answers.
    void answer(Connection& connection, const handshake::Greeting& greeting) {
        Link* const link = links_.serving(connection);
        if (greeting.kind == handshake::Kind::hello || link == nullptr) {
            return;
        }
        TcpFault fault = greeting.reason;
        if (greeting.kind == handshake::Kind::welcome) {
            fault = objection(connection, greeting.hello);
            if (fault == TcpFault::none && greeting.hello.node_id != link->peer.id()) {
                fault = TcpFault::unexpected_id;
            }
        }
        if (fault == TcpFault::none && greeting.kind == handshake::Kind::welcome) {
            return attach(*link, connection);
        }
        report(TcpEvent::Kind::failed, fault, connection, {}, link->peer.id());
        roster_.remove(connection);
        connection.close();
        lost(*link, fault);
    }

    void attach(Link& link, Connection& connection) {
        if (const auto attempt = std::exchange(link.attempt, nullptr); attempt && attempt.get() != &connection) {
            roster_.remove(*attempt);
            attempt->abort();
        }
        link.attach(connection.shared_from_this());
        flusher_->flush_soon(link.connection);
        report(TcpEvent::Kind::connected, TcpFault::none, connection, {}, link.peer.id());
    }

    void refuse(Connection& connection, TcpFault fault, std::string_view node_id) {
        ++context_->statistics.refused;
        const auto self = connection.shared_from_this();
        report(TcpEvent::Kind::refused, fault, connection, {}, node_id);
        roster_.remove(connection);
        connection.refuse(fault);
    }

    // ---- the end of connections and attempts ----

    /// Nothing leads to the peer any more: the protocol is told, and another attempt comes later while the peer is wanted.
    void lost(Link& link, TcpFault fault) {
        const auto kept = link.shared_from_this();
        link.connection.reset();
        link.attempt.reset();
        const TimePoint now = steady_now();
        link.wanted_at = link.used ? now : link.wanted_at;
        const bool expected = fault == TcpFault::duplicate;
        link.state = expected ? Link::State::expecting : Link::State::waiting;
        set_expiry(link.retry, now + link.backoff.wait(random_));
        link.retry.async_wait([hub = weak_from_this(), weak = link.weak_from_this()](const std::error_code& error) {
            const auto self = hub.lock();
            const auto waited = weak.lock();
            if (self && waited && !error) {
                self->retry(*waited);
            }
        });
        if (!expected) {
            link.drop_queue(*context_);
            failed(link);
        }
    }

    void retry(Link& link) {
        if (link.connection != nullptr || !open_) {
            return;
        }
        link.state = Link::State::idle;
        const bool wanted = steady_now() - link.wanted_at < options().reconnect_window;
        if (link.peer.address().empty() || !wanted) {
            link.drop_queue(*context_);
            links_.erase(link);
        } else {
            dial(link);
        }
    }

    void failed(Link& link) {
        if (std::exchange(link.used, false)) {
            const Peer peer = link.peer;
            callbacks_.failed(peer);
        }
    }

    // ---- telling ----

    void report(TcpEvent::Kind kind, TcpFault fault, const Connection& connection, const std::error_code& error,
                std::string_view peer_id = {}) {
        if (options().observer == nullptr) {
            return;
        }
        const auto& endpoint = connection.endpoint();
        const std::string remote = to_string(TcpAddress{endpoint.address().to_string(), endpoint.port()});
        context_->report({kind, fault, peer_id, remote, error});
    }

    void report(TcpEvent::Kind kind, TcpFault fault, const Peer& peer, const std::error_code& error = {}) {
        context_->report({kind, fault, peer.id(), peer.address(), error});
    }

    asio::io_context& io_;
    std::shared_ptr<Context> context_;
    Random random_;
    bool open_{false};
    Callbacks callbacks_;
    FrameWriter writer_;
    LinkTable links_;
    Roster roster_;
    std::shared_ptr<Flusher> flusher_;
};

}  // namespace lattice::inline v0::tcp
