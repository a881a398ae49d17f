#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <lattice/core/limits.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// What a publisher waits for: that so many other nodes took its message, or so great a part of them. Exactly one of `peers`
/// and `fraction` is set.
struct ReceiptGoal {
    /// So many nodes beside this one.
    std::uint32_t peers{0};
    /// Or this part of all nodes beside this one, above 0 and at most 1; at least one node. Only where the peer source knows
    /// the whole network: of a network that is known in part nobody can say honestly how great it is.
    double fraction{0};
    /// Then it is over, reached or not. Above 0 and at most Limits::receipt_time.
    Duration timeout{std::chrono::seconds{10}};

    /// Whether it can be heeded at all.
    [[nodiscard]] bool is_valid(const Limits& limits) const noexcept {
        const bool part = fraction > 0 && fraction <= 1;
        const bool none = fraction == 0;  // Not a number is neither.
        return (peers != 0 ? none : part) && timeout > Duration::zero() && timeout <= limits.receipt_time;
    }

    /// The nodes that it takes, of so many others.
    [[nodiscard]] std::uint32_t target(std::size_t others) const noexcept {
        if (peers != 0) {
            return peers;
        }
        const double wanted = fraction * static_cast<double>(others) - 1e-6;  // 0.1 * 30 is a little more than 3.
        const auto whole = static_cast<std::uint32_t>(wanted > 0 ? wanted : 0);
        return whole + (static_cast<double>(whole) < wanted || whole == 0 ? 1 : 0);
    }
};

/// How waiting for a receipt ended.
struct ReceiptOutcome {
    enum class State : std::uint8_t {
        resolved,   ///< The goal is reached.
        timed_out,  ///< It was not reached in time. More nodes than `reached` may have the message, and more will.
        stopped,    ///< The protocol was stopped meanwhile.
        refused,    ///< A broadcast that another thread had posted was refused; BroadcastOptions::outcome says why.
    };

    State state{State::refused};
    MessageId id{};
    /// Nodes beside this one known to have taken the message: at least so many have.
    std::uint32_t reached{0};
    /// Nodes of the network, this one included, as far as they are known; 0: only part of it is.
    std::uint32_t network{0};

    /// Whether the goal is reached.
    explicit operator bool() const noexcept { return state == State::resolved; }
};

/// The state as it stands in logs.
constexpr const char* name_of(ReceiptOutcome::State state) noexcept {
    constexpr const char* names[] = {"resolved", "timed_out", "stopped", "refused"};
    return names[static_cast<std::size_t>(state)];
}

}  // namespace lattice::inline v0
