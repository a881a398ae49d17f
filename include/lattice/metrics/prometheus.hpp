#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <lattice/core/statistics.hpp>
#include <lattice/metrics/counters.hpp>

namespace lattice::inline v0 {

/// The Content-Type of `prometheus_text`.
inline constexpr std::string_view prometheus_media_type = "text/plain; version=0.0.4; charset=utf-8";

/// The statistics of a node in Prometheus' text format 0.0.4. Names are those of Statistics after `lattice_`, counters end in
/// `_total`; refusals are one counter with the label `reason`.
inline std::string prometheus_text(const Statistics& statistics) {
    std::string text;
    const auto describe = [&text](const std::string& name, std::string_view help, std::string_view kind) {
        text.append("# HELP ").append(name).append(" ").append(help).append("\n");
        text.append("# TYPE ").append(name).append(" ").append(kind).append("\n");
    };
    for (const Counter& counter : counters) {
        const bool rises = counter.kind == Counter::Kind::counter;
        const std::string name = "lattice_" + std::string(counter.name) + (rises ? "_total" : "");
        describe(name, counter.help, rises ? "counter" : "gauge");
        text.append(name).append(" ").append(std::to_string(statistics.*counter.value)).append("\n");
    }
    describe("lattice_refused_total", "Messages received that were not taken, by reason", "counter");
    for (std::size_t i = 0; i < refusal_kinds; ++i) {
        text.append("lattice_refused_total{reason=\"").append(name_of(static_cast<Refusal>(i))).append("\"} ");
        text.append(std::to_string(statistics.refused[i])).append("\n");
    }
    return text;
}

}  // namespace lattice::inline v0
