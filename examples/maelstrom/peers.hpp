#pragma once

#include <string>
#include <utility>
#include <vector>

#include <lattice/core/peer_source.hpp>

/// The PeerSource of this program: the nodes that Maelstrom named at the start, for good.
///
/// The topology that the workload suggests is left aside: everybody can reach everybody, and the protocol picks better
/// neighbours than a grid has.
class MaelstromPeers {
   public:
    explicit MaelstromPeers(const std::vector<std::string>& node_ids) {
        std::vector<lattice::Peer> peers;
        for (const auto& id : node_ids) {
            peers.emplace_back(id, id);
        }
        peers_ = lattice::PeerList(std::move(peers));
    }

    [[nodiscard]] lattice::PeerList peers() const noexcept { return peers_; }

   private:
    lattice::PeerList peers_;
};
static_assert(lattice::PeerSource<MaelstromPeers>);
