#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/core/message_cache.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Finds out which messages two nodes do not share, for less than a list of all their names. The engine carries its bytes
/// between peers that understand them, and lists names where it has none or where it gives up.
///
/// It is told of every message that is held and let go (as the listener of the cache), so that a session costs what differs and
/// not what is held. Messages are named by their slots in the cache. One session at a time is asked; any number is answered,
/// without state between their rounds. It lives on the executor, with the engine that owns it.
///
/// <lattice/reconcile/set_reconciler.hpp> is the one of this library.
class Reconciler : public MessageCache::Listener {
   public:
    /// Where the asked session stands after a reply.
    struct Progress {
        enum class State : std::uint8_t {
            going_on,  ///< `request` is the next one.
            complete,  ///< Everything that the session was to compare was compared.
            gave_up,   ///< It cannot be done this way now: list names.
        };
        State state{State::gave_up};
        Bytes request{};
        Bytes wants{};                         ///< What this node misses, to be sent to the partner; empty: nothing.
        std::size_t wanted{0};                 ///< How many messages that names.
        std::vector<std::uint32_t> lacking{};  ///< Slots of what the partner misses.
    };

    /// Takes its place in an engine: at `cache`, which outlives it and whose messages it will hear of, with a number nobody
    /// else knows that its own random choices may follow from.
    virtual void attach(const MessageCache& cache, std::uint64_t seed) = 0;

    /// Opens a session, dropping an open one. Returns the first request.
    virtual Bytes begin(WallTime now) = 0;

    /// Takes the reply to the last request of the open session. Hostile bytes end it.
    virtual Progress take(ByteView reply, WallTime now) = 0;

    /// The reply to a peer's request; absent when it is none. Never changes what a session would find.
    virtual std::optional<Bytes> answer(ByteView request, WallTime now) = 0;

    /// The slots of what a peer says that it misses; unknown ones are left out, and not more than `most` are named.
    [[nodiscard]] virtual std::vector<std::uint32_t> named(ByteView wants, std::size_t most) const = 0;
};

}  // namespace lattice::inline v0
