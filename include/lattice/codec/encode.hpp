#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <variant>

#include <lattice/codec/varint.hpp>
#include <lattice/codec/wire.hpp>
#include <lattice/codec/writer.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/frame.hpp>

namespace lattice::inline v0 {

/// A frame in wire form, made once for all peers: `head` and, when there is a message, its payload right behind.
///
/// Both parts are shared and immutable, so a copy per peer costs two counters; scatter-gather writes send the parts one
/// behind the other without ever copying the payload. Copies may be used on different threads.
struct EncodedFrame {
    Bytes head;       ///< All fields but the payload, the length included.
    Message message;  ///< Owns the payload; empty for frames without one.

    [[nodiscard]] ByteView payload() const noexcept { return message ? message.payload() : ByteView{}; }

    /// What goes on the wire, in order; valid while this or a copy of it lives.
    [[nodiscard]] std::array<ByteView, 2> parts() const noexcept { return {head.view(), payload()}; }

    /// Bytes on the wire.
    [[nodiscard]] std::size_t size() const noexcept { return head.size() + payload().size(); }
};

namespace detail {

/// Version and kind.
inline constexpr std::size_t prologue_size = 2;

inline std::uint8_t message_flags(const Message& message, Envelope envelope, const Route& route) noexcept {
    namespace flag = wire::message_flag;
    return static_cast<std::uint8_t>(
        (message.expiry() ? flag::expiry : 0) | (message.public_key().empty() ? 0 : flag::public_key) |
        (message.signature().empty() ? 0 : flag::signature) | (envelope.receipt ? flag::extension : 0) |
        (envelope.priority == Priority::normal ? 0 : flag::priority) |
        (route.course == Course::rumor ? 0 : flag::route));
}

inline std::size_t route_size(const Route& route) noexcept {
    return route.course == Course::rumor ? 0 : (route.slice.empty() ? 8 : 24);
}

inline std::size_t message_head_size(const Message& message, Envelope envelope, const Route& route = {}) noexcept {
    constexpr std::size_t fixed = 5 + MessageId::size + 8;
    return prologue_size + fixed + (message.expiry() ? 8 : 0) + message.public_key().size() +
           message.signature().size() + message.type().size() + message.origin().size() + (envelope.receipt ? 2 : 0) +
           (envelope.priority == Priority::normal ? 0 : 1) + route_size(route);
}

inline void write_route(Writer& out, const Route& route) noexcept {
    namespace flag = wire::route_flag;
    out.byte(static_cast<std::size_t>(
        (route.acknowledge ? flag::acknowledge : 0) | (route.course == Course::overlay ? flag::overlay : 0) |
        (route.slice.empty() ? 0 : flag::slice) | ((route.copy & 15U) << flag::copy_shift)));
    out.byte(route.loss);
    out.byte(route.round_trip & 0xffU);
    out.byte(route.round_trip >> 8U);
    for (unsigned shift = 0; shift < 32; shift += 8) {
        out.byte((route.view >> shift) & 0xffU);
    }
    if (!route.slice.empty()) {
        out.fixed64(route.slice.first);
        out.fixed64(route.slice.last);
    }
}

inline void write_message_head(Writer& out, wire::Kind kind, const Message& message, Envelope envelope,
                               const Route& route = {}) noexcept {
    const auto expiry = message.expiry();
    out.byte(wire::version);
    out.byte(static_cast<std::uint8_t>(kind));
    out.byte(envelope.ttl);
    out.byte(envelope.hops);
    out.byte(message_flags(message, envelope, route));
    out.byte(message.type().size());
    out.byte(message.origin().size());
    out.id(message.id());
    out.time(message.timestamp());
    if (expiry) {
        out.time(*expiry);
    }
    out.bytes(message.public_key());
    out.bytes(message.signature());
    out.text(message.type());
    out.text(message.origin());
    if (envelope.receipt) {
        out.varint(1);
        out.byte(wire::extension_flag::receipt);
    }
    if (envelope.priority != Priority::normal) {
        out.byte(static_cast<std::uint8_t>(envelope.priority));
    }
    if (route.course != Course::rumor) {
        write_route(out, route);
    }
}

/// The names that one frame carries; see wire::names_max.
template <typename Name>
std::span<const Name> carried(const std::vector<Name>& names) noexcept {
    const std::span<const Name> all(names);
    return all.size() > wire::names_max ? all.first(wire::names_max) : all;
}

inline std::size_t names_size(std::span<const MessageId> names) noexcept {
    return varint::size(names.size()) + names.size() * MessageId::size;
}

inline void write_names(Writer& out, std::span<const MessageId> names) noexcept {
    static_assert(sizeof(MessageId) == MessageId::size, "names are written as one block of memory");
    out.varint(names.size());
    out.bytes(std::as_bytes(names));
}

inline std::uint8_t naming_flag(Naming naming) noexcept {
    return naming == Naming::ids ? wire::names_flag::naming_ids : std::uint8_t{0};
}

inline void write_prologue(Writer& out, wire::Kind kind, std::size_t flags) noexcept {
    out.byte(wire::version);
    out.byte(static_cast<std::uint8_t>(kind));
    out.byte(flags);
}

constexpr bool names_origin(LinkStep step) noexcept { return step >= LinkStep::herald; }
inline bool names_message(const LinkControl& frame) noexcept {
    return frame.step == LinkStep::herald || (frame.step == LinkStep::graft && !(frame.name == MessageId{}));
}

inline std::uint64_t tally_number(Tally tally) noexcept {
    const std::uint64_t reached = tally.reached < wire::tally_max ? tally.reached : wire::tally_max;
    return 2 * reached + (tally.complete ? 1 : 0);
}

/// Bytes of the tallies of some items; 0 when none has one, and then none is written.
inline std::size_t tallies_size(std::span<const Acknowledge::Item> items) noexcept {
    std::size_t size = 0;
    bool any = false;
    for (const Acknowledge::Item& item : items) {
        any = any || item.tally;
        size += varint::size(tally_number(item.tally));
    }
    return any ? size : 0;
}

/// Bytes between the length and the payload.
struct HeadSize {
    static constexpr std::size_t flags = 1;

