#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <lattice/reconcile/gf64.hpp>

namespace lattice::inline v0::reconcile::gf64 {

/// A polynomial over the field, coefficients from the constant upwards; the last one is not zero.
using Polynomial = std::vector<std::uint64_t>;

namespace detail {

inline void trim(Polynomial& p) noexcept {
    while (!p.empty() && p.back() == 0) {
        p.pop_back();
    }
}

/// Leaves in `a` a multiple (by a constant) of a mod b: division without inverting b's leading coefficient. When
/// `quotient` is given, the quotient goes there, a multiple of it too if `a` is one of `b`.
inline void reduce(Polynomial& a, const Polynomial& b, Polynomial* quotient = nullptr) {
    const std::uint64_t lead = b.back();
    if (quotient != nullptr) {
        quotient->assign(a.size() - b.size() + 1, 0);
    }
    while (a.size() >= b.size()) {
        const std::size_t shift = a.size() - b.size();
        const std::uint64_t top = a.back();
        if (lead != 1) {
            scale(a.data(), shift, lead);
            if (quotient != nullptr) {
                scale(quotient->data() + shift, quotient->size() - shift, lead);
            }
        }
        blend(a.data() + shift, lead, b.data(), top, b.size());
        if (quotient != nullptr) {
            (*quotient)[shift] ^= top;
        }
        trim(a);
    }
}

/// The greatest common divisor, up to a constant factor.
inline Polynomial common_divisor(Polynomial a, Polynomial b) {
    while (!b.empty()) {
        if (a.size() >= b.size()) {
            reduce(a, b);
        }
        std::swap(a, b);
    }
    return a;
}

/// beta^(2^i) for i < 64, for a few fixed beta: the coefficients of the maps Tr(beta x).
using TraceFactors = std::array<std::uint64_t, 64>;

inline TraceFactors trace_factors(std::uint64_t attempt) noexcept {
    TraceFactors factors{};
    factors[0] = (attempt + 1) * 0x9e3779b97f4a7c15U;
    for (std::size_t i = 1; i < factors.size(); ++i) {
        factors[i] = multiply(factors[i - 1], factors[i - 1]);
    }
    return factors;
}

inline const TraceFactors& common_trace_factors(std::size_t attempt) noexcept {
    static const auto table = [] {
        std::array<TraceFactors, 16> factors{};
        for (std::size_t i = 0; i < factors.size(); ++i) {
            factors[i] = trace_factors(i);
        }
        return factors;
    }();
    return table[attempt];
}

/// x^(2^i) mod f for i < 64: the rows from which every Tr(beta x) mod f is one linear combination.
class FrobeniusTable {
   public:
    /// `f`: monic, of degree 2 or more.
    explicit FrobeniusTable(const Polynomial& f) : degree_(f.size() - 1), rows_(65 * degree_) {
        const std::vector<std::uint64_t> high = powers_beyond(f);
        rows_[1] = 1;
        std::vector<std::uint64_t> squares(degree_);
        for (std::size_t i = 0; i < 64; ++i) {
            std::uint64_t* next = rows_.data() + (i + 1) * degree_;
            square(squares.data(), next - degree_, degree_);
            const std::size_t low =
                (degree_ + 1) / 2;  // squares[j] is the coefficient of x^(2j); from here on 2j >= degree
            for (std::size_t j = 0; j < low; ++j) {
                next[2 * j] = squares[j];
            }
            add_combination(next, high.data() + (2 * low - degree_) * degree_, 2 * degree_, squares.data() + low,
                            degree_ - low, degree_);
        }
    }

    /// Whether x^(2^64) = x mod f, that is whether f is a product of different linear factors.
    [[nodiscard]] bool splits() const noexcept {
        const std::uint64_t* last = rows_.data() + 64 * degree_;
        for (std::size_t j = 0; j < degree_; ++j) {
            if (last[j] != (j == 1 ? 1U : 0U)) {
                return false;
            }
        }
        return true;
    }

