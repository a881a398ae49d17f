#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <lattice/core/candidates.hpp>
#include <lattice/core/links.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// The bounds of a node's neighbourhood.
struct NeighbourBounds {
    std::uint32_t kept{
        2};  ///< Links to random peers that this node asks for; as many again are asked of it, on average.
    std::uint32_t target{8};  ///< Links that it wants. GossipSub's mesh for Ethereum has 8, with 6 and 12 as bounds.
    std::uint32_t most{12};   ///< Links that it has at most.
    std::uint32_t known{48};  ///< Peers whose latency it measures at most, to choose from.
};

/// The links of a node that knows only part of the network: few, symmetric, short, and enough of them random.
///
/// The problem: trees are as good as the overlay that they grow on. Random links make detours; nearest links alone fall apart
/// into islands. So each node joins a few random peers, which it keeps whatever their latency (a random graph of degree 3 or
/// more is connected almost surely; Bollobas 2001, chapter 7), and fills up with the nearest of those that it measured.
///
/// Rules, with their reasons:
/// - A link stands on both sides: whoever pushes or announces here can be told to stop, and is announced to.
/// - `target` links are wanted, more are given up to `most`: a refused node must find room elsewhere, or is cut off.
/// - A near link is exchanged only for one that is shorter by 30 % and 2 ms, one at a time, after which it waits: every
///   exchange shortens the sum of latencies, so that exchanges end.
/// - Kept links are never dropped for speed, on either side.
/// - Silence and refusal make the next try later, twice as late each time; four silences forget the peer.
/// - With everything measured and nothing to gain there is no timer: an idle node says nothing.
///
/// Links are in slots with stable numbers, at most 16, as LinkMask has them. Frames are handed to `send(peer, step)`. Changes
/// of links are told by `take_closed`.
template <typename>
class BasicNeighbours {
   public:
    static constexpr std::uint32_t slots_max = 16;

    explicit BasicNeighbours(NeighbourBounds bounds = {}) noexcept : bounds_(bounds) {}

    /// The peers known to this node are these. What was measured stays; random ones of the new fill the room.
    void know(const PeerList& list, const Peer& self, TimePoint now, Random& random) {
        candidates_.know(list, self, bounds_.known, random);
        due_ = now;
    }

    /// The peer said something about the link.
    template <typename Send>
    void heard(const Peer& from, LinkStep step, TimePoint now, Send&& send) {
        Candidate* candidate = candidates_.find(from);
        switch (step) {
            case LinkStep::probe:
                return send(from, LinkStep::echo);
            case LinkStep::join:
            case LinkStep::join_kept:
                return asked(from, step, now, send);
            case LinkStep::leave:
                return close(find(from), now);
            case LinkStep::echo:
                if (candidate != nullptr && candidate->waits_for == Candidate::Waits::echo) {
                    candidate->answered(now);
                    if (const std::uint32_t slot = find(from); slot != no_link) {
                        measured(slot, candidate->round_trip);
                    }
                    due_ = now;
                }
                return;
            case LinkStep::welcome:
                return welcomed(from, candidate, now, send);
            case LinkStep::refuse:
                if (candidate != nullptr && candidate->joining()) {
                    candidate->answered(now);
                    candidate->put_off(now);
                    due_ = now;
                }
                return;
            default:
                return;  // Of trees.
        }
    }

    /// The transport lost the peer, or it does not acknowledge any more.
    void failed(const Peer& peer, TimePoint now) {
        close(find(peer), now);
        candidates_.drop(peer);
    }

    /// A neighbour was not heard of for long: it is asked whether it is there. Silent ones are given up after some times.
    template <typename Send>
    void doubt(std::uint32_t slot, TimePoint now, Send&& send) {
        Candidate& candidate = candidates_.of(slots_[slot].peer);
        if (!candidate.waits()) {
            ask(candidate, LinkStep::probe, now, send);
            const TimePoint end = now + Candidates::answer_timeout;
            due_ = end < due_ ? end : due_;
        }
    }

    /// Does what is due: measures, joins, exchanges.
    template <typename Send>
    void tend(TimePoint now, Random& random, Send&& send) {
        due_ = TimePoint::max();
        candidates_.give_up_on_silent(now, [&](const Peer& peer) { drop_link(find(peer), now); });
        measure(now, send);
        fill(now, random, send);
        exchange(now, send);
        schedule(now);
    }

    /// When `tend` has something to do; TimePoint::max() when nothing is.
    [[nodiscard]] TimePoint due() const noexcept { return due_; }

