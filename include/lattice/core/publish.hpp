#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <lattice/core/callback.hpp>
#include <lattice/core/config.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/receipt.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// What became of a broadcast, as far as can be said at once. Publishing never fails in silence.
struct PublishOutcome {
    enum class Status : std::uint8_t {
        sent,    ///< Handed to the transport for `peers` peers; announcements and anti-entropy follow.
        posted,  ///< Called off the executor: well formed, and on its way there. BroadcastOptions::outcome tells more.
        no_peers,    ///< Held, and announced as soon as peers are known and reachable.
        busy,        ///< Held, and announced later: no peer's queue had room. Time to slow down.
        too_large,   ///< Refused: payload above Limits::payload_max. Nothing changed.
        bad_type,    ///< Refused: not 1 to 64 printable ASCII characters without spaces. Nothing changed.
        bad_option,  ///< Refused: a lifetime that is not positive, or a ttl of 0 or above the ceiling. Nothing changed.
        bad_receipt,  ///< Refused: not one of peers and fraction, a fraction not above 0 and at most 1, or a timeout not
                      ///< above 0 and at most Limits::receipt_time. Nothing changed.
        size_unknown,  ///< Refused: a receipt by fraction where the peer source knows only part of the network. Nothing
                       ///< changed.
        overloaded,    ///< Refused: too much was posted and not run yet, because this node or its peers cannot keep up,
                       ///< or more receipts wait than Limits::receipts_max. Nothing changed.
        not_running,   ///< Refused: the protocol is stopped. Nothing changed.
    };

    Status status{Status::not_running};
    MessageId id{};        ///< Of the message, when it is held.
    std::size_t peers{0};  ///< Peers that the transport took it for.

    /// Whether the message is on its way or held to be.
    explicit operator bool() const noexcept {
        return status == Status::sent || status == Status::posted || status == Status::no_peers ||
               status == Status::busy;
    }
};

/// The status as it stands in logs and error texts.
constexpr const char* name_of(PublishOutcome::Status status) noexcept {
    constexpr const char* names[] = {"sent",         "posted",     "no_peers",   "busy",
                                     "too_large",    "bad_type",   "bad_option", "bad_receipt",
                                     "size_unknown", "overloaded", "not_running"};
    return names[static_cast<std::size_t>(status)];
}

/// How one message is to be spread; the defaults are the node's settings.
struct PublishOptions {
    /// Hops that eager forwarding makes at most; 1 to ceiling::hops.
    std::optional<std::uint8_t> ttl{};
    /// The message is not worth having after that time. Absent: the receivers' horizon decides.
    std::optional<Duration> lifetime{};
    /// Which messages go first where several wait.
    Priority priority{Priority::normal};
    /// Nodes that took the message are counted until this is reached; absent: they are not. Costs a small frame per node.
    std::optional<ReceiptGoal> receipt{};
};

/// How one message is to be spread, and who is told how it went.
struct BroadcastOptions : PublishOptions {
    /// Called on the executor with the outcome, once, when the call itself returned `posted`; else not at all.
    Callback<void(const PublishOutcome&)> outcome{};
    /// Called on the executor with what came of `receipt`, once, unless the call itself returned a refusal. Not before the call
    /// returned; when the protocol is stopped, from there. Must not throw.
    Callback<void(const ReceiptOutcome&)> receipted{};
};

/// What a node with these settings would refuse to publish, whatever its state; absent when it is well formed.
inline std::optional<PublishOutcome::Status> refuse_publish(const Config& config, std::string_view type,
                                                            std::size_t payload_size, const PublishOptions& options) {
    using Status = PublishOutcome::Status;
    if (!is_identifier(type, ceiling::type)) {
        return Status::bad_type;
    }
    if (payload_size > config.limits.payload_max) {
        return Status::too_large;
    }
    const bool bad_ttl = options.ttl && (*options.ttl == 0 || *options.ttl > ceiling::hops);
    const bool bad_lifetime = options.lifetime && *options.lifetime < std::chrono::microseconds{1};
    if (bad_ttl || bad_lifetime) {
        return Status::bad_option;
    }
    const bool bad_receipt = options.receipt && !options.receipt->is_valid(config.limits);
    return bad_receipt ? std::optional(Status::bad_receipt) : std::nullopt;
}

}  // namespace lattice::inline v0
