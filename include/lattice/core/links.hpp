#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// A set of links of one node: bit i stands for the link in slot i of its Neighbours.
using LinkMask = std::uint32_t;

/// No link, where the number of one is asked for.
inline constexpr std::uint32_t no_link = 32;

/// The set of one link; empty for `no_link`.
constexpr LinkMask mask_of(std::uint32_t link) noexcept { return link < no_link ? LinkMask{1} << link : 0; }

/// Names the origin of messages among the trees: 64 bits of its node id (FNV-1a), the same on every node. Two origins with the
/// same key share a tree, which costs them latency and nothing else.
using OriginKey = std::uint64_t;

constexpr OriginKey origin_key(std::string_view origin) noexcept {
    OriginKey key = 0xcbf29ce484222325U;
    for (const char c : origin) {
        key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return key;
}

/// What two nodes say to each other about the link between them, and about the trees that grow over it.
enum class LinkStep : std::uint8_t {
    probe,      ///< "Answer at once": measures a round trip. Answered by echo.
    echo,       ///< The answer to probe.
    join,       ///< "Be my neighbour, for we are near." Answered by welcome or refuse.
    join_kept,  ///< "Be my neighbour, and keep me though we are far": for connectivity. Answered likewise.
    welcome,    ///< The link stands, on both sides.
    refuse,     ///< No room.
    leave,      ///< The link is gone.
    herald,     ///< "There is a message of that origin": floods ahead of the payload, and shows the shortest way to it.
    graft,      ///< "Push to me what that origin sends" (GRAFT), and the message that is named, if one is.
    prune,      ///< "Do not push to me what that origin sends" (PRUNE).
};

/// Who said first that there is a message, as seen from the moment in which somebody asks.
struct FirstSign {
    std::uint32_t link{no_link};  ///< no_link: nobody.
    Duration lead{};              ///< How long ago that was.
};

/// Calls `use(link)` for every link of the set, lowest first.
template <typename Use>
constexpr void for_each_link(LinkMask mask, Use&& use) {
    for (; mask != 0; mask &= mask - 1) {
        use(static_cast<std::uint32_t>(std::countr_zero(mask)));
    }
}

}  // namespace lattice::inline v0
