#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/sort_ascending.hpp>

namespace lattice::inline v0 {

/// Another node: a node id and the address under which the transport finds it.
///
/// A handle to shared immutable strings, so that lists of peers are cheap to copy and a million simulated nodes can know
/// each other. Peers are equal when their ids are: a node that moves keeps its identity. The address may be empty (a node
/// that can be answered but not called, as the sender of an HTTP request is).
template <typename>
class BasicPeer {
   public:
    /// No peer: an empty id that equals only itself.
    BasicPeer() noexcept = default;

    /// Copies both strings once.
    explicit BasicPeer(std::string id, std::string address = {})
        : identity_(std::make_shared<const Identity>(std::move(id), std::move(address))) {}

    [[nodiscard]] std::string_view id() const noexcept { return identity_ ? identity_->id : std::string_view{}; }
    [[nodiscard]] std::string_view address() const noexcept {
        return identity_ ? identity_->address : std::string_view{};
    }

    /// 64 bits of the id, for tables (FNV-1a; unsalted, so tables that hostile ids reach must salt it).
    [[nodiscard]] std::uint64_t hash() const noexcept { return identity_ ? identity_->hash : 0; }
    static std::uint64_t hash_of(std::string_view id) noexcept {
        std::uint64_t hash = 0xcbf29ce484222325U;
        for (const char c : id) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        }
        return hash;
    }

    explicit operator bool() const noexcept { return identity_ != nullptr; }

    friend bool operator==(const BasicPeer& a, const BasicPeer& b) noexcept {
        return a.identity_ == b.identity_ || (a.hash() == b.hash() && a.id() == b.id());
    }

   private:
    struct Identity {
        Identity(std::string node_id, std::string node_address)
            : id(std::move(node_id)), address(std::move(node_address)), hash(hash_of(id)) {}
        std::string id;
        std::string address;
        std::uint64_t hash;
    };

    std::shared_ptr<const Identity> identity_;
};
using Peer = BasicPeer<OnUse>;

/// An immutable list of peers, shared: a copy costs a counter, however many peers it names.
template <typename>
class BasicPeerList {
   public:
    /// Where a peer stands on the ring of node ids (see Slice), and in the list.
    struct Place {
        std::uint64_t position;  ///< Peer::hash().
        std::uint32_t index;

        friend bool operator<(const Place& a, const Place& b) noexcept {
            return a.position != b.position ? a.position < b.position : a.index < b.index;
        }
    };

    BasicPeerList() noexcept = default;
    explicit BasicPeerList(std::vector<Peer> peers) : content_(std::make_shared<const Content>(std::move(peers))) {}

    [[nodiscard]] std::size_t size() const noexcept { return content_ ? content_->peers.size() : 0; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] const Peer& operator[](std::size_t index) const noexcept { return content_->peers[index]; }
    [[nodiscard]] const Peer* begin() const noexcept { return content_ ? content_->peers.data() : nullptr; }
    [[nodiscard]] const Peer* end() const noexcept { return begin() + size(); }

    /// The peers in the order of their positions on the ring; made once, with the list.
    [[nodiscard]] std::span<const Place> ring() const noexcept {
        return content_ ? std::span<const Place>(content_->ring) : std::span<const Place>{};
    }

    /// What one node adds to a view.
    [[nodiscard]] static std::uint32_t view_of(std::uint64_t position) noexcept {
        return static_cast<std::uint32_t>((position * 0x9e3779b97f4a7c15U) >> 32U);
    }

    /// 32 bits that tell which nodes are listed, whatever their order: positions on the ring, folded by exclusive or.
    [[nodiscard]] std::uint32_t view() const noexcept { return content_ ? content_->view : 0; }

    /// Whether both handles name the same list object; equal content in two objects gives false.
    [[nodiscard]] bool same_as(const BasicPeerList& other) const noexcept { return content_ == other.content_; }

   private:
    struct Content {
        explicit Content(std::vector<Peer> list) : peers(std::move(list)) {
            ring.reserve(peers.size());
            for (const Peer& peer : peers) {
                ring.push_back({peer.hash(), static_cast<std::uint32_t>(ring.size())});
            }
            sort_ascending(ring);
            for (std::size_t i = 0; i < ring.size(); ++i) {
                if (i == 0 || ring[i].position != ring[i - 1].position) {
                    view ^= view_of(ring[i].position);
                }
            }
        }
        std::vector<Peer> peers;
        std::vector<Place> ring;
        std::uint32_t view{0};
    };

    std::shared_ptr<const Content> content_;
};
using PeerList = BasicPeerList<OnUse>;

}  // namespace lattice::inline v0
