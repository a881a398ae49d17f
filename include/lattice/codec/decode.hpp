#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <lattice/codec/reader.hpp>
#include <lattice/codec/varint.hpp>
#include <lattice/codec/wire.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/frame.hpp>

namespace lattice::inline v0 {

/// What stands at the front of some bytes.
enum class DecodeStatus : std::uint8_t {
    frame,       ///< A frame.
    incomplete,  ///< The beginning of one; more bytes are needed.
    skipped,     ///< A whole frame that this version does not understand (version, kind or flag). Go on behind it.
    malformed,   ///< No frame. The stream cannot be read any further.
};

/// The extent of the frame at the front of some bytes, before its fields are looked at.
struct FrameSlice {
    DecodeStatus status{DecodeStatus::incomplete};
    FrameFault fault{FrameFault::none};  ///< Set when malformed.
    std::size_t size{};                  ///< Bytes of the whole frame, its length included; 0 while that is not known.
    wire::Kind kind{};                   ///< Set when `status` is frame.
    ByteView fields;  ///< What follows the kind; points into the given bytes. Set when `status` is frame.
};

/// A message in wire form: views into the bytes that it was read from. Enough for a duplicate look-up without copying.
struct MessageView {
    MessageId id;
    Envelope envelope;
    MessageFields fields;
    Route route;
};

/// The frame at the front of some bytes.
struct Decoded {
    DecodeStatus status{DecodeStatus::incomplete};
    FrameFault fault{FrameFault::none};  ///< Set when malformed.
    std::size_t size{};                  ///< Bytes of the whole frame, its length included; 0 while that is not known.
    Frame frame;  ///< Set when `status` is frame. Its message, if any, is unchecked (see Message).
};

/// Finds the frame at the front of `bytes`. Reads at most 12 of them, allocates nothing.
inline FrameSlice slice_frame(ByteView bytes, WireLimits limits) noexcept {
    FrameSlice slice;
    const auto malformed = [&](FrameFault fault) {
        slice.status = DecodeStatus::malformed;
        slice.fault = fault;
        return slice;
    };
    const varint::Result length = varint::read(bytes);
    if (length.status == varint::Status::malformed) {
        return malformed(FrameFault::length_malformed);
    }
    if (length.status == varint::Status::incomplete) {
        return slice;
    }
    if (length.value > limits.frame_max()) {
        return malformed(FrameFault::frame_too_large);
    }
    const auto body_size = static_cast<std::size_t>(length.value);
    if (body_size < 2) {
        return malformed(FrameFault::frame_too_short);
    }
    slice.size = length.size + body_size;
    if (bytes.size() < slice.size) {
        return slice;
    }
    const ByteView body = bytes.subspan(length.size, body_size);
    slice.kind = static_cast<wire::Kind>(body[1]);
    slice.fields = body.subspan(2);
    const bool known = std::to_integer<std::uint8_t>(body[0]) == wire::version && wire::is_known(slice.kind);
    slice.status = known ? DecodeStatus::frame : DecodeStatus::skipped;
    return slice;
}

namespace detail {

/// How reading the fields of a frame ended.
struct FieldsResult {
    DecodeStatus status{DecodeStatus::frame};
    FrameFault fault{FrameFault::none};