    /// Tr(beta x) mod f.
    [[nodiscard]] Polynomial trace(const TraceFactors& beta) const {
        Polynomial sum(degree_);
        add_combination(sum.data(), rows_.data(), degree_, beta.data(), beta.size(), degree_);
        trim(sum);
        return sum;
    }

   private:
    /// x^(degree + i) mod f for i < degree, a row each.
    [[nodiscard]] std::vector<std::uint64_t> powers_beyond(const Polynomial& f) const {
        std::vector<std::uint64_t> rows(degree_ * degree_);
        for (std::size_t j = 0; j < degree_; ++j) {
            rows[j] = f[j];
        }
        for (std::size_t i = 1; i < degree_; ++i) {
            const std::uint64_t* before = rows.data() + (i - 1) * degree_;
            std::uint64_t* row = rows.data() + i * degree_;
            for (std::size_t j = 1; j < degree_; ++j) {
                row[j] = before[j - 1];
            }
            add_scaled(row, rows.data(), degree_, before[degree_ - 1]);
        }
        return rows;
    }

    std::size_t degree_;
    std::vector<std::uint64_t> rows_;
};

/// The roots c0/c1 of linear factors c1 x + c0, with one inversion for all (Montgomery's trick).
inline std::vector<std::uint64_t> roots_of_linear(const std::vector<Polynomial>& factors) {
    std::vector<std::uint64_t> before(factors.size());
    std::uint64_t product = 1;
    for (std::size_t i = 0; i < factors.size(); ++i) {
        before[i] = product;
        product = multiply(product, factors[i][1]);
    }
    std::uint64_t inverse_product = inverse(product);
    for (std::size_t i = factors.size(); i-- > 0;) {
        before[i] = multiply(factors[i][0], multiply(before[i], inverse_product));
        inverse_product = multiply(inverse_product, factors[i][1]);
    }
    return before;
}

}  // namespace detail

/// All roots of the monic polynomial `f` when it is a product of different linear factors; else an empty vector.
///
/// Berlekamp's trace algorithm (1970): Tr(beta x) is 0 or 1 at every root, so gcd(g, Tr(beta x) mod g) holds about half
/// of the roots of g. Cost, all in the field: 40 degree^2 products for the table, which also tells beforehand whether f
/// splits, then O(degree^2) per beta; about log2(degree) + 2 of them.
inline std::vector<std::uint64_t> find_roots(const Polynomial& f) {
    if (f.size() == 2) {
        return {f[0]};
    }
    if (f.size() < 2) {
        return {};
    }
    const detail::FrobeniusTable table(f);
    if (!table.splits()) {
        return {};
    }
    std::vector<Polynomial> open{f};
    std::vector<Polynomial> linear;
    // Two roots share the trace for a beta with probability 1/2: 128 attempts leave a pair together once in 2^128.
    for (std::size_t attempt = 0; !open.empty() && attempt < 128; ++attempt) {
        const Polynomial trace =
            table.trace(attempt < 16 ? detail::common_trace_factors(attempt) : detail::trace_factors(attempt));
        std::vector<Polynomial> still_open;
        for (Polynomial& factor : open) {
            Polynomial rest = trace;
            if (rest.size() >= factor.size()) {
                detail::reduce(rest, factor);
            }
            Polynomial half = detail::common_divisor(factor, std::move(rest));
            if (half.size() < 2 || half.size() == factor.size()) {
                still_open.push_back(std::move(factor));
                continue;
            }
            Polynomial other;
            detail::reduce(factor, half, &other);
            (half.size() == 2 ? linear : still_open).push_back(std::move(half));
            (other.size() == 2 ? linear : still_open).push_back(std::move(other));
        }
        open = std::move(still_open);
    }
    return open.empty() ? detail::roots_of_linear(linear) : std::vector<std::uint64_t>{};
}

}  // namespace lattice::inline v0::reconcile::gf64
