#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/core/time.hpp>
#include <lattice/sim/chance.hpp>
#include <lattice/sim/event_queue.hpp>

namespace lattice::inline v0::sim {

/// How long a frame is under way from one node to another, bandwidth and queues aside.
///
/// A value; drawn anew for every frame, or once per link with `fixed_per_link()`, equal in both directions. The draws
/// are integer arithmetic and the same everywhere.
class Latency {
   public:
    /// Always the same.
    static Latency constant(Duration value) { return Latency(Shape::constant, value, value, 0); }
    /// Evenly spread between two bounds.
    static Latency uniform(Duration least, Duration most) { return Latency(Shape::uniform, least, most, 0); }
    /// A floor and an exponential tail above it; `mean` is that of the tail.
    static Latency exponential(Duration mean, Duration floor = {}) {
        return Latency(Shape::exponential, floor, mean, 0);
    }
    /// Log-normal, as measured between hosts of the Internet; `sigma` is the deviation of the logarithm, below 4.
    static Latency log_normal(Duration median, double sigma) { return Latency(Shape::log_normal, {}, median, sigma); }
    /// Between regions: `table[i * regions + j]` from region i to region j; node n lives in region n % regions.
    static Latency matrix(std::uint32_t regions, std::vector<Duration> table) {
        Latency latency(Shape::matrix, {}, {}, 0);
        latency.matrix_ = std::make_shared<const Matrix>(Matrix{regions, std::move(table)});
        return latency;
    }

    Latency() : Latency(constant(std::chrono::milliseconds{1})) {}

    /// The same law, drawn once per link instead of for every frame.
    [[nodiscard]] Latency fixed_per_link() const {
        Latency copy = *this;
        copy.per_link_ = true;
        return copy;
    }

    /// The time that one frame takes. `world_seed` fixes the links' own times.
    [[nodiscard]] Duration draw(Random& random, std::uint64_t world_seed, NodeIndex from, NodeIndex to) const {
        if (shape_ == Shape::constant) {
            return a_;
        }
        if (shape_ == Shape::matrix) {
            return matrix_->table[from % matrix_->regions * matrix_->regions + to % matrix_->regions];
        }
        if (!per_link_) {
            return draw(random);
        }
        const std::uint64_t link = from < to ? (std::uint64_t{from} << 32U) | to : (std::uint64_t{to} << 32U) | from;
        Random of_link(mixed(world_seed, link));
        return draw(of_link);
    }

    /// The law in words, for reports.
    [[nodiscard]] std::string describe() const {
        const auto ms = [](Duration value) { return std::to_string(value.count() / 1'000) + " us"; };
        switch (shape_) {
            case Shape::constant:
                return "constant " + ms(a_);
            case Shape::uniform:
                return "uniform " + ms(a_) + " to " + ms(b_);
            case Shape::exponential:
                return "exponential, mean " + ms(b_) + " above " + ms(a_);
            case Shape::log_normal:
                return "log-normal, median " + ms(b_);
            case Shape::matrix:
                return "matrix of " + std::to_string(matrix_->regions) + " regions";
        }
        return {};
    }

   private:
    enum class Shape : std::uint8_t { constant, uniform, exponential, log_normal, matrix };
    struct Matrix {
        std::uint32_t regions;
        std::vector<Duration> table;
    };

    Latency(Shape shape, Duration a, Duration b, double sigma) : a_(a), b_(b), sigma_(sigma), shape_(shape) {}

    [[nodiscard]] Duration draw(Random& random) const {
        switch (shape_) {
            case Shape::uniform:
                return draw_uniform(random, a_, b_);
            case Shape::exponential:
                return a_ + draw_exponential(random, b_);
            case Shape::log_normal:
                return draw_log_normal(random, b_, sigma_);
            default:
                return a_;
        }
    }

    Duration a_;
    Duration b_;
    double sigma_;
    std::shared_ptr<const Matrix> matrix_;
    Shape shape_;
    bool per_link_{false};
};

}  // namespace lattice::inline v0::sim
