#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <lattice/core/limits.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Bounds of the HTTP transport, each with its reason. All deadlines are absolute: a peer that sends a byte now and then
/// gains nothing.
struct HttpLimits {
    /// Largest payload that travels, bytes: what Limits::payload_max says. The bounds of bodies follow from it.
    std::size_t payload_max{Limits{}.payload_max};

    /// Bytes of a message as JSON: its payload as base64, which is the longest form, and the other fields.
    [[nodiscard]] constexpr std::size_t body_max() const noexcept {
        return payload_max / 3 * 4 + 4 + ceiling::frame_overhead;
    }
    /// Bytes of one POST of frames, in either direction: a batch, or two of the largest frames.
    [[nodiscard]] constexpr std::size_t frames_body_max() const noexcept {
        const std::size_t two = 2 * (payload_max + ceiling::frame_overhead);
        return two > (1U << 20U) ? two : 1U << 20U;
    }
    /// Bytes of an answer to a listing of ids: 10,000 ids of 64 digits with quotes and commas.
    std::size_t listing_body_max{1U << 20U};

    std::size_t request_line_max{4U << 10U};  ///< Bytes; the longest path of ours has 90.
    std::size_t headers_max{8U << 10U};       ///< Bytes of all header lines together; httplib has it per line.
    std::size_t header_count_max{64};         ///< Browsers send about 20.
    std::size_t listed_ids_max{10'000};       ///< Ids in one answer to GET message_ids; more are paged.
    std::size_t frames_per_request_max{4'096};

    /// Connections taken in all, and from one address. Each holds a thread while it lives, hence the bound; libp2p has
    /// the same figures. At the bound the connection that idles for longest makes room, else the new one is refused.
    std::size_t connections_max{128};
    std::size_t connections_per_address{8};
    /// Loopback has a bound of its own: a proxy or many local nodes come from one address.
    std::size_t connections_from_loopback{128};

    Duration header_timeout{std::chrono::seconds{5}};  ///< From the first byte of a request to the end of its headers.
    Duration body_timeout{std::chrono::seconds{10}};   ///< For the whole body to arrive.
    Duration reply_timeout{std::chrono::seconds{10}};  ///< For the protocol to decide, and again to send the answer.
    Duration idle_timeout{std::chrono::seconds{30}};   ///< A connection without requests is closed then.

    Duration push_timeout{
        std::chrono::seconds{5}};  ///< A client's whole exchange, connecting included: the reference's.
    Duration pull_timeout{std::chrono::seconds{10}};         ///< The same for fetches and listings: the reference's.
    Duration client_idle_timeout{std::chrono::seconds{15}};  ///< Shorter than a server's, so that ours closes first.
    Duration backoff_min{std::chrono::milliseconds{100}};    ///< Pause after a failed exchange, doubled each time ...
    Duration backoff_max{std::chrono::seconds{10}};  ///< ... to this; each is drawn from half of it to all of it.

    /// Frames and bytes waiting for one peer; beyond, `send` says busy, from a quarter on crowded. Bitcoin keeps 1 MB, NATS
    /// 64 MiB.
    std::size_t queue_items_max{2'048};
    std::size_t queue_bytes_max{4U << 20U};
    /// Threads that send. Half of them at most serve peers that failed or never answered, so that the others are never
    /// late for them.
    std::size_t senders_max{32};
    /// Exchanges at once with a foreign peer, which is asked for each message by its own request.
    std::size_t connections_per_peer{4};
    /// Peers for which a queue is kept.
    std::size_t peers_max{1'024};
};

/// How an HttpTransport is set up.
struct HttpOptions {
    std::string host{"127.0.0.1"};  ///< Address to serve at; a name or an address literal, IPv6 without brackets.
    std::uint16_t port{0};          ///< 0 takes a free one; HttpTransport::port() tells it.
    /// Whether to serve at all: a node behind a firewall may only call others.
    enum class Serving : std::uint8_t { on, off } serving{Serving::on};
    /// This node's id: who it says it is to peers (header X-Lattice-Node, and seen_by in messages).
    std::string node_id{};
    /// Origins of web pages that may call this node, as in "https://example.org". A browser's request from any other is
    /// refused: without this every page that a user opens could feed the node at its loopback address.
    std::vector<std::string> allowed_origins{};
    HttpLimits limits{};
};

}  // namespace lattice::inline v0
