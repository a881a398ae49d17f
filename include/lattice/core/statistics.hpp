#pragma once

#include <cstddef>
#include <cstdint>

namespace lattice::inline v0 {

/// Why a message that came from a peer was not taken. None of these marks it as seen.
enum class Refusal : std::uint8_t {
    malformed,     ///< Type, origin, lengths out of bounds.
    too_large,     ///< Payload above Limits::payload_max.
    no_hops_left,  ///< Pushed with a ttl of 0.
    too_old,       ///< Timestamp before the window of a push, or the horizon of a fetch.
    from_future,   ///< Timestamp too far ahead of this node's clock.
    expired,       ///< Its own expiry has passed.
    bad_id,        ///< The id is not the hash of the fields, and Config::foreign_ids refuses that.
    rate_limited,  ///< The peer sent more than its share.
    overloaded,    ///< Too many messages wait for a verdict.
    rejected,      ///< The validator said no.
    ignored,       ///< The validator would not say; may be offered again.
    failed,        ///< A handler or validator threw; may be offered again.
};
inline constexpr std::size_t refusal_kinds = 12;

/// What became of one received message.
enum class Disposition : std::uint8_t {
    accepted,   ///< New: delivered, cached, on its way onward.
    duplicate,  ///< Known already.
    pending,    ///< New; a validator will say later.
    refused,    ///< See the Refusal.
};

/// Counters of one node since its start. The reference's come first, under its names.
///
/// They conserve: messages_received == delivered + duplicates_filtered + every refusal + validations pending.
struct Counters {
    std::uint64_t messages_sent{};       ///< Messages broadcast by this node's host.
    std::uint64_t messages_received{};   ///< Messages that came from peers, of any outcome.
    std::uint64_t messages_forwarded{};  ///< Copies handed to the transport on behalf of others.
    std::uint64_t duplicates_filtered{};

    std::uint64_t delivered{};  ///< New messages accepted, delivered to handlers where there are any.
    std::uint64_t refused[refusal_kinds]{};

    std::uint64_t payloads_sent{};      ///< Copies of messages handed to the transport: broadcast, forwarded, provided.
    std::uint64_t payloads_provided{};  ///< Of these, answers to requests.
    std::uint64_t announces_sent{};
    std::uint64_t announces_received{};
    std::uint64_t requests_sent{};  ///< Ids requested.
    std::uint64_t requests_received{};
    std::uint64_t requests_expired{};  ///< Requests that a peer left unanswered.
    std::uint64_t not_found_sent{};    ///< Ids answered so.
    std::uint64_t not_found_received{};
    std::uint64_t acknowledges_sent{};
    std::uint64_t acknowledges_received{};
    std::uint64_t pushes_repeated{};     ///< Copies sent again because no acknowledgement came.
    std::uint64_t link_controls_sent{};  ///< Frames about links and trees of an overlay, heralds included.
    std::uint64_t branches_moved{};      ///< Branches of trees given to others, because who had them did not answer.
    std::uint64_t suspicions{};          ///< Peers taken to be gone for a while, each time.
    std::uint64_t syncs_started{};
    std::uint64_t syncs_completed{};
    std::uint64_t syncs_served{};
    std::uint64_t reconciles_started{};    ///< Of the syncs, those by set reconciliation.
    std::uint64_t reconciles_abandoned{};  ///< Of these, those that ended in listing names, or without an answer.
    std::uint64_t reconciles_served{};     ///< Requests of set reconciliation answered.
    std::uint64_t sends_busy{};            ///< Frames that the transport had no room for.
    std::uint64_t sends_unreachable{};     ///< Frames for peers that the transport could not reach.
    std::uint64_t control_ignored{};       ///< Control frames beyond a peer's share.

    [[nodiscard]] std::uint64_t refusals(Refusal reason) const noexcept {
        return refused[static_cast<std::size_t>(reason)];
    }
    [[nodiscard]] std::uint64_t refusals() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : refused) {
            sum += count;
        }
        return sum;
    }
};

/// The counters of a node, and how it is now.
struct Statistics : Counters {
    std::uint64_t cached_messages{};
    std::uint64_t pending_messages{};  ///< Messages waiting for a deferred verdict.
    std::uint64_t neighbours{};        ///< Links of the overlay, when this node is part of one.
    std::uint64_t tree_degree{};       ///< Children of a node in a tree, for small messages.
    std::uint64_t lazy_links{};        ///< Peers that a message is announced to in a round.
    std::uint64_t receipts_counted{};  ///< Messages that are counted now, because their publishers want receipts.
    std::uint64_t tallies_sent{};      ///< Frames that told how many nodes took a message, since the last start.
    std::uint64_t tallies_received{};  ///< The same, received.
    std::uint64_t measured_loss{};     ///< Copies that had to be sent again, per thousand.
};

/// The name of a refusal as it stands in logs, metrics and error answers.
constexpr const char* name_of(Refusal reason) noexcept {
    constexpr const char* names[refusal_kinds] = {"malformed",   "too_large", "no_hops_left", "too_old",
                                                  "from_future", "expired",   "bad_id",       "rate_limited",
                                                  "overloaded",  "rejected",  "ignored",      "failed"};
    return names[static_cast<std::size_t>(reason)];
}

/// A disposition with its reason, as it goes back to whoever brought the message.
struct Receipt {
    Disposition disposition{Disposition::accepted};
    Refusal refusal{Refusal::malformed};  ///< Meaningful when refused.
};

}  // namespace lattice::inline v0
