#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>

#include <lattice/core/peer.hpp>
#include <lattice/transport/tcp/link.hpp>
#include <lattice/transport/tcp/options.hpp>

namespace lattice::inline v0::tcp {

/// The links of one node by peer. Pointers to a link hold until it is erased.
class LinkTable {
   public:
    explicit LinkTable(std::uint64_t salt) : links_(8, Hash{salt}) {}

    /// The peer's link, or null.
    [[nodiscard]] Link* find(const Peer& peer) const {
        const auto found = links_.find(peer);
        return found == links_.end() ? nullptr : found->second.get();
    }

    /// The same for a peer that stands at `index` of a list: a protocol sends to the same peers in the same order over and
    /// over, so the link found there last time is looked at first.
    [[nodiscard]] Link* find(const Peer& peer, std::size_t index) {
        if (index < hints_.size() && hints_[index] != nullptr && hints_[index]->peer.id().data() == peer.id().data()) {
            return hints_[index];
        }
        Link* const link = find(peer);
        if (link != nullptr && index < hints_max) {
            hints_.resize(index < hints_.size() ? hints_.size() : index + 1, nullptr);
            hints_[index] = link;
        }
        return link;
    }

    /// A link to a peer that has none.
    Link& add(asio::io_context& io, const Peer& peer, const TcpOptions& options) {
        return *links_.emplace(peer, std::make_shared<Link>(io, peer, options)).first->second;
    }

    void erase(const Link& link) {
        hints_.clear();
        links_.erase(Peer(link.peer));
    }

    /// Ends what is under way on every link, connections aside, and forgets them all.
    void clear(Context& context) {
        hints_.clear();
        for (auto& entry : links_) {
            entry.second->stop(context);
        }
        links_.clear();
    }

    /// The link that the connection serves, established or not; or null.
    [[nodiscard]] Link* serving(const Connection& connection) const {
        for (const auto& entry : links_) {
            Link& link = *entry.second;
            if (link.connection.get() == &connection || link.attempt.get() == &connection) {
                return &link;
            }
        }
        return nullptr;
    }

   private:
    static constexpr std::size_t hints_max = 1'024;

    /// Salts Peer::hash against ids that were chosen to collide.
    struct Hash {
        std::uint64_t salt{};

        std::size_t operator()(const Peer& peer) const noexcept {
            std::uint64_t mixed = (peer.hash() ^ salt) * 0x9e3779b97f4a7c15U;
            mixed ^= mixed >> 32U;
            return static_cast<std::size_t>(mixed);
        }
    };

    std::unordered_map<Peer, std::shared_ptr<Link>, Hash> links_;
    std::vector<Link*> hints_;  ///< By the place of the peer in lists; emptied when a link goes.
};

}  // namespace lattice::inline v0::tcp
