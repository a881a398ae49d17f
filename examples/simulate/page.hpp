#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "page_template.hpp"
#include "print.hpp"
#include "recorder.hpp"

namespace simulate {

/// JSON as it may stand in a script element: nothing in it can end the element.
inline std::string embedded(std::string json) {
    for (std::size_t at = 0; (at = json.find('<', at)) != std::string::npos;) {
        json.replace(at, 1, "\\u003c");
    }
    return json;
}

/// The curve as [milliseconds, share] steps; at most about a thousand, because a screen shows no more.
inline std::string curve_json(const lattice::sim::Spread& spread) {
    const std::size_t stride = 1 + spread.times.size() / 1000;
    std::string text = "[";
    for (std::size_t i = 0; i < spread.times.size(); ++i) {
        if ((i + 1) % stride == 0 || i + 1 == spread.times.size()) {
            text += std::string(text.size() == 1 ? "[" : ",[") +
                    json_number(static_cast<double>(spread.times[i].count()) / 1e6) + "," +
                    json_number(static_cast<double>(i + 1) / static_cast<double>(spread.nodes)) + "]";
        }
    }
    return text + "]";
}

/// How many nodes the message reached by so many hops.
inline std::string hops_json(const lattice::sim::Spread& spread) {
    std::vector<std::size_t> counts(spread.hops.empty() ? 1U : spread.hops.back() + 1U);
    for (const std::uint8_t hops : spread.hops) {
        ++counts[hops];
    }
    std::string text;
    for (const std::size_t count : counts) {
        text += (text.empty() ? "[" : ",") + std::to_string(count);
    }
    return text + "]";
}

/// When each node got the message: milliseconds, or null.
inline std::string got_json(const lattice::sim::World& world) {
    const lattice::sim::MessageIndex message = 0;
    std::string text = "[0";
    for (lattice::sim::NodeIndex node = 1; node < world.size() && world.size() <= Recorder::nodes_max; ++node) {
        const auto arrival = world.ledger().arrival(message, node);
        const auto after = static_cast<double>((arrival.time - world.ledger()[message].time).count()) / 1e6;
        text += "," + (arrival.deliveries == 0 ? std::string("null") : json_number(after));
    }
    return text + "]";
}

/// Writes the page of a run. Throws std::runtime_error when the file cannot be written.
inline void write_page(const std::string& path, const Options& options, const Summary& summary,
                       const lattice::sim::World& world, const lattice::sim::Spread& spread, const Recorder& recorder) {
    const double end = spread.times.empty() ? 1 : static_cast<double>(spread.times.back().count()) / 1e6 * 1.05;
    std::string json = to_json(options, summary);
    json.pop_back();
    json += ",\"nodes\":" + std::to_string(world.size()) + ",\"end\":" + json_number(end) +
            ",\"curve\":" + curve_json(spread) + ",\"hops\":" + hops_json(spread) + ",\"got\":" + got_json(world) +
            ",\"journeys\":" + recorder.to_json() + "}";
    std::ofstream file(path, std::ios::binary);
    file << page_head << embedded(std::move(json)) << page_tail;
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + path);
    }
}

}  // namespace simulate