    std::size_t operator()(const Push& frame) const noexcept {
        return message_head_size(frame.message, frame.envelope, frame.route);
    }
    std::size_t operator()(const Provide& frame) const noexcept {
        return message_head_size(frame.message, frame.envelope);
    }
    std::size_t operator()(const Announce& frame) const noexcept { return of_names(frame.names); }
    std::size_t operator()(const Request& frame) const noexcept { return of_names(frame.names); }
    std::size_t operator()(const NotFound& frame) const noexcept { return of_names(frame.names); }
    std::size_t operator()(const SyncRequest& frame) const noexcept {
        return prologue_size + flags + MessageId::size + varint::size(frame.limit);
    }
    std::size_t operator()(const SyncIds& frame) const noexcept { return of_names(frame.names) + MessageId::size; }
    std::size_t operator()(const Reconcile& frame) const noexcept {
        constexpr std::size_t step = 1;
        return prologue_size + flags + step + varint::size(frame.session) + varint::size(frame.body.size()) +
               frame.body.size();
    }
    std::size_t operator()(const Acknowledge& frame) const noexcept {
        const auto items = carried(frame.items);
        return prologue_size + flags + varint::size(items.size()) + items.size() * wire::acknowledge_size +
               tallies_size(items);
    }
    std::size_t operator()(const LinkControl& frame) const noexcept {
        constexpr std::size_t step = 1;
        return prologue_size + flags + step + (names_origin(frame.step) ? sizeof frame.origin : 0) +
               (names_message(frame) ? MessageId::size : 0);
    }

   private:
    static std::size_t of_names(const std::vector<MessageId>& names) noexcept {
        return prologue_size + flags + names_size(carried(names));
    }
};

struct WriteHead {
    Writer& out;

