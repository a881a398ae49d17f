#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/core/links.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/route.hpp>
#include <lattice/core/tally.hpp>

namespace lattice::inline v0 {

/// How ids in a frame name messages.
enum class Naming : std::uint8_t {
    keys,  ///< By Message::key(): between nodes of this library.
    ids,   ///< By Message::id(): what a foreign node lists and serves.
};

/// A whole message, pushed eagerly (rumor mongering).
struct Push {
    Message message;
    Envelope envelope;
    Route route{};
};

/// A whole message, in answer to a Request. Accepted whatever its hops.
struct Provide {
    Message message;
    Envelope envelope;
};

/// "I hold these" (IHAVE): lazy push. At most Limits::announce_ids_max names.
struct Announce {
    std::vector<MessageId> names;
    bool answer{false};  ///< Acknowledge those that are known already.
};

/// "Send me these" (IWANT). At most Limits::fetch_ids_max names. Answered by Provide and NotFound.
struct Request {
    std::vector<MessageId> names;
    Naming naming{Naming::keys};
};

/// "I do not hold these": lets the asker try somebody else at once instead of waiting.
struct NotFound {
    std::vector<MessageId> names;
    Naming naming{Naming::keys};
};

/// Anti-entropy by ids: "list what you hold, in ascending order, from the first name greater than `after`".
struct SyncRequest {
    MessageId after{};      ///< Exclusive lower bound; all zero starts from the beginning.
    std::uint32_t limit{};  ///< At most so many names; the answerer may send fewer.
    Naming naming{Naming::keys};
};

/// The answer to a SyncRequest: names in ascending order, all greater than `after`.
struct SyncIds {
    MessageId after{};  ///< As asked.
    std::vector<MessageId> names;
    bool complete{true};  ///< Nothing is held beyond the last name.
    Naming naming{Naming::keys};
};

/// One step of finding out what two nodes do not share; the body is the business of their Reconcilers.
struct Reconcile {
    enum class Step : std::uint8_t {
        request,  ///< Opens or continues a session. Answered by a reply.
        reply,    ///< The answer, from which the asker learns the difference.
        wants,    ///< What the asker misses, in the reconciler's own terms. Answered by Announce.
    };
    Step step{Step::request};
    std::uint32_t session{0};  ///< The asker's number; a reply repeats it.
    Bytes body;
};

/// "These pushed messages are here", to whoever asked for that (Route::acknowledge), and "so many nodes have them", to whom
/// this node counts itself (Envelope::receipt).
struct Acknowledge {
    struct Item {
        std::uint64_t name{0};  ///< MessageId::word(0) of the key: enough between two nodes that both know the message.
        std::uint8_t copy{1};   ///< Route::copy of the push; 0: no push is answered.
        Tally tally{};          ///< Of this node's part. Costs nothing on the wire where no item has one.

        friend bool operator==(const Item&, const Item&) = default;
    };
    std::vector<Item> items;
};

/// What nodes of an overlay tell each other about their links and trees; small, and never more than one link's business.
struct LinkControl {
    LinkStep step{LinkStep::probe};
    OriginKey origin{0};  ///< Of herald, graft and prune.
    MessageId name{};     ///< Of herald; of graft, where all zero names none.
};

/// What travels between two nodes. Codecs and transports treat all alternatives alike; a receiver skips kinds that it does
/// not know.
using Frame =
    std::variant<Push, Provide, Announce, Request, NotFound, SyncRequest, SyncIds, Reconcile, Acknowledge, LinkControl>;

/// The alternatives of Frame by their index, for a switch: it costs a fraction of what std::visit costs to compile.
enum class FrameKind : std::uint8_t {
    push,
    provide,
    announce,
    request,
    not_found,
    sync_request,
    sync_ids,
    reconcile,
    acknowledge,
    link_control,
};

/// Builds one visitor from several lambdas.
template <typename... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

/// The message that a frame carries, or null.
template <std::same_as<Frame> F>  // A template, so that Frame is looked into only where this is called.
const Message* message_of(const F& frame) noexcept {
    if (const auto* push = std::get_if<Push>(&frame)) {
        return &push->message;
    }
    const auto* provide = std::get_if<Provide>(&frame);
    return provide == nullptr ? nullptr : &provide->message;
}

}  // namespace lattice::inline v0
