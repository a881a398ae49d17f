#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <lattice/sim/spread.hpp>

namespace simulate {

/// What the command line asks for.
struct Options {
    lattice::sim::SpreadSetting setting{};
    std::string mode{"default"};
    std::string latency;
    std::uint64_t runs{1};
    bool json{false};
    bool faults{false};
    bool help{false};
    std::string html;
};

/// A command line that makes no sense; the text says what would.
class UsageError : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

inline constexpr std::string_view usage =
    R"(lattice-simulate: how a message spreads, played with the real protocol in virtual time

  lattice-simulate [options]            one broadcast per run, measured beside what theory says
  lattice-simulate --faults [options]   worlds in which everything goes wrong, watched by checkers

  --nodes N          nodes in the network (1000)
  --mode M           rumor         push to random peers, nothing else
                     pull          announce to random peers, who fetch
                     push-pull     both
                     anti-entropy  compare everything with one peer now and then, nothing else
                     default       trees, announcements, anti-entropy, as the library ships
                     overlay       the same over an overlay, for nodes that know part of the network
  --dials K          each node knows K that it dialled at random, and its diallers; 0: all (0, overlay: 20)
  --rehearsals M     messages before, a second apart, from which trees learn (0, overlay: 3)
  --fanout K         peers per hop and per announcement (3)
  --ttl H            hops that pushing makes at most (32)
  --interval T       time between announcements (500ms)
  --anti-entropy T   time between comparisons (30s)
  --loss P           share of frames that get lost, 0 to 1 (0)
  --crashed P        share of nodes that are down and not known to be (0)
  --latency L        50ms, 10ms..150ms, exp:20ms, lognormal:50ms:0.5, drawn for each frame, or with link: before it for
                     each link once, as link:10ms..150ms (10ms..150ms, overlay: link:10ms..150ms)
  --payload B        bytes of the message (256)
  --seed S           decides everything (1)
  --runs R           runs with seeds S, S+1, ... (1)
  --json             machine-readable
  --html FILE        a page that shows the last run, replayable; it needs nothing but a browser
)";

/// Reads `text` as a number from `least` to `most`.
template <typename Number>
Number number(std::string_view name, std::string_view text, Number least, Number most) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
        throw UsageError(std::string(name) + ": '" + std::string(text) + "' is not a number from " +
                         std::to_string(least) + " to " + std::to_string(most));
    }
    return value;
}

/// Reads a time such as 50ms, 2s or 300us.
inline lattice::Duration duration(std::string_view name, std::string_view text) {
    struct Unit {
        std::string_view suffix;
        double nanoseconds;
    };
    for (const Unit& unit : {Unit{"ms", 1e6}, Unit{"us", 1e3}, Unit{"ns", 1}, Unit{"s", 1e9}}) {
        if (text.ends_with(unit.suffix)) {
            const auto value = number<double>(name, text.substr(0, text.size() - unit.suffix.size()), 0, 1e6);
            return lattice::Duration{static_cast<std::int64_t>(value * unit.nanoseconds)};
        }
    }
    throw UsageError(std::string(name) + ": '" + std::string(text) + "' is not a time such as 50ms or 2s");
}

inline lattice::sim::Latency latency(std::string_view text) {
    using lattice::sim::Latency;
    if (text.starts_with("link:")) {
        return latency(text.substr(5)).fixed_per_link();
    }
    if (const auto dots = text.find(".."); dots != std::string_view::npos) {
        const auto least = duration("--latency", text.substr(0, dots));
        const auto most = duration("--latency", text.substr(dots + 2));
        if (most < least) {
            throw UsageError("--latency: the second time must not be less than the first");
        }
        return Latency::uniform(least, most);
    }
    if (text.starts_with("exp:")) {
        return Latency::exponential(duration("--latency", text.substr(4)));
    }
    if (text.starts_with("lognormal:")) {
        const std::string_view rest = text.substr(10);
        const auto colon = rest.find(':');
        const double sigma =
            colon == std::string_view::npos ? 0.5 : number("--latency", rest.substr(colon + 1), 0.0, 3.0);
        return Latency::log_normal(duration("--latency", rest.substr(0, colon)), sigma);
    }
    return Latency::constant(duration("--latency", text));
}

