#pragma once

#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include <lattice/core/callback.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/peer_source.hpp>

namespace lattice::inline v0 {

/// A PeerSource that is a list: the host's configuration, or whatever the host learns by its own means and puts in with
/// `replace`.
///
/// Threads: all calls on the protocol's executor (or before the protocol is started).
class FixedPeers {
   public:
    /// Knows nobody until `replace`.
    FixedPeers() = default;
    explicit FixedPeers(PeerList peers) : peers_(std::move(peers)) {}
    explicit FixedPeers(std::vector<Peer> peers) : peers_(std::move(peers)) {}
    FixedPeers(std::initializer_list<Peer> peers) : peers_(std::vector<Peer>(peers)) {}

    /// The list as it was given last, unchanged.
    [[nodiscard]] PeerList peers() const noexcept { return peers_; }

    /// Says that the list names only part of the network, now and later. To be called before the protocol starts.
    void declare_partial() noexcept { partial_ = true; }
    [[nodiscard]] bool is_partial() const noexcept { return partial_; }

    /// `changed` is called within every later `replace`, after the list has changed. An empty one ends that.
    void on_change(Callback<void()> changed) {
        changed_ = changed ? std::make_shared<Callback<void()>>(std::move(changed)) : nullptr;
    }

    /// From now on the list is this one.
    void replace(PeerList peers) {
        peers_ = std::move(peers);
        if (const auto changed = changed_) {
            (*changed)();
        }
    }
    void replace(std::vector<Peer> peers) { replace(PeerList(std::move(peers))); }

   private:
    PeerList peers_;
    bool partial_{false};
    std::shared_ptr<Callback<void()>> changed_;  ///< Shared, because the callback may replace itself while it runs.
};
static_assert(NotifyingPeerSource<FixedPeers>);

}  // namespace lattice::inline v0
