#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Bounds that no setting can lift: what a peer can make this node hold or do ends here.
namespace ceiling {
inline constexpr std::size_t payload = 16U << 20U;         ///< Bytes; gossipsub ships 1 MiB, larger ones want chunks.
inline constexpr std::size_t frame_overhead = 16U << 10U;  ///< Bytes of a frame beyond one payload.
inline constexpr std::size_t type = 64;                    ///< Characters; Serf allows 128 for an event name.
inline constexpr std::size_t node_id = 128;                ///< Characters.
inline constexpr std::uint8_t hops = 32;           ///< log2 of four billion; larger received values are clamped.
inline constexpr std::size_t public_key = 32;      ///< Bytes, Ed25519.
inline constexpr std::size_t signature = 64;       ///< Bytes, Ed25519.
inline constexpr std::size_t listed_ids = 10'000;  ///< Ids in one answer to a foreign node, which knows no pages.
}  // namespace ceiling

/// Bounds per node and per peer, each with its reason. One slow or hostile peer costs itself, nobody else.
struct Limits {
    /// Largest payload taken from the host or a peer, bytes. At most ceiling::payload.
    std::size_t payload_max{256U << 10U};

    /// Ids in one Announce; longer ones are cut there and counted. Bitcoin allows 50,000, gossipsub 5,000.
    std::size_t announce_ids_max{1'000};
    /// Announce frames heeded per peer and gossip interval; gossipsub's figure.
    std::size_t announces_per_interval{10};
    /// Ids heeded per peer and gossip interval; gossipsub's figure.
    std::size_t announced_ids_per_interval{5'000};
    /// Announced ids tracked per peer until fetched; Bitcoin's figure.
    std::size_t tracked_ids_per_peer{5'000};

    /// Ids in one Request: answers to it stay well within a send queue.
    std::size_t fetch_ids_max{256};
    /// Ids requested from one peer and not answered yet; Bitcoin's is 100.
    std::size_t fetches_in_flight_per_peer{64};
    /// A request unanswered for so long goes to the next announcer.
    Duration fetch_timeout{std::chrono::seconds{2}};
    /// The doubling of `fetch_timeout` on repeated silence ends here.
    Duration fetch_timeout_max{std::chrono::seconds{16}};
    /// How often one peer gets the same message on request within a minute; gossipsub's figure. More is a way to make us
    /// upload; fewer, for good, would leave out a peer whose copies got lost.
    std::size_t answers_per_peer_and_id{3};

    /// A pushed copy unacknowledged for so long is sent again, until the peer's own round trip is known; over transports that
    /// do not lose frames, never sooner. RFC 6298 begins with 1 s; 200 ms cross the earth and back.
    Duration acknowledge_timeout{std::chrono::milliseconds{200}};
    /// Copies waiting to be acknowledged; beyond, repair is left to announcements.
    std::size_t unacknowledged_max{4'096};
    /// For so long no branch of a tree is left to a peer that did not acknowledge one.
    Duration suspicion{std::chrono::seconds{5}};

    /// Messages counted for receipts at once (see ReceiptLedger), some 100 bytes each and 32 for every child; others go on
    /// uncounted. 0: takes part in no receipts.
    std::size_t receipts_max{8'192};
    /// For so long a message is counted, and a publisher may wait. All nodes of a network must have the same.
    Duration receipt_time{std::chrono::seconds{30}};
    /// So many nodes a neighbour is believed to have reached, where the network's size is not known.
    std::uint32_t receipt_reach_max{1'000'000};

    /// Messages waiting for a deferred verdict, in all and per peer: a slow validator sheds load, and what is shed can be
    /// pulled again.
    std::size_t validations_max{1'024};
    std::size_t validations_per_peer{128};

    /// Messages and bytes per second taken from one peer, with bursts of twice that. 0 switches the limit off, for
    /// networks whose members are trusted. What is refused can be pulled later.
    std::uint32_t messages_per_second{200};
    std::uint64_t bytes_per_second{4U << 20U};

    /// Age and lead of the timestamp on a pushed message: the room for bad clocks.
    Duration push_age_max{std::chrono::minutes{10}};
    Duration clock_lead_max{std::chrono::minutes{2}};
    /// Age of a message that may still be fetched. Its id is remembered at least that long (see SeenSet).
    Duration horizon{std::chrono::hours{24}};
    /// Ids remembered. When they would be more, the horizon shrinks instead: a forgotten id is never accepted again.
    std::size_t seen_ids_max{4'000'000};

    /// Messages and bytes kept to be served. The reference's count; a quarter of the memory budget of 256 MiB.
    std::size_t cache_bytes_max{64U << 20U};

    /// Peers of which any state is kept at once; the least recently heard goes first.
    std::size_t peer_states_max{1'024};

    /// Anti-entropy: names in one SyncIds; requests served per peer and second; sessions of ours that may be open.
    std::size_t sync_ids_max{4'096};
    std::uint32_t syncs_per_second{4};
    /// Frames of set reconciliation answered per peer and second: a node that joins sends some ten in a session.
    std::uint32_t reconciles_per_second{32};
    /// A session that made no progress for so long is given up.
    Duration sync_timeout{std::chrono::seconds{10}};
    /// Broadcasts posted by other threads and not run yet, and the bytes of their payloads; `broadcast` says overloaded
    /// beyond. A lone one is always taken. A sixteenth of the memory budget.
    std::uint32_t posted_max{4'096};
    std::size_t posted_bytes_max{16U << 20U};
};

/// Whether `text` is 1 to `most` printable ASCII characters without spaces: what types and node ids are made of.
constexpr bool is_identifier(std::string_view text, std::size_t most) noexcept {
    if (text.empty() || text.size() > most) {
        return false;
    }
    for (const char c : text) {
        if (c <= ' ' || c > '~') {
            return false;
        }
    }
    return true;
}

}  // namespace lattice::inline v0
