#pragma once

#include <cstdint>

#include <lattice/core/box.hpp>
#include <lattice/core/config.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/push_ledger.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/receipt_ledger.hpp>
#include <lattice/core/recent_branches.hpp>
#include <lattice/core/round_trip.hpp>
#include <lattice/core/route.hpp>
#include <lattice/core/spread_tuner.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// A node that a message goes to along its tree, and what part of the network that node is to reach in turn.
struct TreeChild {
    Peer peer;
    Slice slice;
};

/// What an engine keeps of the trees of its messages.
template <typename T>
struct BasicTreeState {
    BasicTreeState(const Config& config, Random& random)
        : pushes(config.limits.unacknowledged_max, random), tuner(misses_tolerated(config)) {}

    BasicPushLedger<T> pushes;
    RecentBranches branches;
    RoundTrip lateness;           ///< How much later than its first announcement a message came along its tree.
    RoundTrip typical;            ///< Of acknowledgements, over all peers.
    TimePoint suspicion_until{};  ///< Nobody is suspected beyond.
    SpreadTuner tuner;
    Box<BasicReceiptLedger<T>> receipts;  ///< Made when the first publisher wants one.
    std::uint16_t hinted_round_trip{0};   ///< What peers say of theirs (Route::round_trip).
};

}  // namespace lattice::inline v0
