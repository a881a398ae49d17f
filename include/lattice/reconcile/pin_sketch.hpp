#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <lattice/reconcile/gf64.hpp>
#include <lattice/reconcile/gf64_roots.hpp>

namespace lattice::inline v0::reconcile {

/// Finds the shortest recurrence behind a sequence of power sums, one odd sum at a time (Berlekamp, Massey 1969; over a
/// field of characteristic 2 every second discrepancy is zero, so those steps are left out).
///
/// For the sums of `d` different elements and after at least d odd sums, the recurrence's polynomial is the product of
/// (1 - x z) over those elements. No inversions: the polynomial is kept up to a constant factor.
class ErrorLocator {
   public:
    /// Takes the sum of x^(2k+1), where k is the number of calls before.
    void add(std::uint64_t odd_power_sum) {
        const std::size_t n = sums_.size();  // sums_[i] is the sum of x^(i+1)
        sums_.push_back(odd_power_sum);
        const std::uint64_t discrepancy = discrepancy_at(n);
        if (discrepancy != 0) {
            correct(n, discrepancy);
        }
        shift_ += 2;
        sums_.push_back(gf64::multiply(sums_[n / 2], sums_[n / 2]));  // the even sum is the square of a former one
    }

    /// How many elements the sums seen so far suggest.
    [[nodiscard]] std::size_t length() const noexcept { return length_; }

    /// How many odd sums were taken.
    [[nodiscard]] std::size_t sums() const noexcept { return sums_.size() / 2; }

    /// The elements, when the polynomial has as many different roots in the field as its length says; else nothing.
    [[nodiscard]] std::optional<std::vector<std::uint64_t>> elements() const {
        if (length_ == 0) {
            return std::vector<std::uint64_t>{};
        }
        if (current_.size() <= length_ || current_[length_] == 0) {
            return std::nullopt;  // a smaller degree would mean the element 0, which is no short id
        }
        gf64::Polynomial reversed(length_ + 1);
        const std::uint64_t scale = gf64::inverse(current_[0]);
        for (std::size_t i = 0; i <= length_; ++i) {
            reversed[length_ - i] = gf64::multiply(current_[i], scale);
        }
        auto roots = gf64::find_roots(reversed);
        if (roots.size() != length_) {
            return std::nullopt;
        }
        return roots;
    }

   private:
    [[nodiscard]] std::uint64_t discrepancy_at(std::size_t n) const noexcept {
        const std::size_t count = current_.size() <= n + 1 ? current_.size() : n + 1;
        return gf64::convolve(current_.data(), sums_.data() + n, count);
    }

    /// current = last_discrepancy * current + discrepancy * z^shift * former.
    void correct(std::size_t n, std::uint64_t discrepancy) {
        gf64::Polynomial next(current_.size() > former_.size() + shift_ ? current_.size() : former_.size() + shift_, 0);
        gf64::add_scaled(next.data(), current_.data(), current_.size(), last_discrepancy_);
        gf64::add_scaled(next.data() + shift_, former_.data(), former_.size(), discrepancy);
        if (2 * length_ <= n) {
            former_ = std::move(current_);
            last_discrepancy_ = discrepancy;
            length_ = n + 1 - length_;
            shift_ = 0;
        }
        current_ = std::move(next);
        // Keep no more coefficients than a recurrence of that length has.
        current_.resize(length_ + 1);
    }

    std::vector<std::uint64_t> sums_;
    gf64::Polynomial current_{1};
    gf64::Polynomial former_{1};
    std::uint64_t last_discrepancy_{1};
    std::size_t length_{0};
    std::size_t shift_{1};
};

/// The elements of a set of at most `sums.size()` elements, from its odd power sums; nothing when it has more (or, with
/// exactly as many sums as elements claimed, when chance says so: compare a checksum of the elements before believing
/// them).
///
/// This is PinSketch (Dodis, Ostrovsky, Reyzin, Smith 2004) as minisketch has it: the sums of the symmetric difference
/// of two sets are the exclusive or of the sets' sums. Eight bytes per difference, the most compact sketch there is;
/// the work grows with the square: with a carry-less multiplier about 2 us for one difference, 20 us for 10, 150 us
/// for 32.
inline std::optional<std::vector<std::uint64_t>> decode_power_sums(std::span<const std::uint64_t> sums) {
    ErrorLocator locator;
    for (const std::uint64_t sum : sums) {
        locator.add(sum);
        if (locator.length() > sums.size()) {
            return std::nullopt;
        }
    }
    return locator.elements();
}

}  // namespace lattice::inline v0::reconcile