    void operator()(const Push& frame) const noexcept {
        write_message_head(out, wire::Kind::push, frame.message, frame.envelope, frame.route);
    }
    void operator()(const Provide& frame) const noexcept {
        write_message_head(out, wire::Kind::provide, frame.message, frame.envelope);
    }
    void operator()(const Announce& frame) const noexcept {
        write_prologue(out, wire::Kind::announce, frame.answer ? wire::names_flag::answer : 0U);
        write_names(out, carried(frame.names));
    }
    void operator()(const Request& frame) const noexcept {
        write_prologue(out, wire::Kind::request, naming_flag(frame.naming));
        write_names(out, carried(frame.names));
    }
    void operator()(const NotFound& frame) const noexcept {
        write_prologue(out, wire::Kind::not_found, naming_flag(frame.naming));
        write_names(out, carried(frame.names));
    }
    void operator()(const SyncRequest& frame) const noexcept {
        write_prologue(out, wire::Kind::sync_request, naming_flag(frame.naming));
        out.id(frame.after);
        out.varint(frame.limit);
    }
    void operator()(const SyncIds& frame) const noexcept {
        const bool complete = frame.complete && frame.names.size() <= wire::names_max;
        const std::size_t flags = naming_flag(frame.naming) | (complete ? wire::names_flag::complete : 0U);
        write_prologue(out, wire::Kind::sync_ids, flags);
        out.id(frame.after);
        write_names(out, carried(frame.names));
    }
    void operator()(const Reconcile& frame) const noexcept {
        write_prologue(out, wire::Kind::reconcile, 0);
        out.byte(static_cast<std::uint8_t>(frame.step));
        out.varint(frame.session);
        out.varint(frame.body.size());
        out.bytes(frame.body.view());
    }
    void operator()(const Acknowledge& frame) const noexcept {
        const auto items = carried(frame.items);
        const bool tallies = tallies_size(items) != 0;
        write_prologue(out, wire::Kind::acknowledge, tallies ? wire::acknowledge_flag::tallies : 0U);
        out.varint(items.size());
        for (const Acknowledge::Item& item : items) {
            out.fixed64(item.name);
            out.byte(item.copy);
            if (tallies) {
                out.varint(tally_number(item.tally));
            }
        }
    }
    void operator()(const LinkControl& frame) const noexcept {
        write_prologue(out, wire::Kind::link_control, 0);
        out.byte(static_cast<std::uint8_t>(frame.step));
        if (names_origin(frame.step)) {
            out.fixed64(frame.origin);
        }
        if (names_message(frame)) {
            out.id(frame.name);
        }
    }
};

}  // namespace detail

/// Measures a frame, then writes it: the two steps of every encoding, for callers with memory of their own.
///
/// Holds a reference to the frame, which must outlive it and must not change. A frame with a message must have one (its
/// handle is not empty). More names than wire::names_max are left out; a SyncIds that loses names is not `complete`.
class FrameEncoder {
   public:
    explicit FrameEncoder(const Frame& frame) noexcept
        : frame_(frame), message_(message_of(frame)), head_(std::visit(detail::HeadSize{}, frame)) {}

    /// Bytes from the length up to the payload.
    [[nodiscard]] std::size_t head_size() const noexcept { return varint::size(length()) + head_; }

    /// Bytes of the whole frame.
    [[nodiscard]] std::size_t size() const noexcept { return head_size() + payload().size(); }

    /// Writes `head_size()` bytes; gives the position behind them.
    std::byte* write_head(std::byte* at) const noexcept {
        Writer out(at);
        out.varint(length());
        std::visit(detail::WriteHead{out}, frame_);
        return out.position();
    }

    /// Writes `size()` bytes; gives the position behind them.
    std::byte* write(std::byte* at) const noexcept {
        Writer out(write_head(at));
        out.bytes(payload());
        return out.position();
    }

    [[nodiscard]] ByteView payload() const noexcept { return message_ == nullptr ? ByteView{} : message_->payload(); }

   private:
    [[nodiscard]] std::size_t length() const noexcept { return head_ + payload().size(); }

    const Frame& frame_;
    const Message* message_;
    std::size_t head_;
};

/// Bytes of the frame on the wire.
inline std::size_t encoded_size(const Frame& frame) noexcept { return FrameEncoder(frame).size(); }

/// The whole frame in one block; the payload is copied. Throws std::bad_alloc.
inline Bytes encode(const Frame& frame) {
    const FrameEncoder encoder(frame);
    return Bytes::build(encoder.size(), [&](std::byte* at) { encoder.write(at); });
}

/// The frame with its payload left where it is. Throws std::bad_alloc.
inline EncodedFrame encode_shared(const Frame& frame) {
    const FrameEncoder encoder(frame);
    const Message* message = message_of(frame);
    return {Bytes::build(encoder.head_size(), [&](std::byte* at) { encoder.write_head(at); }),
            message == nullptr ? Message{} : *message};
}

}  // namespace lattice::inline v0
