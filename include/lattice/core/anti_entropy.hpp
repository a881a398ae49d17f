#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <lattice/core/frame.hpp>
#include <lattice/core/limits.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>

namespace lattice::inline v0 {

/// One node's side of a comparison of all held messages with one partner (anti-entropy, Demers et al. 1987), by listing
/// names in ascending order, page by page.
///
/// A page covers the names from its lower bound to its last name, or to the end when it is complete. Within that range
/// both directions follow: what the partner has and we have not is wanted, what we have and it has not is to be announced.
/// A partner that answers out of order, with another range, or without end loses the session and nothing else.
template <typename>
class BasicAntiEntropy {
   public:
    /// What a page told.
    struct Findings {
        std::vector<MessageId> wanted;      ///< Held by the partner, not known here.
        std::vector<MessageId> lacking;     ///< Held here, not by the partner. Only with Naming::keys.
        std::optional<SyncRequest> next{};  ///< The request for the next page; absent when the session is over.
        bool completed{false};              ///< The whole set was compared.
    };

    /// Whether a session is open.
    [[nodiscard]] bool active() const noexcept { return static_cast<bool>(partner_); }
    [[nodiscard]] const Peer& partner() const noexcept { return partner_; }

    /// When the open session is to be given up; TimePoint::max() without one.
    [[nodiscard]] TimePoint deadline() const noexcept { return active() ? deadline_ : TimePoint::max(); }

    /// Opens a session, giving up one that is open. Returns the first request.
    SyncRequest begin(const Peer& partner, const Limits& limits, TimePoint now) {
        partner_ = partner;
        pages_ = 0;
        return ask({}, limits, now);
    }

    void give_up() noexcept { partner_ = {}; }

    /// Whether this answer belongs to the open session.
    [[nodiscard]] bool expects(const Peer& from, const SyncIds& page) const noexcept {
        return active() && from == partner_ && page.after == after_;
    }

    /// Compares a page that `expects` said yes to. `knows(name)`: whether a message of that name was taken before.
    /// `held_after(after, out)` lists all that is held here beyond `after`, in ascending order.
    template <typename Knows, typename HeldAfter>
    Findings compare(const SyncIds& page, const Limits& limits, TimePoint now, Knows&& knows, HeldAfter&& held_after) {
        Findings findings;
        if (!well_formed(page) || ++pages_ > pages_max) {
            give_up();
            return findings;
        }
        std::vector<MessageId> held;
        if (page.naming == Naming::keys) {
            held_after(page.after, held);
        }
        // What is held is known: only the rest is looked up in the duplicate memory.
        each_missing(page.names, held, [&](const MessageId& name) {
            if (!knows(name)) {
                findings.wanted.push_back(name);
            }
        });
        each_missing(held, page.names, [&](const MessageId& name) {
            if (page.complete || !(page.names.back() < name)) {
                findings.lacking.push_back(name);
            }
        });
        if (page.complete) {
            findings.completed = true;
            give_up();
        } else {
            findings.next = ask(page.names.back(), limits, now);
        }
        return findings;
    }

   private:
    static constexpr std::size_t pages_max = 256;  ///< A million names at the default page; no partner holds more.

    SyncRequest ask(const MessageId& after, const Limits& limits, TimePoint now) noexcept {
        after_ = after;
        deadline_ = now + limits.sync_timeout;
        return {after, static_cast<std::uint32_t>(limits.sync_ids_max), Naming::keys};
    }

    [[nodiscard]] static bool well_formed(const SyncIds& page) noexcept {
        const MessageId* previous = &page.after;
        for (const MessageId& name : page.names) {
            if (!(*previous < name)) {
                return false;
            }
            previous = &name;
        }
        return page.complete || !page.names.empty();
    }

    /// Calls `use(name)` for those of `names` that `others` does not list. Both ascend.
    template <typename Use>
    static void each_missing(const std::vector<MessageId>& names, const std::vector<MessageId>& others, Use&& use) {
        std::size_t at = 0;
        for (const MessageId& name : names) {
            while (at < others.size() && others[at] < name) {
                ++at;
            }
            if (at == others.size() || others[at] != name) {
                use(name);
            }
        }
    }

    Peer partner_;  ///< Empty: no session.
    MessageId after_{};
    TimePoint deadline_{};
    std::size_t pages_{0};
};
using AntiEntropy = BasicAntiEntropy<OnUse>;

}  // namespace lattice::inline v0
