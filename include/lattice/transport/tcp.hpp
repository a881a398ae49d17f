#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>

#include <lattice/core/frame.hpp>
#include <lattice/core/limits.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/transport/tcp/address.hpp>
#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/hub.hpp>
#include <lattice/transport/tcp/listener.hpp>
#include <lattice/transport/tcp/options.hpp>

namespace lattice::inline v0 {

/// A Transport over TCP, plain or with TLS (transport/tls.hpp): one connection to each peer, frames of the binary codec.
///
/// What it promises:
/// - A frame is encoded once, whatever the number of peers; frames of one turn of the loop leave in one write per peer.
/// - Every peer has a bounded queue of its own: `crowded` says that a quarter of it is taken. At the bound announcements give
///   way, then payloads; `busy` says that nothing did. A peer that takes nothing for TcpOptions::stall_timeout is cut. No peer costs another one anything.
/// - A peer is dialled when something is sent to it, frames wait for the connection, and a lost connection is tried again,
///   with back-off and jitter, as long as the peer is wanted. While it backs off, `send` says unreachable.
/// - Who dials us may be answered as long as it stays: `from` of its frames is all that `send` needs.
/// - Peer data never throws: a peer that breaks the protocol is disconnected, and TcpOptions::observer hears why.
///
/// Addresses: `tcp://host:port`. Peers of other schemes are unreachable.
///
/// Threads: all calls on the one thread that runs the io_context, or while nothing runs it. `close` needs that thread to go
/// on for a moment (TcpOptions::linger_timeout at most) for the last bytes to leave; dropping the io_context instead is no
/// error. Ownership: the io_context outlives the transport.
class TcpTransport {
   public:
    /// Takes the address to listen on, if there is one; connections are accepted from `open` on. Throws
    /// std::invalid_argument for settings that cannot work, std::system_error when the address is not to be had.
    TcpTransport(asio::io_context& io, TcpOptions options)
        : io_(io), context_(std::make_shared<Context>(checked(std::move(options)))) {
        const TcpOptions& settings = context_->options;
        hub_ = std::make_shared<tcp::Hub>(io_, context_, settings.seed ? *settings.seed : system_seed());
        if (!settings.listen.empty()) {
            endpoint_ = resolve(io_, *parse_tcp_address(settings.listen));
            listen();
        }
    }

    TcpTransport(const TcpTransport&) = delete;
    TcpTransport& operator=(const TcpTransport&) = delete;
    ~TcpTransport() { close(); }

    /// See Transport. Frames to peers that are being connected to are queued and `sent`.
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        hub_->send(frame, peers, statuses);
    }

    /// See Transport. Throws std::system_error when the address was taken by somebody else since `close`.
    void open(TransportEvents events) {
        if (!context_->options.listen.empty() && listener_ == nullptr) {
            listen();
        }
        hub_->open(std::move(events));
        if (listener_ != nullptr) {
            listener_->start([weak = std::weak_ptr(hub_)](tcp::Socket socket) {
                if (const auto hub = weak.lock()) {
                    hub->accepted(std::move(socket));
                }
            });
        }
    }

    /// What is taken arrives, or its peer is reported as failed, or its queue was full later: then reconciliation brings it.
    [[nodiscard]] bool reliable() const noexcept { return true; }

    /// See Transport. Connections end in an orderly way: what was sent still leaves if the peer takes it in time.
    void close() {
        if (listener_ != nullptr) {
            std::exchange(listener_, nullptr)->close();
        }
        hub_->close();
    }

    /// Dials the peer without sending anything, so that the first message finds a connection. Only while open.
    void connect(const Peer& peer) { hub_->connect(peer); }

    /// Whether there is an established connection to the peer.
    [[nodiscard]] bool connected(const Peer& peer) const { return hub_->connected(peer); }

    /// Where it listens, as `tcp://host:port` with the real port; empty when it does not. The host is the one of
    /// TcpOptions::listen in numbers: for `0.0.0.0` others need another name for this machine.
    [[nodiscard]] std::string address() const {
        return context_->options.listen.empty()
                   ? std::string{}
                   : to_string(TcpAddress{endpoint_.address().to_string(), endpoint_.port()});
    }

    [[nodiscard]] TcpStatistics statistics() const {
        TcpStatistics statistics = context_->statistics;
        statistics.handshakes = hub_->handshakes();
        return statistics;
    }

   private:
    using Context = tcp::Context;

    static TcpOptions checked(TcpOptions options) {
        const auto require = [](bool holds, const char* problem) {
            if (!holds) {
                throw std::invalid_argument(problem);
            }
        };
        require(is_identifier(options.node_id, ceiling::node_id),
                "TcpOptions::node_id must be 1 to 128 printable ASCII characters without spaces");
        require(options.network_id.size() <= tcp::handshake::network_id_max,
                "TcpOptions::network_id must have at most 64 bytes");
        require(options.listen.empty() || parse_tcp_address(options.listen).has_value(),
                "TcpOptions::listen must be host:port or tcp://host:port");
        require(options.payload_max != 0 && options.payload_max <= ceiling::payload,
                "TcpOptions::payload_max must be 1 byte to 16 MiB");
        require(options.connections_max != 0 && options.connections_per_address != 0 && options.queue_frames_max != 0,
                "TcpOptions: limits on connections and frames must be at least 1");
        if (options.security == nullptr) {
            options.security = std::make_shared<tcp::PlainStreams>();
        }
        return options;
    }

    static std::uint64_t system_seed() {
        std::random_device device;
        return (std::uint64_t{device()} << 32U) ^ device();
    }

    static asio::ip::tcp::endpoint resolve(asio::io_context& io, const TcpAddress& address) {
        std::error_code not_numeric;
        const auto numeric = asio::ip::make_address(address.host, not_numeric);
        if (!not_numeric) {
            return {numeric, address.port};
        }
        asio::ip::tcp::resolver resolver(io);
        return *resolver.resolve(address.host, std::to_string(address.port)).begin();
    }

    void listen() {
        auto listener = std::make_shared<tcp::Listener>(io_);
        listener->bind(endpoint_);
        endpoint_ = listener->endpoint();
        listener_ = std::move(listener);
    }

    asio::io_context& io_;
    std::shared_ptr<Context> context_;
    std::shared_ptr<tcp::Hub> hub_;
    std::shared_ptr<tcp::Listener> listener_;  ///< Null while closed, or when it does not listen.
    asio::ip::tcp::endpoint endpoint_;
};
static_assert(Transport<TcpTransport>);

}  // namespace lattice::inline v0
