#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <lattice/core/limits.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// The numbers of the binary layout, which is drawn in <lattice/codec/binary.hpp>.
namespace wire {

/// The layout's version. A frame of another one is skipped; transports agree on a version when they connect.
inline constexpr std::uint8_t version = 1;

/// What a frame is. The numbers are for ever; 0 is never used.
enum class Kind : std::uint8_t {
    push = 1,
    provide = 2,
    announce = 3,
    request = 4,
    not_found = 5,
    sync_request = 6,
    sync_ids = 7,
    reconcile = 8,
    acknowledge = 9,
    link_control = 10,
};

/// Kinds from here to 255 are never the codec's: a transport may use them between its two ends, and the codec skips them.
inline constexpr std::uint8_t link_kinds_begin = 0xf0;

/// Whether a frame of this version may be of this kind.
constexpr bool is_known(Kind kind) noexcept { return kind >= Kind::push && kind <= Kind::link_control; }

/// Flags of Push and Provide. A receiver skips a frame with a flag that it does not know: what it does not understand
/// could change the meaning of the payload. Additions that may be ignored go into the extension instead.
namespace message_flag {
inline constexpr std::uint8_t expiry = 1;
inline constexpr std::uint8_t public_key = 2;
inline constexpr std::uint8_t signature = 4;
inline constexpr std::uint8_t extension = 8;
inline constexpr std::uint8_t priority = 16;  ///< Absent: Priority::normal.
inline constexpr std::uint8_t route = 32;     ///< Push only. Absent: Course::rumor.
inline constexpr std::uint8_t known = 63;
}  // namespace message_flag

/// Flags in the first byte of the extension of Push and Provide; unknown ones, and bytes behind it, are ignored.
namespace extension_flag {
inline constexpr std::uint8_t receipt = 1;  ///< Envelope::receipt.
}  // namespace extension_flag

/// Flags of a Route.
namespace route_flag {
inline constexpr std::uint8_t acknowledge = 1;
inline constexpr std::uint8_t overlay = 4;  ///< Course::overlay; otherwise Course::slice.
inline constexpr std::uint8_t slice = 8;    ///< The slice is not empty.
inline constexpr unsigned copy_shift = 4;   ///< The upper half is Route::copy.
}  // namespace route_flag

/// Flags of the frames that carry names; unknown ones are treated alike.
namespace names_flag {
inline constexpr std::uint8_t naming_ids = 1;  ///< Naming::ids; otherwise Naming::keys.
inline constexpr std::uint8_t complete = 2;    ///< SyncIds::complete.
inline constexpr std::uint8_t answer = 4;      ///< Announce::answer.
}  // namespace names_flag

/// Flags of an Acknowledge.
namespace acknowledge_flag {
inline constexpr std::uint8_t tallies = 1;  ///< Each item has a Tally.
}  // namespace acknowledge_flag

/// Bytes of one item of an Acknowledge, its tally not counted.
inline constexpr std::size_t acknowledge_size = 9;

/// Nodes that a Tally may count; more are read as that.
inline constexpr std::uint32_t tally_max = 0x7fffffffU;

/// Names in one frame: as many as fit beside the largest frame of the default settings (8,192 * 32 = 256 KiB), twice
/// what any default of Limits sends. Encoders stop there, decoders refuse more.
inline constexpr std::size_t names_max = 8'192;

/// Instants that can travel: the epoch until 2^53 microseconds after it (the year 2255), which the floating-point
/// seconds of JSON also carry, so that a message can cross from one codec to the other.
constexpr bool is_time(WallTime time) noexcept {
    const auto microseconds = time.time_since_epoch().count();
    return microseconds >= 0 && microseconds <= (std::int64_t{1} << 53);
}

}  // namespace wire

/// What a decoder of frames accepts.
struct WireLimits {
    /// Largest payload, bytes; at most ceiling::payload.
    std::size_t payload_max{Limits{}.payload_max};

    WireLimits() = default;
    explicit constexpr WireLimits(const Limits& limits) noexcept : payload_max(limits.payload_max) {}

    /// Largest value of a frame's length field: a payload or the names of one frame, and the rest of the fields.
    [[nodiscard]] constexpr std::size_t frame_max() const noexcept {
        constexpr std::size_t names = wire::names_max * MessageId::size;
        return (payload_max > names ? payload_max : names) + ceiling::frame_overhead;
    }
};

/// Why bytes are not a frame. The sender broke the protocol: what follows in the stream cannot be trusted either.
enum class FrameFault : std::uint8_t {
    none,
    length_malformed,
    frame_too_large,
    frame_too_short,
    fields_malformed,
    type_invalid,
    origin_invalid,
    time_out_of_range,
    payload_too_large,
    too_many_names,
};

/// One sentence for a log or a refusal; never a peer's text.
constexpr std::string_view describe(FrameFault fault) noexcept {
    switch (fault) {
        case FrameFault::none:
            return "no fault";
        case FrameFault::length_malformed:
            return "the length is not a canonical number";
        case FrameFault::frame_too_large:
            return "the frame is longer than allowed";
        case FrameFault::frame_too_short:
            return "the frame has no room for version and kind";
        case FrameFault::fields_malformed:
            return "the fields do not fit into the frame";
        case FrameFault::type_invalid:
            return "the type is not 1 to 64 printable characters without spaces";
        case FrameFault::origin_invalid:
            return "the origin is not 1 to 128 printable characters without spaces";
        case FrameFault::time_out_of_range:
            return "a time is before 1970 or after 2255";
        case FrameFault::payload_too_large:
            return "the payload is longer than allowed";
        case FrameFault::too_many_names:
            return "the frame names too many messages";
    }
    return "unknown fault";
}

}  // namespace lattice::inline v0
