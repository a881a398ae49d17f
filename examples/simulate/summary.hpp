#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <lattice/sim/spread.hpp>
#include <lattice/sim/theory.hpp>

#include "options.hpp"

namespace simulate {

/// One figure over all runs, and what theory says about it.
struct Figure {
    std::string key;    ///< In JSON.
    std::string label;  ///< In tables.
    std::string unit;
    std::vector<double> values;  ///< One per run that has it.
    std::string bound;           ///< In words, with its value; empty where theory says nothing.

    [[nodiscard]] double mean() const {
        double sum = 0;
        for (const double value : values) {
            sum += value;
        }
        return values.empty() ? 0 : sum / static_cast<double>(values.size());
    }
    [[nodiscard]] double least() const { return values.empty() ? 0 : *std::min_element(values.begin(), values.end()); }
    [[nodiscard]] double most() const { return values.empty() ? 0 : *std::max_element(values.begin(), values.end()); }
};

/// A number with as many digits as help.
inline std::string shown(double value) {
    char text[32];
    const double size = std::fabs(value);
    const char* format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.01 || size == 0 ? "%.3f" : "%.2e";
    std::snprintf(text, sizeof text, format, value);
    return text;
}

/// Collects the runs of one setting and turns them into figures.
class Summary {
   public:
    explicit Summary(const Options& options) : options_(options) {}

    void add(const lattice::sim::Spread& spread) {
        ++runs_;
        complete_ += spread.complete() ? 1U : 0U;
        events_ += spread.events;
        trace_ = spread.trace;
        spreads_.push_back(spread);
    }

    [[nodiscard]] std::uint64_t runs() const noexcept { return runs_; }
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
    [[nodiscard]] std::uint64_t trace() const noexcept { return trace_; }

    [[nodiscard]] std::vector<Figure> figures() const {
        namespace theory = lattice::sim::theory;
        const auto& setting = options_.setting;
        const double loss = setting.link.loss.value();
        const auto fanout = static_cast<double>(setting.config.fanout);
        const bool rumor = options_.mode == "rumor";
        const std::size_t living = living_nodes();
        std::vector<Figure> all;
        for (const auto& [share, name] : shares) {
            all.push_back(collect("time_ms_" + std::string(name), "time to " + std::string(name) + " %", "ms", {},
                                  [share = share](const auto& spread) { return milliseconds(spread.time_to(share)); }));
        }
        for (const auto& [share, name] : shares) {
            const auto nodes = static_cast<std::size_t>(share * static_cast<double>(living));
            const std::string least =
                options_.setting.config.enable_push && nodes > 1
                    ? ">= " + shown(theory::rounds_at_least(nodes, widest(setting.config))) + "  (log_{f+1} n)"
                    : "";
            all.push_back(collect("hops_" + std::string(name), "hops to " + std::string(name) + " %", "", least,
                                  [share = share](const auto& spread) { return as_number(spread.hops_to(share)); }));
        }
        all.push_back(collect("payloads_per_delivery", "payloads per delivery", "",
                              ">= " + shown(theory::payloads_at_least(loss)) + "  (1 / (1 - p), on average)",
                              [](const auto& spread) { return spread.per_delivery(spread.traffic.payloads()); }));
        all.push_back(collect("announces_per_delivery", "announcements per delivery", "", {},
                              [](const auto& spread) { return spread.per_delivery(spread.traffic.frames[2]); }));
        all.push_back(
            collect("payload_bytes_per_delivery", "bytes of payload frames per delivery", "B",
                    ">= " + shown(static_cast<double>(setting.payload_size) * theory::payloads_at_least(loss)),
                    [](const auto& spread) { return spread.per_delivery(spread.traffic.payload_bytes()); }));
        all.push_back(collect("control_bytes_per_delivery", "bytes of control frames per delivery", "B", {},
                              [](const auto& spread) { return spread.per_delivery(spread.traffic.control_bytes()); }));
        all.push_back(collect(
            "residue", "residue (share never reached)", "",
            rumor ? "~ " + shown(theory::residue(fanout * (1 - setting.crashed), loss)) + "  (s = exp(-k (1 - s)))"
                  : "",
            [](const auto& spread) { return spread.residue(); }));
        Figure everyone{"everyone", "runs that reached everyone", "", {}, {}};
        everyone.values.push_back(static_cast<double>(complete_) /
                                  static_cast<double>(std::max<std::uint64_t>(1, runs_)));
        everyone.bound = rumor ? "~ " + shown(theory::everyone_reached(living, fanout * (1 - setting.crashed), loss)) +
                                     "  (exp(-exp(-c)), fanout = ln n + c)"
                               : "";
        all.push_back(std::move(everyone));
        return all;
    }

   private:
    struct Share {
        double share;
        const char* name;
    };
    static constexpr Share shares[] = {{0.5, "50"}, {0.99, "99"}, {0.999, "99.9"}, {1, "100"}};

    /// The most peers that a node pushes a message to: an origin reaches small networks directly.
    [[nodiscard]] static std::size_t widest(const lattice::Config& config) {
        const bool rumor = config.dissemination == lattice::Config::Dissemination::rumor;
        return rumor ? config.fanout : config.tree_degree + 1;
    }

    [[nodiscard]] std::size_t living_nodes() const {
        return spreads_.empty() ? options_.setting.nodes : spreads_.back().nodes + 1;
    }

    static std::optional<double> milliseconds(std::optional<lattice::Duration> time) {
        return time ? std::optional(static_cast<double>(time->count()) / 1e6) : std::nullopt;
    }
    static std::optional<double> as_number(std::optional<std::uint8_t> hops) {
        return hops ? std::optional(static_cast<double>(*hops)) : std::nullopt;
    }

    template <typename Read>
    Figure collect(std::string key, std::string label, std::string unit, std::string bound, Read read) const {
        Figure figure{std::move(key), std::move(label), std::move(unit), {}, std::move(bound)};
        for (const auto& spread : spreads_) {
            if (const std::optional<double> value = read(spread)) {
                figure.values.push_back(*value);
            }
        }
        return figure;
    }

    const Options& options_;
    std::vector<lattice::sim::Spread> spreads_;
    std::uint64_t runs_{0};
    std::uint64_t complete_{0};
    std::uint64_t events_{0};
    std::uint64_t trace_{0};
};

}  // namespace simulate
