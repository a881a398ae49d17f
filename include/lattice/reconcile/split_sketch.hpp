#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/reconcile/difference_estimator.hpp>
#include <lattice/reconcile/pin_sketch.hpp>
#include <lattice/reconcile/power_sums.hpp>

namespace lattice::inline v0::reconcile {

/// How a sketch is cut: `lengths[j]` sums in its j-th part, not increasing, for 2^log2_buckets parts.
struct SketchShape {
    static constexpr std::size_t parts_max = std::size_t{1} << PowerSums::log2_buckets_max;

    unsigned log2_buckets{0};
    std::array<std::uint8_t, parts_max> lengths{};

    friend bool operator==(const SketchShape&, const SketchShape&) = default;

    [[nodiscard]] constexpr std::size_t parts() const noexcept { return std::size_t{1} << log2_buckets; }

    /// How many sums it holds.
    [[nodiscard]] constexpr std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (std::size_t j = 0; j < parts(); ++j) {
            sum += lengths[j];
        }
        return sum;
    }

    /// Whether every length is in range, so that a peer's shape may be used.
    [[nodiscard]] constexpr bool valid() const noexcept {
        if (log2_buckets > PowerSums::log2_buckets_max) {
            return false;
        }
        for (std::size_t j = 0; j < parts(); ++j) {
            if (lengths[j] > PowerSums::rows || (j != 0 && lengths[j] > lengths[j - 1])) {
                return false;
            }
        }
        return true;
    }

    /// The shape that suffices for `differences`, nearly always, of a set whose sums are kept in 2^log2_buckets_max
    /// buckets; nothing when none does.
    ///
    /// Up to 24 one part is cheapest. Beyond, buckets of 8 to 16 on average: root finding costs the square of a
    /// bucket's load. Row k is needed for the buckets that hold k differences or more; their number is about binomial.
    static std::optional<SketchShape> for_differences(std::size_t differences, unsigned log2_buckets_max) noexcept;
};

/// A PinSketch in parts: as compact as one whole sketch, nearly, at the cost of decoding small buckets.
///
/// Ids fall into buckets, each with its own power sums S_b[k]. A bucket with few differences needs few sums, but nobody
/// knows beforehand which. So what is sent is not the buckets' sums but parts P_j[k] = sum over b of a_b^j S_b[k] with
/// a_b = b + 1, and of the later rows k only as many parts as buckets will still be open: a Reed-Solomon code across
/// the buckets, row by row (generalised concatenation: Blokh, Zyablov 1974). The decoder knows all sums of a bucket
/// once it has found its ids; the open ones are the unknowns of a Vandermonde system. One part is the plain PinSketch.
///
/// Cost: 8 bytes per difference, plus 8 per bucket (each shows that it is complete by one more sum) and what chance
/// needs. The work is bounded by the shape: 16 buckets of 40 sums.
class SplitSketch {
   public:
    /// Calls put(sum) shape.size() times: part after part.
    template <typename Put>
    static void write(const PowerSums& sums, const SketchShape& shape, Put&& put) {
        const Parts parts = parts_of(sums, shape);
        for (std::size_t j = 0; j < shape.parts(); ++j) {
            for (std::size_t k = 0; k < shape.lengths[j]; ++k) {
                put(parts[j][k]);
            }
        }
    }

    /// `sums`: one's own, in 2^shape.log2_buckets buckets. `take()` gives the peer's sums in the order of `write`.
    template <typename Take>
    SplitSketch(const PowerSums& sums, const SketchShape& shape, Take&& take)
        : shape_(shape), parts_(parts_of(sums, shape)), buckets_(shape.parts()) {
        for (std::size_t j = 0; j < shape.parts(); ++j) {
            for (std::size_t k = 0; k < shape.lengths[j]; ++k) {
                parts_[j][k] ^= take();
            }
        }
    }

    /// The ids of the difference, or nothing when there are more than the shape holds. A checksum must confirm them.
    std::optional<std::vector<std::uint64_t>> decode() {
        for (std::size_t row = 0; row < shape_.lengths[0] && open_buckets() != 0; ++row) {
            if (!take_row(row)) {
                break;
            }
            close_buckets(Evidence::one_more_sum);
        }
        close_buckets(Evidence::none);
        if (open_buckets() != 0) {
            return std::nullopt;
        }
        return std::move(found_);
    }

   private:
    using Parts = std::vector<std::array<std::uint64_t, PowerSums::rows>>;

    /// What speaks for a bucket's ids: one sum beyond those that determine them, or only that they lie in the bucket.
    enum class Evidence : std::uint8_t { one_more_sum, none };

    struct Bucket {
        ErrorLocator locator;
        bool open{true};
    };

    static std::uint64_t point_of(std::size_t bucket) noexcept { return bucket + 1; }

    /// Adds the sums of one bucket to all parts.
    static void spread(const std::uint64_t* sums, std::size_t bucket, const SketchShape& shape, Parts& parts) {
        std::uint64_t factor = 1;
        for (std::size_t j = 0; j < shape.parts(); ++j) {
            gf64::add_scaled(parts[j].data(), sums, shape.lengths[j], factor);
            factor = gf64::multiply(factor, point_of(bucket));
        }
    }

