#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <lattice/codec/compression.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/limits.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Why a connection was refused or ended. The first block travels in refusals, under these numbers.
enum class TcpFault : std::uint8_t {
    none = 0,
    version = 1,        ///< No protocol version in common.
    wrong_network = 2,  ///< The network ids differ.
    self = 3,           ///< The address is this node's own.
    id_taken = 4,       ///< Another node with the id of the node that was asked.
    duplicate = 5,      ///< There is a connection between the two already, or the other's attempt wins.
    full = 6,           ///< A limit on connections is reached; worth another try later.
    unexpected_id = 7,  ///< Another node than the one that was dialled answers there.
    unproven_id = 8,    ///< The certificate does not name the node id.
    malformed = 9,      ///< Bytes that are no handshake or no frame.
    oversize = 10,      ///< A frame longer than the cap was declared.
    stopping = 11,      ///< The transport is being closed.

    bad_address = 32,  ///< Not `tcp://host:port`.
    not_lattice = 33,  ///< The other side speaks another protocol.
    closed = 34,       ///< The other side closed an established connection.
    io = 35,           ///< The system reported an error: refused, reset, unresolvable.
    timeout = 36,      ///< The handshake did not end in time.
    stalled = 37,      ///< The peer took nothing for TcpOptions::stall_timeout.
    silent = 38,       ///< The peer sent nothing, not even an answer to a ping.
    security = 39,     ///< TLS failed: a certificate, a version, plain text.
    truncated = 40,    ///< TLS ended without its closing alert: bytes may have been cut off.
};

/// The name of a fault as it stands in logs and refusals.
constexpr const char* name_of(TcpFault fault) noexcept {
    switch (fault) {
        case TcpFault::none:
            return "none";
        case TcpFault::version:
            return "version";
        case TcpFault::wrong_network:
            return "wrong_network";
        case TcpFault::self:
            return "self";
        case TcpFault::id_taken:
            return "id_taken";
        case TcpFault::duplicate:
            return "duplicate";
        case TcpFault::full:
            return "full";
        case TcpFault::unexpected_id:
            return "unexpected_id";
        case TcpFault::unproven_id:
            return "unproven_id";
        case TcpFault::malformed:
            return "malformed";
        case TcpFault::oversize:
            return "oversize";
        case TcpFault::stopping:
            return "stopping";
        case TcpFault::bad_address:
            return "bad_address";
        case TcpFault::not_lattice:
            return "not_lattice";
        case TcpFault::closed:
            return "closed";
        case TcpFault::io:
            return "io";
        case TcpFault::timeout:
            return "timeout";
        case TcpFault::stalled:
            return "stalled";
        case TcpFault::silent:
            return "silent";
        case TcpFault::security:
            return "security";
        case TcpFault::truncated:
            return "truncated";
    }
    return "unknown";
}

/// What happens to connections, for logs and tests. The views are valid during the call only.
struct TcpEvent {
    enum class Kind : std::uint8_t {
        connected,     ///< Established; frames flow.
        disconnected,  ///< Was established; `fault` says why it ended.
        refused,       ///< This node turned an inbound connection away.
        failed,        ///< An attempt of this node's came to nothing; a fault up to `stopping` is what the peer said.
    } kind{};
    TcpFault fault{TcpFault::none};
    std::string_view peer_id;  ///< Empty when the peer has not said it.
    std::string_view remote;   ///< Numeric address and port of the other side; empty when there was none.
    std::error_code error;     ///< What the system or TLS said, if it did.
};

class StreamFactory;

