#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <lattice/core/message_id.hpp>
#include <lattice/reconcile/short_id.hpp>

namespace lattice::inline v0::reconcile {

/// The size of a Bloom filter.
struct BloomShape {
    std::uint32_t words{1};  ///< Of 64 bits. At most words_max.
    std::uint8_t hashes{1};  ///< Bits set per key: 1 to hashes_max.

    /// 16 MiB: beyond, the sets to compare should be cut in ranges.
    static constexpr std::uint32_t words_max = 1U << 21U;
    static constexpr std::uint8_t hashes_max = 32;

    friend bool operator==(const BloomShape&, const BloomShape&) = default;

    [[nodiscard]] constexpr bool valid() const noexcept {
        return words >= 1 && words <= words_max && hashes >= 1 && hashes <= hashes_max;
    }
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return std::uint64_t{64} * words; }

    /// The smallest shape that says "may contain" of a key it does not contain with probability `rate` at the most
    /// (2^-32 to 1/2), when it contains `keys` keys: log2(1/rate) hashes and 1.44 bits for each (Bloom 1970; Broder,
    /// Mitzenmacher 2004).
    static constexpr BloomShape for_rate(std::size_t keys, double rate) noexcept {
        double log2 = 0;  // of 1/rate, to 1/256
        for (double step = 1, factor = 2; step > 1.0 / 512; step /= 2, factor = root_of(factor)) {
            while (rate * factor <= 1.0000001 && log2 < 32) {
                rate *= factor;
                log2 += step;
            }
        }
        log2 = log2 < 1 ? 1 : log2;
        // A whole number of hashes costs a little more than the ideal; the square of the rate's share pays for it.
        const double bits = static_cast<double>(keys < 1 ? 1 : keys) * (log2 * 1.4427 * 1.01) + 64;
        const double words = bits / 64;
        const double words_limit = words < words_max ? words : words_max;
        return {static_cast<std::uint32_t>(words_limit), static_cast<std::uint8_t>(log2 + 0.5)};
    }

   private:
    static constexpr double root_of(double x) noexcept {
        double root = x;
        for (int i = 0; i < 32; ++i) {
            root = (root + x / root) / 2;
        }
        return root;
    }
};

/// A set of keys that answers "certainly not" or "perhaps": the classic way to find missing messages.
///
/// `for_rate(n, p)` gives the size for n keys and a rate p of wrong "perhaps". It is salted, so that nobody without the
/// salt can make keys that are wrongly thought present, and a fresh salt per exchange makes yesterday's false positives
/// today's finds. Filters of one shape and salt merge. Keys cannot be removed.
///
/// Cost: `hashes` bits, so cache misses, per operation; 1.2 bytes per key at a rate of 1 %. Compared with a sketch it
/// pays only for sets that overlap less than three quarters (see Strategy). A value; not thread-safe.
class BloomFilter {
   public:
    BloomFilter(BloomShape shape, const Salt& salt) : shape_(shape), salt_(salt), words_(shape.words) {}

    /// A filter from a peer's words; shape.valid() must hold, and there must be shape.words of them.
    BloomFilter(BloomShape shape, const Salt& salt, std::vector<std::uint64_t> words)
        : shape_(shape), salt_(salt), words_(std::move(words)) {}

    /// Adds a message's id.
    void insert(const MessageId& id) noexcept { insert_hash(shorten(id, salt_).value); }
    /// Whether the id may have been added; when false, it was not.
    [[nodiscard]] bool may_contain(const MessageId& id) const noexcept {
        return may_contain_hash(shorten(id, salt_).value);
    }

    /// The same for a number that is uniform already, such as a short id.
    void insert(std::uint64_t key) noexcept { insert_hash(remix(key ^ salt_.low, salt_.high)); }
    [[nodiscard]] bool may_contain(std::uint64_t key) const noexcept {
        return may_contain_hash(remix(key ^ salt_.low, salt_.high));
    }

    /// Makes this the filter of both sets. False, and nothing changed, when shape or salt differ.
    bool merge(const BloomFilter& other) noexcept {
        if (!(other.shape_ == shape_) || !(other.salt_ == salt_)) {
            return false;
        }
        for (std::size_t i = 0; i < words_.size(); ++i) {
            words_[i] |= other.words_[i];
        }
        return true;
    }

    /// The share of bits that are set. At one half the filter is as full as it should be.
    [[nodiscard]] double fill() const noexcept {
        std::uint64_t ones = 0;
        for (const std::uint64_t word : words_) {
            ones += static_cast<std::uint64_t>(std::popcount(word));
        }
        return static_cast<double>(ones) / static_cast<double>(shape_.bits());
    }

    /// The probability of a wrong "perhaps" as it is filled now.
    [[nodiscard]] double false_positive_rate() const noexcept {
        const double share = fill();
        double rate = 1;
        for (int i = 0; i < shape_.hashes; ++i) {
            rate *= share;
        }
        return rate;
    }

    [[nodiscard]] BloomShape shape() const noexcept { return shape_; }
    [[nodiscard]] const Salt& salt() const noexcept { return salt_; }
    [[nodiscard]] std::span<const std::uint64_t> words() const noexcept { return words_; }

   private:
    void insert_hash(std::uint64_t hash) noexcept {
        const std::uint64_t step = step_of(hash);
        for (int i = 0; i < shape_.hashes; ++i, hash += step) {
            const std::uint64_t bit = bit_of(hash);
            words_[static_cast<std::size_t>(bit / 64)] |= std::uint64_t{1} << (bit % 64);
        }
    }

    [[nodiscard]] bool may_contain_hash(std::uint64_t hash) const noexcept {
        const std::uint64_t step = step_of(hash);
        for (int i = 0; i < shape_.hashes; ++i, hash += step) {
            const std::uint64_t bit = bit_of(hash);
            if ((words_[static_cast<std::size_t>(bit / 64)] >> (bit % 64) & 1U) == 0) {
                return false;
            }
        }
        return true;
    }

    /// Bits are an arithmetic progression of two hashes, as good as independent ones (Kirsch, Mitzenmacher 2006).
    static std::uint64_t step_of(std::uint64_t hash) noexcept { return remix(hash, 5) | 1U; }
    [[nodiscard]] std::uint64_t bit_of(std::uint64_t hash) const noexcept {
        return ((hash >> 32U) * shape_.bits()) >> 32U;
    }

    BloomShape shape_;
    Salt salt_;
    std::vector<std::uint64_t> words_;
};

}  // namespace lattice::inline v0::reconcile