    [[nodiscard]] LinkMask links() const noexcept { return links_; }
    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(std::popcount(links_)); }

    /// The slot of the neighbour, or no_link.
    [[nodiscard]] std::uint32_t find(const Peer& peer) const noexcept {
        for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
            if ((links_ & mask_of(slot)) != 0 && slots_[slot].peer == peer) {
                return slot;
            }
        }
        return no_link;
    }

    [[nodiscard]] const Peer& peer(std::uint32_t slot) const noexcept { return slots_[slot].peer; }

    /// The measured round trip of a link; zero while nothing is known.
    [[nodiscard]] Duration round_trip(std::uint32_t slot) const noexcept { return slots_[slot].round_trip; }

    /// What lead before that link is more than chance: four smoothed deviations of its round trip, at least a millisecond.
    [[nodiscard]] Duration jitter(std::uint32_t slot) const noexcept {
        constexpr Duration least = std::chrono::milliseconds{1};
        const Duration spread = 4 * slots_[slot].deviation;
        return spread > least ? spread : least;
    }

    /// A frame of that link was answered after so long (Jacobson 1988).
    void measured(std::uint32_t slot, Duration round_trip) noexcept {
        Link& link = slots_[slot];
        if (link.round_trip == Duration::zero()) {
            link.round_trip = round_trip;
            return;
        }
        const Duration error = round_trip - link.round_trip;
        link.deviation += ((error < Duration::zero() ? -error : error) - link.deviation) / 4;
        link.round_trip += error / 8;
    }

    /// Links that closed since the last call; their slots may have been given to other peers since.
    LinkMask take_closed() noexcept { return std::exchange(closed_, 0); }

   private:
    static constexpr Duration exchange_pause = std::chrono::milliseconds{500};

    struct Link {
        Peer peer;
        Duration round_trip{};
        Duration deviation{};
        bool kept{false};  ///< For connectivity: not dropped for speed.
        bool ours{false};  ///< Kept, and asked for by this node.
    };

    /// Somebody asks for a link. A near one gets a free place below `target` + 2, or that of a much longer near link.
    template <typename Send>
    void asked(const Peer& from, LinkStep step, TimePoint now, Send& send) {
        const std::uint32_t known = find(from);
        if (known != no_link) {
            slots_[known].kept = slots_[known].kept || step == LinkStep::join_kept;
            return send(from, LinkStep::welcome);
        }
        const Candidate* candidate = candidates_.find(from);
        const Duration round_trip = candidate == nullptr ? Duration::zero() : candidate->round_trip;
        const std::uint32_t longest = longest_near();
        const bool shorter = round_trip != Duration::zero() && is_much_shorter(round_trip, longest);
        if (size() >= (step == LinkStep::join_kept ? bounds_.most : bounds_.target + 2)) {
            if (!shorter) {
                return send(from, LinkStep::refuse);
            }
            send(slots_[longest].peer, LinkStep::leave);
            close(longest, now);
        }
        open(from, round_trip, step == LinkStep::join_kept, false);
        send(from, LinkStep::welcome);
    }

    template <typename Send>
    void welcomed(const Peer& from, Candidate* candidate, TimePoint now, Send& send) {
        const bool expected = candidate != nullptr && candidate->joining();
        if (expected) {
            candidate->answered(now);
            candidate->refusals = 0;
            due_ = now;
        }
        if (const std::uint32_t slot = find(from); slot != no_link) {
            if (expected) {  // Both asked.
                slots_[slot].kept = slots_[slot].kept || candidate->kept;
                slots_[slot].ours = candidate->kept;
                measured(slot, candidate->round_trip);
            }
            return;
        }
        if (!expected || size() >= bounds_.most) {
            return send(from, LinkStep::leave);
        }
        open(from, candidate->round_trip, candidate->kept, candidate->kept);
        const std::uint32_t longest = longest_near();
        if (size() > bounds_.target && !candidate->kept && is_much_shorter(candidate->round_trip, longest)) {
            send(slots_[longest].peer, LinkStep::leave);
            close(longest, now);
        }
    }

    void open(const Peer& peer, Duration round_trip, bool kept, bool ours) {
        std::uint32_t slot = 0;
        while ((links_ & mask_of(slot)) != 0) {
            ++slot;
        }
        if (slot >= slots_.size()) {
            slots_.resize(slot + 1);
        }
        slots_[slot] = {peer, round_trip, {}, kept, ours};
        links_ |= mask_of(slot);
    }

    void close(std::uint32_t slot, TimePoint now) {
        if (slot == no_link) {
            return;
        }
        if (Candidate* candidate = candidates_.find(slots_[slot].peer)) {
            candidate->put_off(now);
            candidate->waits_for = Candidate::Waits::nothing;  // A welcome that is under way comes too late.
        }
        drop_link(slot, now);
    }

    void drop_link(std::uint32_t slot, TimePoint now) noexcept {
        if (slot == no_link) {
            return;
        }
        slots_[slot] = {};
        links_ &= ~mask_of(slot);
        closed_ |= mask_of(slot);
        due_ = now;
    }

    template <typename Send>
    void measure(TimePoint now, Send& send) {
        for (Candidate& candidate : candidates_) {
            if (!candidate.measured() && !candidate.waits()) {
                ask(candidate, LinkStep::probe, now, send);
            }
        }
    }

    template <typename Send>
    void ask(Candidate& candidate, LinkStep step, TimePoint now, Send& send) {
        candidate.ask(step == LinkStep::probe ? Candidate::Waits::echo : Candidate::Waits::welcome,
                      step == LinkStep::join_kept, now);
        send(static_cast<const Peer&>(candidate.peer), step);
    }

    /// Tells whether a candidate may be asked to join.
    [[nodiscard]] auto free_at(TimePoint now) const noexcept {
        return [this, now](const Candidate& candidate) {
            return !candidate.joining() && candidate.not_before <= now && find(candidate.peer) == no_link;
        };
    }

    /// Joins random peers up to `kept`, then the nearest up to `target`, once all that answer are measured.
    template <typename Send>
    void fill(TimePoint now, Random& random, Send& send) {
        std::uint32_t kept = 0;
        std::uint32_t coming = 0;
        bool measuring = false;
        for (const Link& link : slots_) {
            kept += link.ours ? 1U : 0U;
        }
        for (Candidate& candidate : candidates_) {
            coming += candidate.joining() ? 1U : 0U;
            kept += candidate.joining() && candidate.kept ? 1U : 0U;
            measuring = measuring || (candidate.waits() && !candidate.joining());
        }
        const auto is_free = free_at(now);
        while (kept < bounds_.kept && size() + coming < bounds_.most) {
            Candidate* chosen = candidates_.any(random, is_free);
            if (chosen == nullptr) {
                break;
            }
            ask(*chosen, LinkStep::join_kept, now, send);
            ++kept;
            ++coming;
        }
        while (!measuring && size() + coming < bounds_.target) {
            Candidate* chosen = candidates_.nearest(is_free);
            if (chosen == nullptr) {
                break;
            }
            ask(*chosen, LinkStep::join, now, send);
            ++coming;
        }
        joining_ = coming != 0;
    }

    /// Joins one peer that is much nearer than the longest near link, in its place.
    template <typename Send>
    void exchange(TimePoint now, Send& send) {
        if (joining_ || size() < bounds_.target || now < exchange_at_) {
            return;
        }
        Candidate* chosen = candidates_.nearest(free_at(now));
        if (chosen != nullptr && is_much_shorter(chosen->round_trip, longest_near())) {
            exchange_at_ = now + exchange_pause;
            ask(*chosen, LinkStep::join, now, send);
        }
    }

    /// The longest link that is not kept for connectivity, or no_link.
    [[nodiscard]] std::uint32_t longest_near() const noexcept {
        std::uint32_t longest = no_link;
        for_each_link(links_, [&](std::uint32_t slot) {
            const Link& link = slots_[slot];
            if (!link.kept && (longest == no_link || link.round_trip > slots_[longest].round_trip)) {
                longest = slot;
            }
        });
        return longest;
    }

    [[nodiscard]] bool is_much_shorter(Duration round_trip, std::uint32_t than) const noexcept {
        if (than == no_link) {
            return false;
        }
        const Duration longer = slots_[than].round_trip;
        return round_trip < longer - std::chrono::milliseconds{2} && round_trip < longer * 7 / 10;
    }

    void schedule(TimePoint now) noexcept {
        const bool full = size() >= bounds_.target;
        const std::uint32_t longest = longest_near();
        for (Candidate& candidate : candidates_) {
            TimePoint next = TimePoint::max();
            if (candidate.waits()) {
                next = candidate.asked + Candidates::answer_timeout;
            } else if (find(candidate.peer) == no_link && (!full || is_much_shorter(candidate.round_trip, longest))) {
                next = candidate.not_before > exchange_at_ || !full ? candidate.not_before : exchange_at_;
                next = next > now ? next : now + exchange_pause;
            }
            due_ = next < due_ ? next : due_;
        }
    }

    NeighbourBounds bounds_;
    Candidates candidates_;    ///< At most `known`; some of them are neighbours.
    std::vector<Link> slots_;  ///< Without a peer where `links_` has no bit.
    LinkMask links_{0};
    LinkMask closed_{0};
    TimePoint due_{TimePoint::max()};
    TimePoint exchange_at_{TimePoint::min()};
    bool joining_{false};  ///< Some asked peer has not answered yet.
};
using Neighbours = BasicNeighbours<OnUse>;

}  // namespace lattice::inline v0
