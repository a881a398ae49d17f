#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/reconcile/reply.hpp>
#include <lattice/reconcile/request.hpp>
#include <lattice/reconcile/set_summary.hpp>

namespace lattice::inline v0::reconcile {

/// What a responder may spend on one reply.
struct ResponderLimits {
    /// Bounds memory, CPU and traffic that one small request can cause. The default is what a frame holds. Sketches, of
    /// 3.2 KB at the most, are not measured by it; a Bloom reply is bounded by twice as much.
    std::size_t reply_bytes_max{256 * 1024};
};

/// How sure of its size a sketch is made: the number of standard deviations of the estimate that are added. 1.75 makes
/// one round trip enough in 95 % of sessions (measured, see the bench); more would cost bytes in all of them.
inline constexpr double sketch_deviations = 1.75;

/// The same for coded symbols, of which there are many: the spread of what the decoder needs is in the sum already.
inline constexpr double symbol_deviations = 1.66;

/// The bytes that each strategy would take for what is known; the basis of the responder's choice.
class StrategyCosts {
   public:
    /// `there`, `here`: messages that the initiator and the responder hold.
    StrategyCosts(const DifferenceEstimate& estimate, std::uint64_t there, std::uint64_t here) noexcept
        : estimate_(estimate), there_(static_cast<double>(there)), here_(static_cast<double>(here)) {
        const double gap = there_ > here_ ? there_ - here_ : here_ - there_;
        if (estimate_.size < gap) {
            estimate_ = {gap, 0.05, false, estimate_.odd};
        }
        if (estimate_.size > there_ + here_) {
            estimate_.size = there_ + here_;
        }
    }

    /// How many differences a sketch should hold: a number as odd or even as the difference is known to be, so that a
    /// bound just above such a number is rounded up by two. At least 2 if even: a hidden pair leaves no trace in an
    /// estimator.
    [[nodiscard]] std::size_t sketch_capacity() const noexcept {
        const double bound = estimate_.at_most(sketch_deviations) - 0.5;
        std::size_t capacity = estimate_.odd ? 1 : 2;
        if (bound > static_cast<double>(capacity)) {
            const auto whole = static_cast<std::size_t>(bound) + 1;
            capacity = whole + ((whole ^ capacity) & 1U);
        }
        return capacity;
    }

    /// How many coded symbols suffice: what the decoder needs on average, with the spread of that number (0.9 /
    /// sqrt(d)) and that of the estimate.
    [[nodiscard]] std::size_t symbols() const noexcept { return symbols_for(estimate_); }

    static std::size_t symbols_for(DifferenceEstimate estimate) noexcept {
        const double size = estimate.size < 4 ? 4 : estimate.size;
        const double spread = estimate.deviation * estimate.deviation + 0.81 / size;
        const DifferenceEstimate both{size, detail::square_root(spread)};
        return static_cast<std::size_t>(both.at_most(symbol_deviations) * (1.165 + 1.9 / detail::square_root(size))) +
               8;
    }

    [[nodiscard]] double symbols_bytes() const noexcept { return 8.2 * static_cast<double>(symbols()) + 200; }

    /// Gaps between sorted numbers save the logarithm of how many they are.
    [[nodiscard]] double ids_bytes() const noexcept { return here_ * id_bytes() + 16; }

    [[nodiscard]] double bloom_bytes() const noexcept {
        const double missing_there = (estimate_.size + here_ - there_) / 2;
        return (there_ + here_) * 1.25 + missing_there * id_bytes() + 64;
    }

   private:
    [[nodiscard]] double id_bytes() const noexcept {
        const auto log2 = static_cast<double>(std::bit_width(static_cast<std::uint64_t>(here_)));
        return (66.5 - log2) / 8;
    }

    DifferenceEstimate estimate_;
    double there_;
    double here_;
};

/// Answers requests from a summary, which it only reads.
///
/// It keeps no state between rounds, by intention: each reply is a function of one request and of the set as it is at
/// that moment. So there is nothing to time out, nothing that a peer can make it hold, and changes of the set between
/// two rounds do no harm. The price is that a second round sends a whole sketch again, in one session out of twenty.
///
/// The host routes: a request with a `window` goes to that window's summary; one with a `salt` to a summary that the
/// host makes for it from its ids (0.5 us per message: bound how often), or gets a BusyReply.
class Responder {
   public:
    explicit Responder(const SetSummary& summary, ResponderLimits limits = {}) : summary_(&summary), limits_(limits) {}

    /// The reply. Work: what the reply's bytes cost, plus O(n) when the difference is of n's order.
    [[nodiscard]] Reply answer(const Request& request) const {
        if (request.salt ? !(*request.salt == summary_->salt()) : request.salt_tag != summary_->salt_tag()) {
            return SaltReply{summary_->salt_tag()};
        }
        const bool whole = request.from == 0;
        if (whole && request.digest == summary_->digest() && request.size == summary_->size()) {
            return EqualReply{};
        }
        switch (request.strategy) {
            case Strategy::automatic:
                return choose(request);
            case Strategy::sketch:
                return asked_sketch(request);
            case Strategy::symbols:
                return asked_symbols(request);
            case Strategy::bloom:
                return bloom_page(request);
            case Strategy::ids:
                break;
        }
        return ids_page(request.from, request.asked);
    }