    static Parts parts_of(const PowerSums& sums, const SketchShape& shape) {
        Parts parts(shape.parts());
        for (std::size_t b = 0; b < shape.parts(); ++b) {
            spread(sums.bucket(b), b, shape, parts);
        }
        return parts;
    }

    [[nodiscard]] std::size_t open_buckets() const noexcept {
        std::size_t count = 0;
        for (const Bucket& bucket : buckets_) {
            count += bucket.open ? 1 : 0;
        }
        return count;
    }

    /// Gives every open bucket its sum of this row; false when more are open than parts are there.
    bool take_row(std::size_t row) {
        std::array<std::size_t, SketchShape::parts_max> open{};
        std::array<std::uint64_t, SketchShape::parts_max> values{};
        std::size_t count = 0;
        for (std::size_t b = 0; b < buckets_.size(); ++b) {
            if (buckets_[b].open) {
                open[count++] = b;
            }
        }
        for (std::size_t j = 0; j < count; ++j) {
            if (row >= shape_.lengths[j]) {
                return false;
            }
            values[j] = parts_[j][row];
        }
        solve(open.data(), values.data(), count);
        for (std::size_t i = 0; i < count; ++i) {
            buckets_[open[i]].locator.add(values[i]);
        }
        return true;
    }

    /// Solves sum over i of x_i a_i^j = values[j] for j < count, in place (Bjorck, Pereyra 1970).
    static void solve(const std::size_t* open, std::uint64_t* values, std::size_t count) noexcept {
        for (std::size_t k = 0; k + 1 < count; ++k) {
            for (std::size_t i = count - 1; i > k; --i) {
                values[i] ^= gf64::multiply(point_of(open[k]), values[i - 1]);
            }
        }
        for (std::size_t k = count - (count == 0 ? 0 : 1); k-- > 0;) {
            for (std::size_t i = k + 1; i < count; ++i) {
                values[i] = gf64::multiply(values[i], inverse_of_small(point_of(open[i]) ^ point_of(open[i - k - 1])));
            }
            for (std::size_t i = k; i + 1 < count; ++i) {
                values[i] ^= values[i + 1];
            }
        }
    }

    /// Inverses of 1 to 31: the differences of the points.
    static std::uint64_t inverse_of_small(std::uint64_t value) noexcept {
        static const auto table = [] {
            std::array<std::uint64_t, 32> inverses{};
            for (std::size_t i = 1; i < inverses.size(); ++i) {
                inverses[i] = gf64::inverse(i);
            }
            return inverses;
        }();
        return table[value];
    }

    void close_buckets(Evidence evidence) {
        for (std::size_t b = 0; b < buckets_.size(); ++b) {
            Bucket& bucket = buckets_[b];
            const std::size_t slack = evidence == Evidence::one_more_sum ? 1 : 0;
            if (!bucket.open || bucket.locator.length() + slack > bucket.locator.sums()) {
                continue;
            }
            const auto ids = bucket.locator.elements();
            if (!ids || !all_in_bucket(*ids, b)) {
                continue;
            }
            bucket.open = false;
            std::array<std::uint64_t, PowerSums::rows> sums{};
            for (const std::uint64_t id : *ids) {
                gf64::add_odd_powers(sums.data(), shape_.lengths[0], id);
                found_.push_back(id);
            }
            spread(sums.data(), b, shape_, parts_);
        }
    }

    [[nodiscard]] bool all_in_bucket(const std::vector<std::uint64_t>& ids, std::size_t bucket) const noexcept {
        for (const std::uint64_t id : ids) {
            if (PowerSums::bucket_of(id, shape_.log2_buckets) != bucket) {
                return false;
            }
        }
        return true;
    }

    SketchShape shape_;
    Parts parts_;  ///< The difference's parts, less what the closed buckets contribute.
    std::vector<Bucket> buckets_;
    std::vector<std::uint64_t> found_;
};

inline std::optional<SketchShape> SketchShape::for_differences(std::size_t differences,
                                                               unsigned log2_buckets_max) noexcept {
    SketchShape shape;
    if (differences <= 24) {
        shape.lengths[0] = static_cast<std::uint8_t>(differences);
        return shape;
    }
    while (shape.log2_buckets < log2_buckets_max && differences > (std::size_t{16} << shape.log2_buckets)) {
        ++shape.log2_buckets;
    }
    const auto buckets = static_cast<double>(shape.parts());
    const double load = static_cast<double>(differences) / buckets;
    double exactly = detail::exp_minus(load);  // the probability of a load of `row`
    double fewer = 0;                          // and of a smaller one
    for (std::size_t row = 0;; ++row) {
        const double open = buckets * (1 - fewer);
        const double deviation = detail::square_root(open * fewer);
        const double needed = open + (0.8 + 0.02 * buckets) * deviation;
        auto parts = needed < buckets ? static_cast<std::size_t>(needed + 0.5) : shape.parts();
        if (parts == 0) {
            return shape;
        }
        if (row == PowerSums::rows) {
            return std::nullopt;
        }
        for (std::size_t j = 0; j < parts; ++j) {
            shape.lengths[j] = static_cast<std::uint8_t>(row + 1);
        }
        fewer = fewer + exactly < 1 ? fewer + exactly : 1;
        exactly *= load / static_cast<double>(row + 1);
    }
}

}  // namespace lattice::inline v0::reconcile
