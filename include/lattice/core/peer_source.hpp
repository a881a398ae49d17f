#pragma once

#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

#include <lattice/core/callback.hpp>
#include <lattice/core/peer.hpp>

namespace lattice::inline v0 {

/// Gives the peers that are believed alive now.
///
/// | expression             | result                              | meaning                                            |
/// |------------------------|-------------------------------------|----------------------------------------------------|
/// | `s.peers()`            | `PeerList` or `std::vector<Peer>`   | The peers to gossip with: all, or the part of the  |
/// |                        |                                     | network that this node knows.                      |
/// | `s.on_change(f)`       | `void`                              | Optional: `f` is called, on the executor, whenever |
/// |                        |                                     | the list has changed. An empty `f` ends that.      |
/// | `s.is_partial()`       | `bool`                              | Optional: whether the list is only part of the     |
/// |                        |                                     | network. Without it, and by default, it is all.    |
///
/// What the compiler cannot check:
/// - `peers` returns at once: a source that asks a network does so on its own and returns what it knows.
/// - Without `on_change` the protocol asks every Config::peer_refresh_interval while it has work. A source that returns the
///   same PeerList object while nothing changed makes that free.
/// - This node itself and doubled ids may be in the list; the protocol leaves them out.
/// - The protocol keeps a reference; the source outlives it.
template <typename T>
concept PeerSource = requires(T& source) {
    requires std::same_as<decltype(source.peers()), PeerList> ||
        std::same_as<std::remove_cvref_t<decltype(source.peers())>, std::vector<Peer>>;
};

/// A peer source that tells of changes.
template <typename T>
concept NotifyingPeerSource = PeerSource<T> && requires(T& source, Callback<void()> callback) {
    { source.on_change(std::move(callback)) } -> std::same_as<void>;
};

/// Whether the source says that it knows only part of the network.
template <typename T>
bool is_partial(const T& source) noexcept {
    if constexpr (requires { static_cast<bool>(source.is_partial()); }) {
        return static_cast<bool>(source.is_partial());
    }
    return false;
}

/// The least that is a PeerSource: a node that knows nobody.
struct NoPeers {
    [[nodiscard]] PeerList peers() const noexcept { return {}; }
};
static_assert(PeerSource<NoPeers>);
static_assert(!NotifyingPeerSource<NoPeers>);
static_assert(!PeerSource<int>);

}  // namespace lattice::inline v0
