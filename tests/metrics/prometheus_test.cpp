#include <string>

#include <lattice/metrics/prometheus.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("Statistics stand in Prometheus' text format", "[metrics]") {
    Statistics statistics;
    statistics.messages_received = 12;
    statistics.cached_messages = 3;
    statistics.refused[static_cast<std::size_t>(Refusal::too_old)] = 4;
    const std::string text = prometheus_text(statistics);
    const auto holds = [&](const char* part) { return text.find(part) != std::string::npos; };
    CHECK(holds("# TYPE lattice_messages_received_total counter\nlattice_messages_received_total 12\n"));
    CHECK(
        holds("# HELP lattice_cached_messages Messages held for others now\n# TYPE lattice_cached_messages gauge\n"
              "lattice_cached_messages 3\n"));
    CHECK(holds("\nlattice_refused_total{reason=\"too_old\"} 4\n"));
    CHECK(text.back() == '\n');
}

TEST_CASE("Every metric is described once", "[metrics]") {
    const std::string text = prometheus_text({});
    for (const Counter& counter : counters) {
        const std::string line = "# HELP lattice_" + std::string(counter.name);
        const auto first = text.find(line);
        REQUIRE(first != std::string::npos);
        CHECK(text.find(line + " ", first + 1) == std::string::npos);
    }
}
