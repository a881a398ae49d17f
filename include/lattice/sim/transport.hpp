#pragma once

#include <memory>
#include <span>
#include <utility>

#include <lattice/core/frame.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/peer_source.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/sim/network.hpp>

namespace lattice::inline v0::sim {

/// A node's end of the simulated network: a Transport model. Frames travel as values; what they would take on a wire is
/// counted by the codec's sizes.
class SimTransport {
   public:
    SimTransport(Network& network, NodeIndex node) noexcept : network_(&network), node_(node) {}

    // The table of the Transport concept.

    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        network_->send(node_, frame, peers, statuses);
    }
    /// By default the simulated network says that it loses what it likes, without a word.
    [[nodiscard]] bool reliable() const noexcept { return network_->claims_reliability(); }
    void open(TransportEvents events) {
        close();
        events_ = std::move(events);
    }
    void close() {
        if (calling_) {  // A callback must not die while it runs.
            retired_ = std::make_unique<TransportEvents>(std::move(events_));
        }
        events_ = {};
    }

    // What the world does with it.

    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(events_.received); }

    /// Hands a frame to the protocol. The transport must be open.
    Receipt receive(const Peer& from, Frame&& frame) {
        calling_ = true;
        const Receipt receipt = events_.received(from, std::move(frame));
        calling_ = false;
        retired_.reset();
        return receipt;
    }

    /// Tells the protocol that a peer could not be reached.
    void report_failure(const Peer& peer) {
        if (events_.failed) {
            events_.failed(peer);
        }
    }

   private:
    Network* network_;
    NodeIndex node_;
    bool calling_{false};
    TransportEvents events_;
    std::unique_ptr<TransportEvents> retired_;  ///< Closed from within; goes when the callback has returned.
};
static_assert(Transport<SimTransport>);

/// What a node knows of the network: a PeerSource model that shares one list among all who know the same.
class SimPeers {
   public:
    [[nodiscard]] PeerList peers() const noexcept { return peers_; }
    void on_change(Callback<void()> callback) { changed_ = std::move(callback); }

    /// The node knows these from now on.
    void set(PeerList peers) {
        peers_ = std::move(peers);
        if (changed_) {
            changed_();
        }
    }

   private:
    PeerList peers_;
    Callback<void()> changed_;
};
static_assert(NotifyingPeerSource<SimPeers>);

}  // namespace lattice::inline v0::sim
