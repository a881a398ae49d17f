#include <chrono>
#include <functional>
#include <string>

#include <lattice/core/config.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

Config valid() {
    Config config;
    config.node_id = "node-1";
    return config;
}

}  // namespace

TEST_CASE("the defaults are the reference's") {
    const Config config;
    CHECK(config.fanout == 3);
    CHECK(config.gossip_interval == 500ms);
    CHECK(config.message_ttl == 10);
    CHECK(config.message_cache_size == 1'000);
    CHECK(config.anti_entropy_interval == 30s);
    CHECK(config.enable_push);
    CHECK(config.enable_pull);
    CHECK(config.enable_anti_entropy);
    CHECK_FALSE(validate(valid()).has_value());
}

TEST_CASE("a setting that cannot work is named") {
    struct Case {
        const char* field;
        std::function<void(Config&)> spoil;
    };
    const Case cases[] = {
        {"node_id", [](Config& c) { c.node_id.clear(); }},
        {"node_id", [](Config& c) { c.node_id = "with space"; }},
        {"node_id", [](Config& c) { c.node_id = std::string(129, 'x'); }},
        {"node_id", [](Config& c) { c.node_id = "caf\xc3\xa9"; }},
        {"fanout", [](Config& c) { c.fanout = 0; }},
        {"message_ttl", [](Config& c) { c.message_ttl = 0; }},
        {"message_ttl", [](Config& c) { c.message_ttl = 33; }},
        {"message_cache_size", [](Config& c) { c.message_cache_size = 0; }},
        {"announce_rounds", [](Config& c) { c.announce_rounds = 0; }},
        {"gossip_interval", [](Config& c) { c.gossip_interval = 0s; }},
        {"gossip_interval", [](Config& c) { c.gossip_interval = -1s; }},
        {"anti_entropy_interval", [](Config& c) { c.anti_entropy_interval = 24h * 400; }},
        {"limits.horizon", [](Config& c) { c.limits.horizon = 0s; }},
        {"limits.clock_lead_max", [](Config& c) { c.limits.clock_lead_max = -1s; }},
        {"limits.payload_max", [](Config& c) { c.limits.payload_max = 0; }},
        {"limits.payload_max", [](Config& c) { c.limits.payload_max = (16U << 20U) + 1; }},
        {"limits.cache_bytes_max", [](Config& c) { c.limits.cache_bytes_max = 1'000; }},
        {"limits.push_age_max", [](Config& c) { c.limits.push_age_max = c.limits.horizon + 1s; }},
        {"limits.fetch_timeout_max", [](Config& c) { c.limits.fetch_timeout_max = 1s; }},
        {"limits.fetch_ids_max", [](Config& c) { c.limits.fetch_ids_max = 0; }},
        {"limits.seen_ids_max", [](Config& c) { c.limits.seen_ids_max = 10; }},
    };
    for (const auto& wrong : cases) {
        LATTICE_SHOW(wrong.field);
        Config config = valid();
        wrong.spoil(config);
        const auto error = validate(config);
        REQUIRE(error.has_value());
        CHECK(error->field() == wrong.field);
        CHECK(std::string(error->what()).find(wrong.field) == 0);
    }
}
