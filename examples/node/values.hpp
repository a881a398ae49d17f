#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <lattice/core/config.hpp>
#include <lattice/core/time.hpp>

// Values of options as text: `parse(text, value)` gives what is wrong, or nothing; `show(value)` gives what parse reads;
// `kind_of(value)` names the kind in the help.

/// A number of things, or bytes.
template <typename T>
    requires(std::is_unsigned_v<T> && !std::is_same_v<T, bool>)
std::string parse(std::string_view text, T& value) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
        return "is not a whole number";
    }
    if (error != std::errc{} || number > std::numeric_limits<T>::max()) {
        return "is too large";
    }
    value = static_cast<T>(number);
    return {};
}
template <typename T>
    requires(std::is_unsigned_v<T> && !std::is_same_v<T, bool>)
std::string show(T value) { return std::to_string(value); }
template <typename T>
    requires(std::is_unsigned_v<T> && !std::is_same_v<T, bool>)
std::string_view kind_of(T) { return "COUNT"; }

/// A length of time: `500ms`, `1.5s`, `10m`, or a bare number of seconds.
inline std::string parse(std::string_view text, lattice::Duration& value) {
    struct Unit {
        std::string_view name;
        double nanoseconds;
    };
    constexpr Unit units[] = {{"", 1e9}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const Unit& unit : units) {
        if (error == std::errc{} && suffix == unit.name) {
            const double nanoseconds = number * unit.nanoseconds;
            if (!(nanoseconds >= 0 && nanoseconds < 9e18)) {
                return "is not a length of time between 0 and 285 years";
            }
            value = lattice::Duration{static_cast<lattice::Duration::rep>(nanoseconds + 0.5)};
            return {};
        }
    }
    return "is not a length of time such as 500ms, 30s, 10m, 24h or a number of seconds";
}
inline std::string show(lattice::Duration value) {
    struct Unit {
        const char* name;
        lattice::Duration length;
    };
    using namespace std::chrono;
    const Unit units[] = {{"h", hours{1}}, {"m", minutes{1}}, {"s", seconds{1}}, {"ms", milliseconds{1}}};
    for (const Unit& unit : units) {
        if (value.count() != 0 && value % unit.length == lattice::Duration::zero()) {
            return std::to_string(value / unit.length) + unit.name;
        }
    }
    return std::to_string(value.count()) + "ns";
}
inline std::string_view kind_of(lattice::Duration) { return "DURATION"; }

inline std::string parse(std::string_view text, bool& value) {
    value = text == "true" || text == "on" || text == "yes" || text == "1";
    const bool is_false = text == "false" || text == "off" || text == "no" || text == "0";
    return value || is_false ? "" : "is not true or false";
}
inline std::string show(bool value) { return value ? "true" : "false"; }
inline std::string_view kind_of(bool) { return "BOOL"; }

inline std::string parse(std::string_view text, lattice::Config::ForeignIds& value) {
    using ForeignIds = lattice::Config::ForeignIds;
    value = text == "refuse" ? ForeignIds::refuse : ForeignIds::accept;
    return text == "refuse" || text == "accept" ? "" : "is not accept or refuse";
}
inline std::string show(lattice::Config::ForeignIds value) {
    return value == lattice::Config::ForeignIds::accept ? "accept" : "refuse";
}
inline std::string_view kind_of(lattice::Config::ForeignIds) { return "CHOICE"; }

inline constexpr std::pair<std::string_view, lattice::Config::Dissemination> disseminations[] = {
    {"automatic", lattice::Config::Dissemination::automatic},
    {"tree", lattice::Config::Dissemination::tree},
    {"overlay", lattice::Config::Dissemination::overlay},
    {"rumor", lattice::Config::Dissemination::rumor}};
inline std::string parse(std::string_view text, lattice::Config::Dissemination& value) {
    for (const auto& [name, dissemination] : disseminations) {
        if (text == name) {
            value = dissemination;
            return "";
        }
    }
    return "is not automatic, tree, overlay or rumor";
}
inline std::string show(lattice::Config::Dissemination value) {
    for (const auto& [name, dissemination] : disseminations) {
        if (value == dissemination) {
            return std::string(name);
        }
    }
    return "";
}
inline std::string_view kind_of(lattice::Config::Dissemination) { return "CHOICE"; }

/// A share or a probability.
inline std::string parse(std::string_view text, double& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 && value <= 1
               ? ""
               : "is not a number from 0 to 1";
}
inline std::string show(double value) {
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
    return error == std::errc{} ? std::string(text, end) : std::string("?");
}
inline std::string_view kind_of(double) { return "SHARE"; }

/// Where to serve: `HOST:PORT`, an IPv6 literal in brackets.
struct HostPort {
    std::string host;
    std::uint16_t port{};
};
inline std::string parse(std::string_view text, HostPort& value) {
    const std::size_t colon = text.rfind(':');
    std::string_view host = text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of("[]:/") != std::string_view::npos) {
        host = {};
    }
    if (colon == std::string_view::npos || host.empty() || !parse(text.substr(colon + 1), value.port).empty()) {
        return "is not HOST:PORT";
    }
    value.host = host;
    return {};
}
inline std::string show(const HostPort& value) {
    const bool literal = value.host.find(':') != std::string::npos;
    return (literal ? "[" + value.host + "]" : value.host) + ":" + std::to_string(value.port);
}
