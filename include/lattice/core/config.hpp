#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <lattice/core/limits.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Settings of a node. The first block has the reference's names and defaults.
struct Config {
    /// Peers that a message is pushed to at each hop. ln n + c reaches everybody with probability exp(-exp(-c))
    /// (Kermarrec, Massoulie, Ganesh 2003); with fewer, pull and anti-entropy bring the rest.
    std::size_t fanout{3};
    /// Time between rounds of announcements. Pushing does not wait for it.
    Duration gossip_interval{std::chrono::milliseconds{500}};
    /// Hops that eager forwarding makes at most. At most ceiling::hops.
    std::uint8_t message_ttl{10};
    /// Messages kept to be served to others. Duplicates are remembered apart from it, and longer.
    std::size_t message_cache_size{1'000};
    /// Time between anti-entropy sessions with one peer. Each wait is drawn from 0.5 to 1.5 times it, so that nodes
    /// started together do not stay in step.
    Duration anti_entropy_interval{std::chrono::seconds{30}};
    bool enable_push{true};          ///< Forward new messages to `fanout` peers at once (rumor mongering).
    bool enable_pull{true};          ///< Announce held messages and fetch announced ones (lazy push).
    bool enable_anti_entropy{true};  ///< Compare all held ids with one peer now and then.

    /// How messages spread.
    enum class Dissemination : std::uint8_t {
        automatic,  ///< A tree: `tree`, or `overlay` when the peer source says that it knows only part of the network.
        tree,  ///< By delegation: each node gets the payload once, over a tree of that message's own (see delegate_slice).
        overlay,  ///< Over links to few near neighbours and a tree per origin: needs no knowledge of the whole network.
        rumor,    ///< To `fanout` random peers at each hop, the reference's way.
    } dissemination{Dissemination::automatic};
    /// Children of a node in a tree at most. Networks of no more than this and one other are reached directly.
    std::size_t tree_degree{32};
    /// The part of deliveries that tree and announcements are to achieve, without anti-entropy; 0 to less than 1.
    double delivery_probability{0.99999};

    /// This node's name: unique in the network, 1 to 128 printable ASCII characters without spaces.
    std::string node_id;
    /// Rounds in which a message is announced after it came; repeating it carries it through loss.
    std::size_t announce_rounds{3};
    /// How often a peer source that does not tell of changes is asked again.
    Duration peer_refresh_interval{std::chrono::seconds{1}};
    /// What to do with messages whose id is not the hash of their fields (see Message): a network of this library alone
    /// may refuse them, one that a foreign node takes part in must take them.
    enum class ForeignIds : std::uint8_t { accept, refuse } foreign_ids{ForeignIds::accept};

    Limits limits{};
};

/// A setting that cannot work; the text names it and says what would.
class ConfigError : public std::invalid_argument {
   public:
    ConfigError(std::string_view field, std::string_view problem)
        : std::invalid_argument(std::string(field) + ": " + std::string(problem)), field_(field) {}

    /// Name of the member of Config or Limits that is wrong, as in `limits.payload_max`.
    [[nodiscard]] const std::string& field() const noexcept { return field_; }

