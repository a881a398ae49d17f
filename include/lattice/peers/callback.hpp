#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <lattice/core/callback.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/peer_source.hpp>

namespace lattice::inline v0 {

/// A PeerSource that asks a function of the host's: the reference's `get_peers_func`.
///
/// The function is called on the protocol's executor, every Config::peer_refresh_interval while there is work, and returns
/// at once what the host's discovery knows by now. It may give doubled ids and this node itself. When it throws, the list
/// that it gave last holds on, because peers that cannot be looked up just now are most likely still there; `failures`
/// counts that.
class CallbackPeers {
   public:
    /// `function()` gives a PeerList or a std::vector<Peer>. An object that it refers to outlives the protocol.
    template <typename F>
        requires(!std::same_as<std::remove_cvref_t<F>, CallbackPeers> &&
                 (std::is_invocable_r_v<PeerList, F&> || std::is_invocable_r_v<std::vector<Peer>, F&>))
    explicit CallbackPeers(F function) : function_([f = std::move(function)]() mutable { return PeerList(f()); }) {}

    /// Asks the function. While it gives the same peers in the same order, this gives the same PeerList object.
    [[nodiscard]] PeerList peers() noexcept {
        try {
            PeerList asked = function_();
            if (!same_peers(asked, last_)) {
                last_ = std::move(asked);
            }
        } catch (...) {
            ++failures_;
        }
        return last_;
    }

    /// Says that the function gives only part of the network, now and later. To be called before the protocol starts.
    void declare_partial() noexcept { partial_ = true; }
    [[nodiscard]] bool is_partial() const noexcept { return partial_; }

    /// How often the function threw.
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

   private:
    static bool same_peers(const PeerList& a, const PeerList& b) noexcept {
        if (a.same_as(b) || a.size() != b.size()) {
            return a.same_as(b);
        }
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!(a[i] == b[i]) || a[i].address() != b[i].address()) {
                return false;
            }
        }
        return true;
    }

    Callback<PeerList()> function_;
    PeerList last_;
    std::uint64_t failures_{0};
    bool partial_{false};
};
static_assert(PeerSource<CallbackPeers>);
static_assert(!NotifyingPeerSource<CallbackPeers>);

}  // namespace lattice::inline v0
