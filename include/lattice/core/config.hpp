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

/// The first setting that cannot work, or nothing.
inline std::optional<ConfigError> validate(const Config& config) {
    const Limits& limits = config.limits;
    const auto wrong = [](std::string_view field, std::string_view problem) {
        return std::optional<ConfigError>(std::in_place, field, problem);
    };
    if (!is_identifier(config.node_id, ceiling::node_id)) {
        return wrong("node_id", "must be 1 to 128 printable ASCII characters without spaces");
    }
    if (config.fanout == 0 && config.enable_push) {
        return wrong("fanout", "must be at least 1 while enable_push is on");
    }
    if (config.message_ttl == 0 || config.message_ttl > ceiling::hops) {
        return wrong("message_ttl", "must be 1 to 32 hops");
    }
    if (config.message_cache_size == 0) {
        return wrong("message_cache_size", "must be at least 1");
    }
    if (config.announce_rounds == 0 && config.enable_pull) {
        return wrong("announce_rounds", "must be at least 1 while enable_pull is on");
    }
    struct Length {
        std::string_view field;
        Duration value;
    };
    const Length lengths[] = {{"gossip_interval", config.gossip_interval},
                              {"anti_entropy_interval", config.anti_entropy_interval},
                              {"peer_refresh_interval", config.peer_refresh_interval},
                              {"limits.fetch_timeout", limits.fetch_timeout},
                              {"limits.sync_timeout", limits.sync_timeout},
                              {"limits.push_age_max", limits.push_age_max},
                              {"limits.horizon", limits.horizon}};
    for (const auto& length : lengths) {
        if (length.value < std::chrono::milliseconds{1} || length.value > std::chrono::hours{24 * 366}) {
            return wrong(length.field, "must be 1 ms to 366 days");
        }
    }
    if (limits.clock_lead_max < Duration::zero() || limits.clock_lead_max > std::chrono::hours{24}) {
        return wrong("limits.clock_lead_max", "must be 0 to 24 hours");
    }
    if (limits.payload_max == 0 || limits.payload_max > ceiling::payload) {
        return wrong("limits.payload_max", "must be 1 byte to 16 MiB");
    }
    if (limits.cache_bytes_max < 2 * (limits.payload_max + ceiling::frame_overhead)) {
        return wrong("limits.cache_bytes_max", "must hold two of the largest messages");
    }
    if (limits.push_age_max > limits.horizon) {
        return wrong("limits.push_age_max", "must not exceed limits.horizon: what may be pushed must be remembered");
    }
    if (limits.fetch_timeout_max < limits.fetch_timeout) {
        return wrong("limits.fetch_timeout_max", "must be at least limits.fetch_timeout");
    }
    struct Count {
        std::string_view field;
        std::size_t value;
    };
    const Count counts[] = {{"limits.announce_ids_max", limits.announce_ids_max},
                            {"limits.announces_per_interval", limits.announces_per_interval},
                            {"limits.announced_ids_per_interval", limits.announced_ids_per_interval},
                            {"limits.tracked_ids_per_peer", limits.tracked_ids_per_peer},
                            {"limits.fetch_ids_max", limits.fetch_ids_max},
                            {"limits.fetches_in_flight_per_peer", limits.fetches_in_flight_per_peer},
                            {"limits.answers_per_peer_and_id", limits.answers_per_peer_and_id},
                            {"limits.validations_max", limits.validations_max},
                            {"limits.validations_per_peer", limits.validations_per_peer},
                            {"limits.peer_states_max", limits.peer_states_max},
                            {"limits.sync_ids_max", limits.sync_ids_max},
                            {"limits.syncs_per_second", limits.syncs_per_second},
                            {"limits.reconciles_per_second", limits.reconciles_per_second},
                            {"limits.seen_ids_max", limits.seen_ids_max},
                            {"limits.posted_max", limits.posted_max}};
    for (const auto& count : counts) {
        if (count.value == 0) {
            return wrong(count.field, "must be at least 1");
        }
    }
    if (limits.announce_ids_max > 8'192 || limits.sync_ids_max > 8'192 || limits.fetch_ids_max > 8'192) {
        return wrong("limits.announce_ids_max, sync_ids_max, fetch_ids_max", "must be at most 8,192 to fit a frame");
    }
    if (limits.seen_ids_max < config.message_cache_size) {
        return wrong("limits.seen_ids_max", "must be at least message_cache_size: what is held must be remembered");
    }
    return std::nullopt;
}

}  // namespace lattice::inline v0
