#pragma once

#include <atomic>
#include <stdexcept>
#include <utility>

namespace lattice::inline v0 {

namespace detail {
/// The one object of each protocol type. Null: none. Left alone at exit, when clocks and transports may be gone already.
template <typename Protocol>
inline std::atomic<Protocol*> process_wide_protocol{nullptr};
}  // namespace detail

/// The process-wide protocol object of that type, or null before `init_gossip_protocol` and after `shutdown_gossip_protocol`.
/// Any thread; what may be called on the object is the object's matter.
template <typename Protocol>
[[nodiscard]] Protocol* get_gossip_protocol() noexcept {
    return detail::process_wide_protocol<Protocol>.load(std::memory_order_acquire);
}

/// Makes the process-wide protocol object from the arguments of its constructor, for programs whose parts cannot hand a
/// reference to each other. Throws std::logic_error when there is one, and whatever the constructor throws; nothing is
/// changed then. It is not started. Call it, and shut down, on the object's executor.
template <typename Protocol, typename... Args>
Protocol& init_gossip_protocol(Args&&... args) {
    if (get_gossip_protocol<Protocol>() != nullptr) {
        throw std::logic_error("init_gossip_protocol: there is one already; call shutdown_gossip_protocol first");
    }
    auto* protocol = new Protocol(std::forward<Args>(args)...);
    detail::process_wide_protocol<Protocol>.store(protocol, std::memory_order_release);
    return *protocol;
}

/// Stops and destroys the process-wide protocol object of that type, if there is one. May be followed by another init.
template <typename Protocol>
void shutdown_gossip_protocol() noexcept {
    delete detail::process_wide_protocol<Protocol>.exchange(nullptr, std::memory_order_acq_rel);
}

}  // namespace lattice::inline v0
