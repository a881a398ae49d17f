#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <lattice/core/limits.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Whom this node reconciles with now, until when it waits, and how soon it does so again. What the session is about is the
/// Reconciler's matter.
template <typename>
class BasicReconcileSession {
   public:
    /// Names being fetched beyond which no session is begun ahead of its time: it would find the same again.
    static constexpr std::size_t backlog_max = 2'048;

    /// Opens a session, or goes on with it: the number to put on the next request. Each request has its own, so that a late
    /// reply to an earlier one is not taken for the answer.
    std::uint32_t ask(const Peer& partner, const Limits& limits, TimePoint now) noexcept {
        if (!active()) {
            began_ = now;
            ends_ = now + length_max * limits.sync_timeout;
        }
        partner_ = partner;
        deadline_ = now + limits.sync_timeout < ends_ ? now + limits.sync_timeout : ends_;
        return ++number_;
    }

    void end() noexcept {
        partner_ = {};
        awaits_names_ = false;
    }

    /// The reply came, and the partner was asked to name what this node lacks. Until it does the session is not over: that
    /// question or its answer may get lost as anything else.
    void await_names() noexcept {
        ++number_;
        awaits_names_ = true;
    }
    /// The peer named messages.
    void named_by(const Peer& peer) noexcept {
        if (awaits_names_ && is_with(peer)) {
            end();
        }
    }
    [[nodiscard]] bool awaits_names() const noexcept { return awaits_names_; }

    [[nodiscard]] bool active() const noexcept { return static_cast<bool>(partner_); }
    [[nodiscard]] const Peer& partner() const noexcept { return partner_; }
    [[nodiscard]] bool is_with(const Peer& peer) const noexcept { return active() && partner_ == peer; }

    /// Whether a reply with that number from that peer is the one waited for.
    [[nodiscard]] bool expects(const Peer& from, std::uint32_t number) const noexcept {
        return number == number_ && is_with(from);
    }

    /// When to give up; TimePoint::max() without a session. A partner that answers each request late does not hold it open
    /// for ever.
    [[nodiscard]] TimePoint deadline() const noexcept { return active() ? deadline_ : TimePoint::max(); }

    /// Whether an answer has been missing for a quarter of the time that it may take.
    [[nodiscard]] bool is_slow(const Limits& limits, TimePoint now) const noexcept {
        return active() && now + limits.sync_timeout / 4 * 3 >= deadline_;
    }
    /// When the session was opened.
    [[nodiscard]] TimePoint began() const noexcept { return began_; }

    /// Asks for one page of names, only to hear in which language it comes.
    void begin_probe() noexcept { probing_ = true; }
    /// Whether that page is the one that came. It is no more afterwards.
    bool take_probe() noexcept { return std::exchange(probing_, false); }

    /// When anti-entropy is due by the clock, whatever hurries it.
    void expect_next(TimePoint time) noexcept { regular_ = time; }
    [[nodiscard]] bool is_early(TimePoint now) const noexcept { return now < regular_; }

    /// Whether it is the turn of a peer that was not heard of for long; every second time.
    bool alternate() noexcept { return std::exchange(seeking_, !seeking_); }

    /// Old messages came, which others may miss as well: the next sessions are to follow soon.
    void hurry() noexcept { haste_ = haste_max; }
    /// A session is over. Whether another one is to follow soon: a rumor is given up sooner the more often it was no news
    /// (Demers et al. 1987), and at last in any case.
    bool still_in_haste(bool found_something) noexcept {
        const std::uint8_t tired = found_something ? 1 : 2;
        haste_ = haste_ > tired ? static_cast<std::uint8_t>(haste_ - tired) : std::uint8_t{0};
        return haste_ != 0;
    }

   private:
    static constexpr int length_max = 3;          ///< Of a session, in timeouts.
    static constexpr std::uint8_t haste_max = 6;  ///< Sessions that follow soon after the last old message, at most.

    Peer partner_;  ///< Empty: no session.
    TimePoint deadline_{};
    TimePoint began_{};
    TimePoint ends_{};
    TimePoint regular_{};
    std::uint32_t number_{0};
    std::uint8_t haste_{0};
    bool awaits_names_{false};
    bool probing_{false};
    bool seeking_{false};
};
using ReconcileSession = BasicReconcileSession<OnUse>;

}  // namespace lattice::inline v0