/// Settings of a TcpTransport; every bound has its reason beside it.
struct TcpOptions {
    std::string node_id{};     ///< This node's id, as in Config.
    std::string network_id{};  ///< Nodes with different ones refuse each other; up to 64 bytes, may be empty.
    /// `host:port` or `tcp://host:port` to accept connections on; port 0 takes a free one (see `TcpTransport::address`).
    /// Empty: this node only dials.
    std::string listen{};
    /// Null: plain TCP. `tls(...)` of transport/tls.hpp: TLS 1.3.
    std::shared_ptr<StreamFactory> security{};
    /// Null: payloads travel as they are. `zstd(...)` of codec/zstd.hpp: compressed, to peers with the same setting and the
    /// same dictionary; others are sent them as they are. Not shared with transports on other threads.
    std::shared_ptr<Compression> compression{};
    /// Smaller payloads are not worth the work; a good dictionary makes less worth it.
    std::size_t compressed_from{512};
    /// For back-off jitter and the nonce that tells this node from others; absent: from the system.
    std::optional<std::uint64_t> seed{};
    /// The time of day, for messages that expire before they can be sent; null: the system's. On the executor.
    std::shared_ptr<Callback<WallTime()>> wall_clock{};
    /// Called on the executor, never from within `send`. For logs: it must neither throw nor call the transport.
    std::shared_ptr<Callback<void(const TcpEvent&)>> observer{};

    /// Largest payload taken from a peer: what Limits::payload_max is set to.
    std::size_t payload_max{Limits{}.payload_max};
    /// Connections at once, both directions and unfinished handshakes included; libp2p's figures. A cluster whose nodes
    /// share one address (a machine, a NAT) must raise the second.
    std::size_t connections_max{128};
    std::size_t connections_per_address{8};
    /// Bytes queued per peer and not yet taken by the system. With `queues_bytes_max` it is the smaller of this and an
    /// equal share for each connection.
    std::size_t queue_bytes_max{4U << 20U};
    /// Frames queued per peer: what 4 MiB of the smallest useful messages (256 bytes) are. A frame costs no memory of its
    /// own here beyond its bytes, since neighbours share one entry; the bound keeps the time to drain a queue in hand.
    std::size_t queue_frames_max{16'384};
    /// Bytes queued in all: half of the library's 256 MiB.
    std::size_t queues_bytes_max{128U << 20U};

    Duration handshake_timeout{std::chrono::seconds{5}};     ///< From dialling or accepting to established, absolute.
    Duration stall_timeout{std::chrono::seconds{10}};        ///< Without write progress the peer is cut; NATS's figure.
    Duration keep_alive_interval{std::chrono::seconds{15}};  ///< Silence after which the peer is pinged.
    Duration keep_alive_timeout{std::chrono::seconds{10}};   ///< Silence after the ping that means it is dead.
    Duration linger_timeout{std::chrono::seconds{1}};  ///< For the last bytes of a connection that is being closed.
    Duration backoff_initial{std::chrono::milliseconds{100}};  ///< Before the first new attempt; doubles, with jitter.
    Duration backoff_max{std::chrono::seconds{15}};            ///< Where the doubling ends.
    /// How long after the last `send` or `connect` to a peer its lost connection is still tried again.
    Duration reconnect_window{std::chrono::minutes{10}};
};

/// Counters since construction, and gauges of now.
struct TcpStatistics {
    std::uint64_t bytes_sent{};  ///< On sockets, handshakes and pings included, TLS's own bytes not.
    std::uint64_t bytes_received{};
    std::uint64_t frames_sent{};  ///< Handed to a queue, once per peer.
    std::uint64_t frames_received{};
    std::uint64_t frames_encoded{};  ///< Once per frame, however many peers.
    std::uint64_t frames_packed{};   ///< Of those: compressed too, once for all peers that take that.
    std::uint64_t writes{};          ///< Calls of the system that took bytes.
    std::uint64_t reads{};
    std::uint64_t frames_evicted{};  ///< Entries thrown out of full queues for more urgent frames.
    std::uint64_t frames_expired{};  ///< Left out because the message's time had passed when its turn came.
    std::uint64_t sends_busy{};
    std::uint64_t dials{};
    std::uint64_t accepted{};
    std::uint64_t refused{};
    std::size_t connections{};   ///< Gauge: established.
    std::size_t handshakes{};    ///< Gauge: not established yet.
    std::size_t queued_bytes{};  ///< Gauge, over all peers; a payload queued to several counts for each.
};

}  // namespace lattice::inline v0