inline void set_mode(lattice::Config& config, std::string_view mode) {
    using Dissemination = lattice::Config::Dissemination;
    const bool all = mode == "default" || mode == "overlay";
    config.dissemination = mode == "overlay"   ? Dissemination::overlay
                           : mode == "default" ? Dissemination::automatic
                                               : Dissemination::rumor;
    config.enable_push = all || mode == "rumor" || mode == "push-pull";
    config.enable_pull = all || mode == "pull" || mode == "push-pull";
    config.enable_anti_entropy = all || mode == "anti-entropy";
    if (!config.enable_push && !config.enable_pull && !config.enable_anti_entropy) {
        throw UsageError("--mode: '" + std::string(mode) +
                         "' is none of rumor, pull, push-pull, anti-entropy, default, overlay");
    }
}

inline Options parse(const std::vector<std::string_view>& arguments) {
    Options options;
    auto& setting = options.setting;
    setting.config.message_ttl = 32;
    std::optional<std::size_t> dials;
    std::optional<std::size_t> rehearsals;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        const auto value = [&] {
            if (i + 1 == arguments.size()) {
                throw UsageError(std::string(name) + ": a value is missing");
            }
            return arguments[++i];
        };
        if (name == "--help" || name == "-h") {
            options.help = true;
        } else if (name == "--json") {
            options.json = true;
        } else if (name == "--faults") {
            options.faults = true;
        } else if (name == "--nodes") {
            setting.nodes = number<std::size_t>(name, value(), 2, 10'000'000);
        } else if (name == "--mode") {
            options.mode = value();
        } else if (name == "--dials") {
            dials = number<std::size_t>(name, value(), 0, 1000);
        } else if (name == "--rehearsals") {
            rehearsals = number<std::size_t>(name, value(), 0, 1000);
        } else if (name == "--fanout") {
            setting.config.fanout = number<std::size_t>(name, value(), 1, 1000);
        } else if (name == "--ttl") {
            setting.config.message_ttl = number<std::uint8_t>(name, value(), 1, lattice::ceiling::hops);
        } else if (name == "--interval") {
            setting.config.gossip_interval = duration(name, value());
        } else if (name == "--anti-entropy") {
            setting.config.anti_entropy_interval = duration(name, value());
        } else if (name == "--loss") {
            setting.link.loss = number(name, value(), 0.0, 1.0);
        } else if (name == "--crashed") {
            setting.crashed = number(name, value(), 0.0, 0.99);
        } else if (name == "--latency") {
            options.latency = value();
        } else if (name == "--payload") {
            setting.payload_size = number<std::size_t>(name, value(), 0, 256U << 10U);
        } else if (name == "--seed") {
            setting.seed = number<std::uint64_t>(name, value(), 0, ~std::uint64_t{0});
        } else if (name == "--runs") {
            options.runs = number<std::uint64_t>(name, value(), 1, 1'000'000'000);
        } else if (name == "--html") {
            options.html = value();
        } else {
            throw UsageError("'" + std::string(name) + "' is no option; --help lists them");
        }
    }
    set_mode(setting.config, options.mode);
    const bool overlay = options.mode == "overlay";
    if (options.latency.empty()) {
        options.latency = overlay ? "link:10ms..150ms" : "10ms..150ms";
    }
    setting.link.latency = latency(options.latency);
    setting.dials = dials.value_or(overlay ? 20 : 0);
    setting.rehearsals = rehearsals.value_or(overlay ? 3 : 0);
    setting.warm_up = overlay ? std::chrono::seconds{5} : std::chrono::seconds{0};
    return options;
}

}  // namespace simulate