   private:
    std::string field_;
};

namespace detail {

/// One rule that settings must keep: which member it is about, whether it is kept, and what would be right.
struct ConfigRule {
    const char* field;
    bool kept;
    const char* problem;
};

/// The first broken rule, or one that is kept.
template <std::size_t Size>
constexpr ConfigRule first_broken(const ConfigRule (&rules)[Size]) noexcept {
    for (const ConfigRule& rule : rules) {
        if (!rule.kept) {
            return rule;
        }
    }
    return rules[0];
}

inline ConfigRule check_protocol(const Config& config) {
    const ConfigRule rules[] = {
        {"node_id", is_identifier(config.node_id, ceiling::node_id),
         "must be 1 to 128 printable ASCII characters without spaces"},
        {"fanout", config.fanout != 0 || !config.enable_push, "must be at least 1 while enable_push is on"},
        {"message_ttl", config.message_ttl != 0 && config.message_ttl <= ceiling::hops, "must be 1 to 32 hops"},
        {"tree_degree", config.tree_degree >= 2 && config.tree_degree <= 1'024, "must be 2 to 1,024"},
        {"delivery_probability", config.delivery_probability >= 0 && config.delivery_probability < 1,
         "must be at least 0 and less than 1"},
        {"message_cache_size", config.message_cache_size != 0, "must be at least 1"},
        {"announce_rounds", config.announce_rounds != 0 || !config.enable_pull,
         "must be at least 1 while enable_pull is on"}};
    return first_broken(rules);
}

inline ConfigRule check_lengths(const Config& config) {
    const Limits& limits = config.limits;
    constexpr const char* range = "must be 1 ms to 366 days";
    const auto sane = [](Duration length) {
        return length >= std::chrono::milliseconds{1} && length <= std::chrono::hours{24 * 366};
    };
    const ConfigRule rules[] = {
        {"gossip_interval", sane(config.gossip_interval), range},
        {"anti_entropy_interval", sane(config.anti_entropy_interval), range},
        {"peer_refresh_interval", sane(config.peer_refresh_interval), range},
        {"limits.fetch_timeout", sane(limits.fetch_timeout), range},
        {"limits.sync_timeout", sane(limits.sync_timeout), range},
        {"limits.acknowledge_timeout", sane(limits.acknowledge_timeout), range},
        {"limits.suspicion", sane(limits.suspicion), range},
        {"limits.receipt_time", sane(limits.receipt_time), range},
        {"limits.push_age_max", sane(limits.push_age_max), range},
        {"limits.horizon", sane(limits.horizon), range},
        {"limits.clock_lead_max",
         limits.clock_lead_max >= Duration::zero() && limits.clock_lead_max <= std::chrono::hours{24},
         "must be 0 to 24 hours"},
        {"limits.push_age_max", limits.push_age_max <= limits.horizon,
         "must not exceed limits.horizon: what may be pushed must be remembered"},
        {"limits.fetch_timeout_max", limits.fetch_timeout_max >= limits.fetch_timeout,
         "must be at least limits.fetch_timeout"}};
    return first_broken(rules);
}

inline ConfigRule check_counts(const Config& config) {
    const Limits& limits = config.limits;
    constexpr const char* some = "must be at least 1";
    constexpr const char* in_a_frame = "must be 1 to 8,192, so that the names fit a frame";
    const auto fits = [](std::size_t names) { return names != 0 && names <= 8'192; };
    const ConfigRule rules[] = {
        {"limits.payload_max", limits.payload_max != 0 && limits.payload_max <= ceiling::payload,
         "must be 1 byte to 16 MiB"},
        {"limits.cache_bytes_max", limits.cache_bytes_max >= 2 * (limits.payload_max + ceiling::frame_overhead),
         "must hold two of the largest messages"},
        {"limits.announce_ids_max", fits(limits.announce_ids_max), in_a_frame},
        {"limits.fetch_ids_max", fits(limits.fetch_ids_max), in_a_frame},
        {"limits.sync_ids_max", fits(limits.sync_ids_max), in_a_frame},
        {"limits.announces_per_interval", limits.announces_per_interval != 0, some},
        {"limits.announced_ids_per_interval", limits.announced_ids_per_interval != 0, some},
        {"limits.tracked_ids_per_peer", limits.tracked_ids_per_peer != 0, some},
        {"limits.fetches_in_flight_per_peer", limits.fetches_in_flight_per_peer != 0, some},
        {"limits.answers_per_peer_and_id", limits.answers_per_peer_and_id != 0, some},
        {"limits.unacknowledged_max", limits.unacknowledged_max != 0, some},
        {"limits.validations_max", limits.validations_max != 0, some},
        {"limits.validations_per_peer", limits.validations_per_peer != 0, some},
        {"limits.peer_states_max", limits.peer_states_max != 0, some},
        {"limits.syncs_per_second", limits.syncs_per_second != 0, some},
        {"limits.reconciles_per_second", limits.reconciles_per_second != 0, some},
        {"limits.receipt_reach_max", limits.receipt_reach_max != 0, some},
        {"limits.posted_max", limits.posted_max != 0, some},
        {"limits.posted_bytes_max", limits.posted_bytes_max != 0, some},
        {"limits.seen_ids_max", limits.seen_ids_max != 0 && limits.seen_ids_max >= config.message_cache_size,
         "must be at least message_cache_size: what is held must be remembered"}};
    return first_broken(rules);
}

}  // namespace detail

/// Config::delivery_probability as SpreadTuner takes it.
inline std::uint32_t misses_tolerated(const Config& config) noexcept {
    const double misses = (1 - config.delivery_probability) * 1e9 + 0.5;
    return misses < 1 ? 1 : static_cast<std::uint32_t>(misses);
}

/// The first setting that cannot work, or nothing.
template <typename Error = ConfigError>
std::optional<Error> validate(const Config& config) {
    for (const auto check : {detail::check_protocol, detail::check_lengths, detail::check_counts}) {
        if (const detail::ConfigRule rule = check(config); !rule.kept) {
            return Error(rule.field, rule.problem);
        }
    }
    return std::nullopt;
}

/// Throws ConfigError, which names the setting that cannot work, where there is one.
template <typename Error = ConfigError>
void require_valid(const Config& config) {
    if (const std::optional<Error> error = validate<Error>(config)) {
        throw *error;
    }
}

}  // namespace lattice::inline v0
