#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "summary.hpp"

namespace simulate {

/// Text as a JSON string.
inline std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result += '\\';
        }
        if (static_cast<unsigned char>(c) >= ' ') {
            result += c;
        }
    }
    return result + "\"";
}

/// A number that JSON can express.
inline std::string json_number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return text;
}

/// The settings in one line.
inline std::string describe(const Options& options) {
    const auto& setting = options.setting;
    std::string text = std::to_string(setting.nodes) + " nodes, mode " + options.mode + ", fanout " +
                       std::to_string(setting.config.fanout) + ", latency " + options.latency;
    if (!setting.link.loss.never()) {
        text += ", loss " + shown(setting.link.loss.value());
    }
    if (setting.crashed > 0) {
        text += ", crashed " + shown(setting.crashed);
    }
    return text + ", " + std::to_string(setting.payload_size) + " B, seed " + std::to_string(setting.seed);
}

inline void print_table(const Options& options, const Summary& summary) {
    std::printf("%s, %llu run%s\n\n", describe(options).c_str(), static_cast<unsigned long long>(summary.runs()),
                summary.runs() == 1 ? "" : "s");
    std::printf("%-38s %12s %12s %12s   %s\n", "", "mean", "least", "most", "theory");
    for (const Figure& figure : summary.figures()) {
        const std::string label = figure.label + (figure.unit.empty() ? "" : " (" + figure.unit + ")");
        if (figure.values.empty()) {
            std::printf("%-38s %12s %12s %12s   %s\n", label.c_str(), "never", "", "", figure.bound.c_str());
            continue;
        }
        const bool partly = figure.values.size() > 1 && figure.values.size() < summary.runs();
        const std::string note =
            partly ? "(" + std::to_string(figure.values.size()) + " runs) " + figure.bound : figure.bound;
        std::printf("%-38s %12s %12s %12s   %s\n", label.c_str(), shown(figure.mean()).c_str(),
                    shown(figure.least()).c_str(), shown(figure.most()).c_str(), note.c_str());
    }
    std::printf("\n%llu events; trace %016llx\n", static_cast<unsigned long long>(summary.events()),
                static_cast<unsigned long long>(summary.trace()));
}

/// The figures as one JSON object.
inline std::string to_json(const Options& options, const Summary& summary) {
    std::string text = "{\"setting\":" + quoted(describe(options)) + ",\"runs\":" + std::to_string(summary.runs()) +
                       ",\"events\":" + std::to_string(summary.events()) + ",\"trace\":\"";
    char trace[24];
    std::snprintf(trace, sizeof trace, "%016llx", static_cast<unsigned long long>(summary.trace()));
    text += std::string(trace) + "\",\"figures\":{";
    bool first = true;
    for (const Figure& figure : summary.figures()) {
        text += (first ? "" : ",") + quoted(figure.key) + ":{\"label\":" + quoted(figure.label) +
                ",\"unit\":" + quoted(figure.unit) + ",\"theory\":" + quoted(figure.bound) +
                ",\"runs\":" + std::to_string(figure.values.size());
        if (!figure.values.empty()) {
            text += ",\"mean\":" + json_number(figure.mean()) + ",\"least\":" + json_number(figure.least()) +
                    ",\"most\":" + json_number(figure.most());
        }
        text += "}";
        first = false;
    }
    return text + "}}";
}

}  // namespace simulate
