#pragma once

#include <cstdint>
#include <string_view>

#include <lattice/core/statistics.hpp>

namespace lattice::inline v0 {

/// One number of Statistics as metrics systems want it described.
struct Counter {
    /// A counter only rises, a gauge says how it is now.
    enum class Kind : std::uint8_t { counter, gauge };

    std::string_view name;  ///< As the member of Statistics.
    std::string_view help;
    std::uint64_t Statistics::*value;
    Kind kind{Kind::counter};
};

/// Every number of Statistics except the refusals, which have a reason each. The reference's six come first.
inline constexpr Counter counters[] = {
    {"messages_sent", "Messages broadcast by this node", &Statistics::messages_sent},
    {"messages_received", "Messages that came from peers, of any outcome", &Statistics::messages_received},
    {"messages_forwarded", "Copies handed on for others", &Statistics::messages_forwarded},
    {"duplicates_filtered", "Messages received that were known", &Statistics::duplicates_filtered},
    {"cached_messages", "Messages held for others now", &Statistics::cached_messages, Counter::Kind::gauge},
    {"pending_messages", "Messages that wait for a verdict now", &Statistics::pending_messages, Counter::Kind::gauge},
    {"delivered", "New messages accepted", &Statistics::delivered},
    {"payloads_sent", "Copies of messages sent: broadcast, forwarded, provided", &Statistics::payloads_sent},
    {"payloads_provided", "Of these, answers to requests", &Statistics::payloads_provided},
    {"announces_sent", "Announcements sent", &Statistics::announces_sent},
    {"announces_received", "Announcements received", &Statistics::announces_received},
    {"requests_sent", "Messages asked for", &Statistics::requests_sent},
    {"requests_received", "Messages that peers asked for", &Statistics::requests_received},
    {"requests_expired", "Requests that a peer left unanswered", &Statistics::requests_expired},
    {"not_found_sent", "Requests answered with not found", &Statistics::not_found_sent},
    {"not_found_received", "Requests of this node that were answered so", &Statistics::not_found_received},
    {"acknowledges_sent", "Acknowledgements sent", &Statistics::acknowledges_sent},
    {"acknowledges_received", "Acknowledgements received", &Statistics::acknowledges_received},
    {"pushes_repeated", "Copies sent again for want of an acknowledgement", &Statistics::pushes_repeated},
    {"link_controls_sent", "Frames about links and trees of an overlay sent", &Statistics::link_controls_sent},
    {"branches_moved", "Branches of trees given to others", &Statistics::branches_moved},
    {"suspicions", "Peers taken to be gone for a while", &Statistics::suspicions},
    {"neighbours", "Links of the overlay", &Statistics::neighbours, Counter::Kind::gauge},
    {"tree_degree", "Children of a node in a tree", &Statistics::tree_degree, Counter::Kind::gauge},
    {"lazy_links", "Peers that a message is announced to in a round", &Statistics::lazy_links, Counter::Kind::gauge},
    {"receipts_counted", "Messages counted for receipts now", &Statistics::receipts_counted, Counter::Kind::gauge},
    {"tallies_sent", "Frames sent about how many nodes took a message", &Statistics::tallies_sent},
    {"tallies_received", "Frames received about how many nodes took a message", &Statistics::tallies_received},
    {"measured_loss", "Copies that had to be sent again, per thousand", &Statistics::measured_loss,
     Counter::Kind::gauge},
    {"syncs_started", "Anti-entropy sessions begun", &Statistics::syncs_started},
    {"syncs_completed", "Anti-entropy sessions that came to an end", &Statistics::syncs_completed},
    {"syncs_served", "Anti-entropy requests answered", &Statistics::syncs_served},
    {"reconciles_started", "Anti-entropy sessions begun by set reconciliation", &Statistics::reconciles_started},
    {"reconciles_abandoned", "Set reconciliations that ended in listing names or without an answer",
     &Statistics::reconciles_abandoned},
    {"reconciles_served", "Requests of set reconciliation answered", &Statistics::reconciles_served},
    {"sends_busy", "Frames that a peer's queue had no room for", &Statistics::sends_busy},
    {"sends_unreachable", "Frames to peers that could not be reached", &Statistics::sends_unreachable},
    {"control_ignored", "Control frames beyond a peer's share", &Statistics::control_ignored},
};

// A number that is added to Statistics is to be added above.
static_assert(sizeof(Statistics) == (sizeof counters / sizeof *counters + refusal_kinds) * sizeof(std::uint64_t));

}  // namespace lattice::inline v0
