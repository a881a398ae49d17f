#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <variant>

#include <lattice/core/frame.hpp>

namespace lattice::inline v0::sim {

/// Alternatives of Frame, in its order.
inline constexpr std::size_t frame_kinds = std::variant_size_v<Frame>;

/// What went over the network of a world since it began.
struct Traffic {
    std::array<std::uint64_t, frame_kinds> frames{};  ///< Copies that left a node, by kind.
    std::array<std::uint64_t, frame_kinds> bytes{};   ///< Their encoded sizes.

    std::uint64_t arrived{};      ///< Frames handed to a node.
    std::uint64_t lost{};         ///< By chance.
    std::uint64_t duplicated{};   ///< Extra copies.
    std::uint64_t cut{};          ///< Between the sides of a partition.
    std::uint64_t refused{};      ///< Sent while the sender's line was full (busy).
    std::uint64_t unaddressed{};  ///< For addresses that nobody has.
    std::uint64_t missed{};       ///< Arrived at a node that was down.
    std::uint64_t undecodable{};  ///< Bytes of hostile nodes that no codec takes.

    [[nodiscard]] std::uint64_t payloads() const noexcept { return frames[0] + frames[1]; }
    [[nodiscard]] std::uint64_t payload_bytes() const noexcept { return bytes[0] + bytes[1]; }
    [[nodiscard]] std::uint64_t control_frames() const noexcept { return total(frames) - payloads(); }
    [[nodiscard]] std::uint64_t control_bytes() const noexcept { return total(bytes) - payload_bytes(); }

   private:
    static_assert(std::is_same_v<std::variant_alternative_t<0, Frame>, Push> &&
                      std::is_same_v<std::variant_alternative_t<1, Frame>, Provide>,
                  "the frames that carry messages come first");

    static std::uint64_t total(const std::array<std::uint64_t, frame_kinds>& counts) noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : counts) {
            sum += count;
        }
        return sum;
    }
};

}  // namespace lattice::inline v0::sim
