#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <lattice/core/message_id.hpp>

namespace lattice::inline v0::reconcile {

/// The key under which 32-byte ids become 64-bit short ids.
///
/// **The scheme: one salt per network and epoch.** Symbols can be maintained as messages come and go only if one salt
/// serves many sessions. The choices, with what they cost a node that talks to p peers and holds n messages:
///
/// | salt          | symbols kept              | cost                             | who can prepare collisions |
/// |---------------|---------------------------|----------------------------------|----------------------------|
/// | per link      | p times                   | p updates per message            | the two ends of the link   |
/// | per node      | once, for its own salt    | 1 update; n hashes per session   | the node's peers           |
/// |               | only                      | to meet the peer's salt          |                            |
/// | network epoch | once                      | 1 update; 33 bytes when two meet | who knows the network's key|
/// | per session   | never                     | n hashes on both sides           | nobody                     |
///
/// `for_epoch` derives it from a key that the network shares and the number of an epoch. Where a host gives no key, the
/// nodes draw keys and agree on one as they meet (see SetReconciler): whoever is no peer of theirs cannot know it, and
/// prepares nothing. An insider can: a pair of his own messages with equal short ids costs him 2^32 hashes; one that
/// collides with a message of somebody else costs 2^64 / n. Such a pair hides from a sketch, but not from the digest (see
/// SetSummary): two nodes whose sketches agree and whose digests do not know that something is hidden, and compare that
/// window once more under a salt drawn at that moment, the last row of the table. So a collision costs 0.5 us per message
/// of its window on both sides, which each side does for one hundredth of its time at the most, and is over when both
/// hold both messages. Random collisions: n^2 / 2^65, that is 3e-8 for a million messages.
///
/// Epochs come for free where messages are kept by windows of time: a window's number is its epoch (see Windows). A
/// host with one summary for all fills a second one, at one hash and one update per message, and answers under both
/// until its peers have followed. Peers that have another salt say so by its tag.
struct Salt {
    std::uint64_t low{0};
    std::uint64_t high{0};

    friend bool operator==(const Salt&, const Salt&) = default;

    /// The salt of one epoch of the network that shares `network_key`. All zero is the key of an open network.
    static Salt for_epoch(const Salt& network_key, std::uint64_t epoch) noexcept;

    /// Sixteen bits that differ between salts, as a rule: enough to notice that a peer has another salt. Reveals
    /// nothing else.
    [[nodiscard]] std::uint16_t tag() const noexcept;
};

/// What a message is to reconciliation.
struct ShortId {
    std::uint64_t value;   ///< Its name in sketches. Never 0, which sketches cannot tell from nothing.
    std::uint64_t digest;  ///< An independent hash; sums of it tell sets apart whose short ids agree.
};

namespace detail {

/// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012) over 32 bytes: a keyed function whose outputs nobody
/// without the key can predict or steer, at some 30 ns.
class SipHash {
   public:
    explicit SipHash(const Salt& key) noexcept
        : a_(key.low ^ 0x736f6d6570736575U),
          b_(key.high ^ 0x646f72616e646f6dU ^ 0xeeU),
          c_(key.low ^ 0x6c7967656e657261U),
          d_(key.high ^ 0x7465646279746573U) {}

    Salt operator()(const std::array<std::uint64_t, 4>& words) noexcept {
        for (const std::uint64_t word : words) {
            absorb(word);
        }
        absorb(std::uint64_t{32} << 56U);  // the length of the input, as SipHash pads
        c_ ^= 0xeeU;
        const std::uint64_t low = squeeze();
        b_ ^= 0xddU;
        return {low, squeeze()};
    }

   private:
    void absorb(std::uint64_t word) noexcept {
        d_ ^= word;
        round();
        round();
        a_ ^= word;
    }

    std::uint64_t squeeze() noexcept {
        for (int i = 0; i < 4; ++i) {
            round();
        }
        return a_ ^ b_ ^ c_ ^ d_;
    }

    void round() noexcept {
        a_ += b_;
        c_ += d_;
        b_ = std::rotl(b_, 13) ^ a_;
        d_ = std::rotl(d_, 16) ^ c_;
        a_ = std::rotl(a_, 32);
        c_ += b_;
        a_ += d_;
        b_ = std::rotl(b_, 17) ^ c_;
        d_ = std::rotl(d_, 21) ^ a_;
        c_ = std::rotl(c_, 32);
    }

    std::uint64_t a_, b_, c_, d_;
};

/// The id's eight bytes from 8 * index on, least significant first on every machine.
inline std::uint64_t little_endian_word(const MessageId& id, std::size_t index) noexcept {
    std::uint64_t word = 0;
    for (std::size_t i = 8; i-- > 0;) {
        word = (word << 8U) | std::to_integer<std::uint64_t>(id.bytes[8 * index + i]);
    }
    return word;
}

}  // namespace detail

/// The short id of a message under `salt`. The same on every platform.
inline ShortId shorten(const MessageId& id, const Salt& salt) noexcept {
    const Salt hash = detail::SipHash(salt)({detail::little_endian_word(id, 0), detail::little_endian_word(id, 1),
                                             detail::little_endian_word(id, 2), detail::little_endian_word(id, 3)});
    return {hash.low == 0 ? 1 : hash.low, hash.high};
}

inline Salt Salt::for_epoch(const Salt& network_key, std::uint64_t epoch) noexcept {
    return detail::SipHash(network_key)({0x65706f6368U, epoch, 0, 0});
}

inline std::uint16_t Salt::tag() const noexcept {
    return static_cast<std::uint16_t>(detail::SipHash(*this)({0x746167U, 0, 0, 0}).low);
}

/// Spreads a short id's bits anew; `stream` gives independent results. Not keyed: short ids are, already.
constexpr std::uint64_t remix(std::uint64_t value, std::uint64_t stream) noexcept {
    std::uint64_t z = value + stream * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 32U)) * 0xd6e8feb86659fd93U;
    z = (z ^ (z >> 29U)) * 0xe7037ed1a0b428dbU;
    return z ^ (z >> 32U);
}

}  // namespace lattice::inline v0::reconcile
