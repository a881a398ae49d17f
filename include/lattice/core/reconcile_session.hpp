#pragma once

#include <cstdint>

#include <lattice/core/limits.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Whom this node reconciles with now, and until when it waits. What the session is about is the Reconciler's matter.
template <typename>
class BasicReconcileSession {
   public:
    /// Opens a session, or goes on with it: the number to put on the next request. Each request has its own, so that a late
    /// reply to an earlier one is not taken for the answer.
    std::uint32_t ask(const Peer& partner, const Limits& limits, TimePoint now) noexcept {
        partner_ = partner;
        deadline_ = now + limits.sync_timeout;
        return ++number_;
    }

    void end() noexcept { partner_ = {}; }

    [[nodiscard]] bool active() const noexcept { return static_cast<bool>(partner_); }
    [[nodiscard]] const Peer& partner() const noexcept { return partner_; }
    [[nodiscard]] bool is_with(const Peer& peer) const noexcept { return active() && partner_ == peer; }

    /// Whether a reply with that number from that peer is the one waited for.
    [[nodiscard]] bool expects(const Peer& from, std::uint32_t number) const noexcept {
        return number == number_ && is_with(from);
    }

    /// When to give up; TimePoint::max() without a session.
    [[nodiscard]] TimePoint deadline() const noexcept { return active() ? deadline_ : TimePoint::max(); }

   private:
    Peer partner_;  ///< Empty: no session.
    TimePoint deadline_{};
    std::uint32_t number_{0};
};
using ReconcileSession = BasicReconcileSession<OnUse>;

}  // namespace lattice::inline v0