    static FieldsResult skipped() noexcept { return {DecodeStatus::skipped, FrameFault::none}; }
    static FieldsResult malformed(FrameFault fault) noexcept { return {DecodeStatus::malformed, fault}; }
};

/// The rules on a message's fields that hold for every sender.
inline FrameFault check_message(const MessageFields& fields, WireLimits limits) noexcept {
    if (!is_identifier(fields.type, ceiling::type)) {
        return FrameFault::type_invalid;
    }
    if (!is_identifier(fields.origin, ceiling::node_id)) {
        return FrameFault::origin_invalid;
    }
    // An expiry of zero would be a second way to write "none".
    const bool expiry_valid = !fields.expiry || (wire::is_time(*fields.expiry) && *fields.expiry != WallTime{});
    if (!wire::is_time(fields.timestamp) || !expiry_valid) {
        return FrameFault::time_out_of_range;
    }
    return fields.payload.size() > limits.payload_max ? FrameFault::payload_too_large : FrameFault::none;
}

/// Numbers that no version has given a meaning are read as normal.
inline Priority priority_of(std::uint8_t number) noexcept {
    return number <= static_cast<std::uint8_t>(Priority::bulk) ? static_cast<Priority>(number) : Priority::normal;
}

inline void read_route(Reader& in, Route& route) noexcept {
    namespace flag = wire::route_flag;
    const std::uint8_t flags = in.byte();
    route.course = (flags & flag::overlay) != 0 ? Course::overlay : Course::slice;
    route.acknowledge = (flags & flag::acknowledge) != 0;
    route.loss = in.byte();
    route.round_trip = in.byte();
    route.round_trip = static_cast<std::uint16_t>(route.round_trip | (in.byte() << 8U));
    for (unsigned shift = 0; shift < 32; shift += 8) {
        route.view |= std::uint32_t{in.byte()} << shift;
    }
    if ((flags & flag::slice) != 0) {
        route.slice.first = in.fixed64();
        route.slice.last = in.fixed64();
    }
    route.copy = static_cast<std::uint8_t>(flags >> flag::copy_shift);
}

/// What of an extension this version knows.
inline void read_extension(ByteView extension, MessageView& view) noexcept {
    view.envelope.receipt =
        !extension.empty() && (std::to_integer<std::uint8_t>(extension.front()) & wire::extension_flag::receipt) != 0;
}

inline std::uint8_t clamp_ttl(std::uint8_t ttl) noexcept { return ttl < ceiling::hops ? ttl : ceiling::hops; }

}  // namespace detail

/// Reads the fields of a Push or Provide without copying. `view` is valid when the status is frame, and as long as the
/// bytes are.
inline detail::FieldsResult read_message(ByteView bytes, WireLimits limits, MessageView& view) noexcept {
    namespace flag = wire::message_flag;
    using detail::FieldsResult;
    Reader in(bytes);
    view.envelope.ttl = detail::clamp_ttl(in.byte());
    view.envelope.hops = in.byte();
    const std::uint8_t flags = in.byte();
    if ((flags & ~flag::known) != 0) {
        return FieldsResult::skipped();
    }
    const std::size_t type_size = in.byte();
    const std::size_t origin_size = in.byte();
    view.id = in.id();
    view.fields.timestamp = in.time();
    view.fields.expiry = (flags & flag::expiry) != 0 ? std::optional(in.time()) : std::nullopt;
    view.fields.public_key = in.bytes((flags & flag::public_key) != 0 ? ceiling::public_key : 0);
    view.fields.signature = in.bytes((flags & flag::signature) != 0 ? ceiling::signature : 0);
    view.fields.type = in.text(type_size);
    view.fields.origin = in.text(origin_size);
    if ((flags & flag::extension) != 0) {
        const std::uint64_t size = in.varint();
        detail::read_extension(in.bytes(size < in.left() + 1 ? static_cast<std::size_t>(size) : in.left() + 1), view);
    }
    view.envelope.priority = (flags & flag::priority) != 0 ? detail::priority_of(in.byte()) : Priority::normal;
    if ((flags & flag::route) != 0) {
        detail::read_route(in, view.route);
    }
    view.fields.payload = in.rest();
    if (!in.ok()) {
        return FieldsResult::malformed(FrameFault::fields_malformed);
    }
    const FrameFault fault = detail::check_message(view.fields, limits);
    return fault == FrameFault::none ? FieldsResult{} : FieldsResult::malformed(fault);
}

namespace detail {

template <typename MessageFrame>
FieldsResult decode_message(ByteView bytes, WireLimits limits, Frame& frame) {
    MessageView view;
    const FieldsResult result = read_message(bytes, limits, view);
    if (result.status == DecodeStatus::frame) {
        frame = MessageFrame{Message::claimed(view.id, view.fields), view.envelope};
        if (auto* push = std::get_if<Push>(&frame)) {
            push->route = view.route;
        }
    }
    return result;
}

/// Reads a count and so many names. Memory is taken only for names that are there.
inline FieldsResult read_names(Reader& in, std::vector<MessageId>& names) {
    const std::uint64_t count = in.varint();
    if (count > wire::names_max) {
        return FieldsResult::malformed(FrameFault::too_many_names);
    }
    const ByteView block = in.bytes(static_cast<std::size_t>(count) * MessageId::size);
    if (!in.ok()) {
        return FieldsResult::malformed(FrameFault::fields_malformed);
    }
    names.resize(block.size() / MessageId::size);
    if (!block.empty()) {
        std::memcpy(names.data(), block.data(), block.size());
    }
    return {};
}

inline Naming naming_of(std::uint8_t flags) noexcept {
    return (flags & wire::names_flag::naming_ids) != 0 ? Naming::ids : Naming::keys;
}

inline FieldsResult decode_announce(ByteView bytes, Frame& frame) {
    Reader in(bytes);
    const std::uint8_t flags = in.byte();
    if ((flags & ~wire::names_flag::answer) != 0) {
        return FieldsResult::skipped();
    }
    auto& announce = frame.emplace<Announce>();
    announce.answer = flags != 0;
    return read_names(in, announce.names);
}

/// Request and NotFound have the same fields.
template <typename NamesFrame>
FieldsResult decode_names(ByteView bytes, Frame& frame) {
    Reader in(bytes);
    const std::uint8_t flags = in.byte();
    if ((flags & ~wire::names_flag::naming_ids) != 0) {
        return FieldsResult::skipped();
    }
    auto& decoded = frame.emplace<NamesFrame>();
    decoded.naming = naming_of(flags);
    return read_names(in, decoded.names);
}

inline FieldsResult decode_sync_request(ByteView bytes, Frame& frame) {
    constexpr std::uint64_t limit_max = 0xffffffffU;
    Reader in(bytes);
    const std::uint8_t flags = in.byte();
    if ((flags & ~wire::names_flag::naming_ids) != 0) {
        return FieldsResult::skipped();
    }
    SyncRequest request;
    request.naming = naming_of(flags);
    request.after = in.id();
    const std::uint64_t limit = in.varint();
    request.limit = static_cast<std::uint32_t>(limit < limit_max ? limit : limit_max);
    frame = request;
    return in.ok() ? FieldsResult{} : FieldsResult::malformed(FrameFault::fields_malformed);
}

inline FieldsResult decode_sync_ids(ByteView bytes, Frame& frame) {
    namespace flag = wire::names_flag;
    Reader in(bytes);
    const std::uint8_t flags = in.byte();
    if ((flags & ~(flag::naming_ids | flag::complete)) != 0) {
        return FieldsResult::skipped();
    }
    auto& decoded = frame.emplace<SyncIds>();
    decoded.naming = naming_of(flags);
    decoded.complete = (flags & flag::complete) != 0;
    decoded.after = in.id();
    return read_names(in, decoded.names);
}

inline FieldsResult decode_reconcile(ByteView bytes, Frame& frame) {
    constexpr std::uint64_t session_max = 0xffffffffU;
    Reader in(bytes);
    const std::uint8_t flags = in.byte();
    const std::uint8_t step = in.byte();
    if (flags != 0 || step > static_cast<std::uint8_t>(Reconcile::Step::wants)) {
        return in.ok() ? FieldsResult::skipped() : FieldsResult::malformed(FrameFault::fields_malformed);
    }
    const std::uint64_t session = in.varint();
    const std::uint64_t size = in.varint();
    const ByteView body = in.bytes(size < bytes.size() ? static_cast<std::size_t>(size) : bytes.size());
    if (!in.ok() || session > session_max) {
        return FieldsResult::malformed(FrameFault::fields_malformed);
    }
    frame = Reconcile{static_cast<Reconcile::Step>(step), static_cast<std::uint32_t>(session), Bytes(body)};
    return {};
}

inline Tally tally_of(std::uint64_t number) noexcept {
    const std::uint64_t reached = number / 2;
    return {static_cast<std::uint32_t>(reached < wire::tally_max ? reached : wire::tally_max), (number & 1U) != 0};
}

inline FieldsResult decode_acknowledge(ByteView bytes, Frame& frame) {
    Reader in(bytes);
    const std::uint8_t flags = in.byte();
    if ((flags & ~wire::acknowledge_flag::tallies) != 0) {
        return in.ok() ? FieldsResult::skipped() : FieldsResult::malformed(FrameFault::fields_malformed);
    }
    const std::uint64_t count = in.varint();
    if (count > wire::names_max) {
        return FieldsResult::malformed(FrameFault::too_many_names);
    }
    const std::size_t least = wire::acknowledge_size + (flags != 0 ? 1U : 0U);
    if (!in.ok() || count * least > in.left()) {
        return FieldsResult::malformed(FrameFault::fields_malformed);
    }
    auto& items = frame.emplace<Acknowledge>().items;
    items.resize(static_cast<std::size_t>(count));
    for (Acknowledge::Item& item : items) {
        item.name = in.fixed64();
        item.copy = in.byte();
        item.tally = flags != 0 ? tally_of(in.varint()) : Tally{};
    }
    return in.ok() ? FieldsResult{} : FieldsResult::malformed(FrameFault::fields_malformed);
}

/// A graft names a message when there is room for one: it has no other fields to come.
inline FieldsResult decode_link_control(ByteView bytes, Frame& frame) {
    Reader in(bytes);
    const std::uint8_t flags = in.byte();
    const std::uint8_t step = in.byte();
    if (flags != 0 || step > static_cast<std::uint8_t>(LinkStep::prune)) {
        return in.ok() ? FieldsResult::skipped() : FieldsResult::malformed(FrameFault::fields_malformed);
    }
    LinkControl control;
    control.step = static_cast<LinkStep>(step);
    if (control.step >= LinkStep::herald) {
        control.origin = in.fixed64();
    }
    if (control.step == LinkStep::herald || (control.step == LinkStep::graft && in.left() >= MessageId::size)) {
        control.name = in.id();
    }
    frame = control;
    return in.ok() ? FieldsResult{} : FieldsResult::malformed(FrameFault::fields_malformed);
}

inline FieldsResult decode_fields(wire::Kind kind, ByteView fields, WireLimits limits, Frame& frame) {
    switch (kind) {
        case wire::Kind::push:
            return decode_message<Push>(fields, limits, frame);
        case wire::Kind::provide:
            return decode_message<Provide>(fields, limits, frame);
        case wire::Kind::announce:
            return decode_announce(fields, frame);
        case wire::Kind::request:
            return decode_names<Request>(fields, frame);
        case wire::Kind::not_found:
            return decode_names<NotFound>(fields, frame);
        case wire::Kind::sync_request:
            return decode_sync_request(fields, frame);
        case wire::Kind::sync_ids:
            return decode_sync_ids(fields, frame);
        case wire::Kind::reconcile:
            return decode_reconcile(fields, frame);
        case wire::Kind::acknowledge:
            return decode_acknowledge(fields, frame);
        case wire::Kind::link_control:
            return decode_link_control(fields, frame);
    }
    return FieldsResult::skipped();
}

}  // namespace detail

/// Decodes the frame at the front of `bytes`, whatever follows it. A payload is copied once, into its message; nothing
/// refers to `bytes` afterwards. Allocates no more than the frame is long. Throws only std::bad_alloc.
inline Decoded decode(ByteView bytes, WireLimits limits = {}) {
    const FrameSlice slice = slice_frame(bytes, limits);
    Decoded decoded;
    decoded.status = slice.status;
    decoded.fault = slice.fault;
    decoded.size = slice.size;
    if (slice.status == DecodeStatus::frame) {
        const auto result = detail::decode_fields(slice.kind, slice.fields, limits, decoded.frame);
        decoded.status = result.status;
        decoded.fault = result.fault;
    }
    return decoded;
}

}  // namespace lattice::inline v0
