#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <lattice/core/statistics.hpp>
#include <lattice/metrics/counters.hpp>

namespace lattice::inline v0 {

/// The statistics of a node as a JSON object: a number under each name of Statistics, and an object of numbers by reason
/// under `refused`.
inline std::string statistics_json(const Statistics& statistics) {
    std::string text = "{";
    const auto add = [&text](std::string_view name, std::uint64_t value) {
        text.append(text.back() == '{' ? "\"" : ",\"").append(name).append("\":").append(std::to_string(value));
    };
    for (const Counter& counter : counters) {
        add(counter.name, statistics.*counter.value);
    }
    text.append(",\"refused\":{");
    for (std::size_t i = 0; i < refusal_kinds; ++i) {
        add(name_of(static_cast<Refusal>(i)), statistics.refused[i]);
    }
    return text.append("}}");
}

}  // namespace lattice::inline v0