   private:
    [[nodiscard]] DifferenceEstimate estimate(const Request& request) const {
        if (!request.estimator_shape) {
            return {0, 0, true, false};
        }
        return summary_->estimator().compare(*request.estimator_shape, request.estimator.data());
    }

    [[nodiscard]] Reply choose(const Request& request) const {
        if (request.size == 0 || summary_->size() == 0) {
            return ids_page(0);
        }
        const DifferenceEstimate measured = estimate(request);
        if (measured.saturated) {
            return own_estimate();
        }
        const StrategyCosts costs(measured, request.size, summary_->size());
        const auto shape = SketchShape::for_differences(costs.sketch_capacity(), PowerSums::log2_buckets_max);
        const double exact_bytes = shape ? 8.0 * static_cast<double>(shape->size()) + 16 : costs.symbols_bytes();
        // Filters leave a rest to a next session, so they must save something.
        if (costs.ids_bytes() < exact_bytes && costs.ids_bytes() <= 1.2 * costs.bloom_bytes()) {
            return ids_page(0);
        }
        if (costs.bloom_bytes() < 0.85 * exact_bytes) {
            return AdviceReply{Strategy::bloom};
        }
        return shape ? sketch(*shape) : symbols(costs.symbols());
    }

    [[nodiscard]] Reply own_estimate() const {
        EstimateReply reply{summary_->size(), EstimatorShape{14, 7}, {}};
        summary_->estimator().write(reply.shape, [&](std::uint8_t byte) { reply.bits.push_back(std::byte{byte}); });
        return reply;
    }

    [[nodiscard]] Reply asked_sketch(const Request& request) const {
        std::size_t capacity = static_cast<std::size_t>(request.asked < capacity_max ? request.asked : capacity_max);
        if (capacity == 0) {
            const DifferenceEstimate measured = estimate(request);
            capacity = StrategyCosts(measured, request.size, summary_->size()).sketch_capacity();
        }
        const auto shape = SketchShape::for_differences(capacity, PowerSums::log2_buckets_max);
        return sketch(shape ? *shape : *SketchShape::for_differences(capacity_max, PowerSums::log2_buckets_max));
    }

    [[nodiscard]] Reply asked_symbols(const Request& request) const {
        if (request.asked != 0) {
            return symbols(request.asked);
        }
        const DifferenceEstimate measured = estimate(request);
        return measured.saturated ? own_estimate()
                                  : symbols(StrategyCosts(measured, request.size, summary_->size()).symbols());
    }

    [[nodiscard]] Reply sketch(const SketchShape& shape) const {
        SketchReply reply{summary_->checksum(), shape, {}};
        reply.sums.reserve(shape.size());
        SplitSketch::write(summary_->power_sums(shape.log2_buckets), shape,
                           [&](std::uint64_t sum) { reply.sums.push_back(sum); });
        return reply;
    }

    /// Symbols that do not fit by far make way for a page of ids, which always helps.
    [[nodiscard]] Reply symbols(std::uint64_t count) const {
        const std::size_t overhead = SymbolChecks::count_max + 16;
        const std::size_t fit = limits_.reply_bytes_max < overhead ? 0 : (limits_.reply_bytes_max - overhead) / 8;
        if (count / 3 * 2 > fit) {
            return ids_page(0);
        }
        count = count < fit ? count : fit;
        count = count < SymbolIndices::symbols_max ? count : SymbolIndices::symbols_max;
        return SymbolsReply{summary_->checksum(), summary_->symbols(static_cast<std::size_t>(count))};
    }

    /// At most as many ids as fit, at 8 bytes and a half each, the worst case of their code.
    [[nodiscard]] IdsReply ids_page(std::uint64_t from, std::uint64_t asked = 0) const {
        std::size_t fit = limits_.reply_bytes_max < 64 ? 1 : limits_.reply_bytes_max * 2 / 17;
        fit = asked != 0 && asked < fit ? static_cast<std::size_t>(asked) : fit;
        IdsReply reply{0, summary_->table().ascending_from(from, fit + 1)};
        if (reply.ids.size() > fit) {
            reply.end = reply.ids.back();
            reply.ids.pop_back();
        }
        return reply;
    }

    [[nodiscard]] Reply bloom_page(const Request& request) const {
        const BloomShape shape = BloomShape::for_rate(summary_->table().size(), 0.01);
        if (shape.bits() / 8 + 64 > limits_.reply_bytes_max / 2) {
            return ids_page(request.from);
        }
        BloomFilter filter(shape, Salt{remix(summary_->digest(), request.digest), 0});
        summary_->table().for_each([&](std::uint64_t id, SetSummary::Handle) { filter.insert(id); });
        IdsReply page = ids_page(request.from);
        std::vector<std::uint64_t> outside;
        for (const std::uint64_t id : page.ids) {
            if (!request.filter->may_contain(id)) {
                outside.push_back(id);
            }
        }
        page.ids = std::move(outside);
        return BloomReply{std::move(page), std::move(filter)};
    }

    /// What 16 buckets of 40 sums hold, nearly always.
    static constexpr std::size_t capacity_max = 340;

    const SetSummary* summary_;
    ResponderLimits limits_;
};

}  // namespace lattice::inline v0::reconcile
