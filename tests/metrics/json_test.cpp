#include <nlohmann/json.hpp>

#include <lattice/metrics/json.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("Statistics stand as a JSON object", "[metrics]") {
    Statistics statistics;
    statistics.messages_sent = 1;
    statistics.control_ignored = 18'446'744'073'709'551'615U;
    statistics.refused[static_cast<std::size_t>(Refusal::failed)] = 2;
    const auto json = nlohmann::json::parse(statistics_json(statistics));
    CHECK(json.at("messages_sent") == 1);
    CHECK(json.at("control_ignored") == 18'446'744'073'709'551'615U);
    CHECK(json.at("refused").at("failed") == 2);
    CHECK(json.at("refused").size() == refusal_kinds);
    CHECK(json.size() == sizeof counters / sizeof *counters + 1);
    for (const char* name : {"messages_sent", "messages_received", "messages_forwarded", "duplicates_filtered",
                             "cached_messages", "pending_messages"}) {
        CHECK(json.contains(name));  // the reference's
    }
}
