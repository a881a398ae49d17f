#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace lattice::inline v0 {

/// Fits the redundancy of a tree to the network: how many links announce, whether copies are doubled, how often receipt is
/// acknowledged. Follows what is measured (frames lost, messages that the tree missed) towards a probability of delivery.
///
/// It never oscillates: nothing that it decides feeds back into what it measures, means are taken over dozens of samples,
/// and every threshold lies lower on the way down than on the way up. Whole numbers throughout: each build of the library
/// decides alike.
class SpreadTuner {
   public:
    /// `misses_tolerated`: of a thousand million deliveries, how many may need anti-entropy. At least 1.
    explicit SpreadTuner(std::uint32_t misses_tolerated) noexcept : tolerated_(misses_tolerated) {}

    /// A copy was acknowledged; `at_once`: the first one sent.
    void acknowledged(bool at_once) noexcept {
        if (samples_ < experience) {
            ++samples_;
        }
        const std::uint32_t sample = at_once ? 0 : one;
        loss_ = static_cast<std::uint32_t>(loss_ + (static_cast<std::int64_t>(sample) - loss_) / 32);
        decide();
    }

    /// A new message came; `retrieved`: because it was asked for.
    void arrived(bool retrieved) noexcept {
        constexpr std::int64_t all = 1'000'000'000;
        missed_ += ((retrieved ? all : 0) - missed_) / 256;
        decide();
    }

    /// What a peer with more experience measured, in 255ths; heeded while this node has little of its own.
    void heed_loss(std::uint8_t loss) noexcept {
        if (samples_ < experience) {
            loss_ = one * loss / 255;
            decide();
        }
    }

    /// Copies that were sent and had to be sent again, in 255ths of all.
    [[nodiscard]] std::uint8_t loss() const noexcept { return static_cast<std::uint8_t>(loss_ * 255 / one); }

    /// Whether silence more likely means a lost frame than a lost peer: then the payload is sent again, not a probe.
    [[nodiscard]] bool lossy() const noexcept { return lossy_; }

    /// Copies sent to a node that has others to reach: their loss delays a whole branch.
    [[nodiscard]] std::size_t copies_inside() const noexcept { return doubled_ ? 2 : 1; }

    /// Copies of an acknowledgement: one lost costs a payload.
    [[nodiscard]] std::size_t acknowledgements() const noexcept {
        return lossy_ ? (loss_ > one / 5 ? std::size_t{3} : std::size_t{2}) : std::size_t{1};
    }

    /// Peers that each message is announced to in a round, when it is announced in `rounds`. A node that the tree missed hears
    /// of it with probability 1 - exp(-links * rounds * (1 - loss)) (Kermarrec, Massoulie, Ganesh 2003).
    [[nodiscard]] std::size_t links(std::size_t rounds) const noexcept {
        return 1 + (links_times_rounds_ - 1) / (rounds == 0 ? 1 : rounds);
    }

   private:
    static constexpr std::uint32_t one = 1U << 16U;
    static constexpr std::uint32_t experience = 16;

    void decide() noexcept {
        lossy_ = loss_ > (lossy_ ? one / 200 : one / 50);
        doubled_ = loss_ > (doubled_ ? one / 40 : one / 16);
        // ln(missed / tolerated) / (1 - loss), with ln x = 0.7 log2 x, in sixteenths.
        const std::uint64_t ratio = static_cast<std::uint64_t>(missed_) / tolerated_;
        const std::uint64_t bits = static_cast<std::uint64_t>(std::bit_width(ratio));
        const std::uint64_t wanted = bits * 11 * one / (one - (loss_ < one / 2 ? loss_ : one / 2));
        const std::uint64_t have = std::uint64_t{links_times_rounds_} * 16;
        if (wanted > have || wanted + 24 < have) {
            links_times_rounds_ = static_cast<std::uint32_t>(wanted == 0 ? 1 : (wanted + 15) / 16);
        }
    }

    std::uint32_t tolerated_;
    std::uint32_t samples_{0};
    std::uint32_t loss_{0};           ///< In 65,536ths.
    std::int64_t missed_{1'000'000};  ///< In 1e9ths; a thousandth until something is known.
    std::uint32_t links_times_rounds_{1};
    bool lossy_{false};
    bool doubled_{false};
};

}  // namespace lattice::inline v0
