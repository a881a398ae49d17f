// The power of the harness: a run that cannot fail proves nothing. Faults are planted into the protocol, one at a time, and
// the drawn worlds must find each within the number of seeds that stands beside it. The same seeds find nothing without it.

#define LATTICE_PLANT_DEFECTS

#include <cstdint>
#include <optional>
#include <string>

#include <lattice/core/defects.hpp>
#include <lattice/sim/campaign.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::sim;
using lattice::detail::Defect;

namespace {

struct Planted {
    Defect defect;
    const char* name;
    std::uint64_t seeds;  ///< It is found within so many.
};

/// About three times what the first find took, so that a change of the protocol's dice does not hide the defect.
constexpr Planted all_planted[] = {
    {Defect::ignored_stays_seen, "ignored stays seen", 30},
    {Defect::silence_is_final, "silence is final", 60},
    {Defect::evict_by_timestamp, "evict by timestamp", 30},
    {Defect::forward_last_hop, "forward the last hop", 30},
    {Defect::forward_rejected, "forward what was rejected", 60},
    {Defect::leak_validation_share, "leak the share of validations", 60},
    {Defect::leak_fetch_share, "leak the share of fetches", 60},
    {Defect::keep_ttl, "keep the ttl", 10},
    {Defect::ttl_gates_retrieval, "ttl gates retrieval", 60},
    {Defect::remember_by_cache, "remember by the cache", 30},
    {Defect::trust_claimed_ids, "trust claimed ids", 60},
    {Defect::count_refusals_twice, "count refusals twice", 10},
    {Defect::echo_to_sender, "echo to the sender", 10},
    {Defect::deliver_expired, "deliver what has expired", 60},
    {Defect::accept_any_future, "accept any future", 60},
    {Defect::unbounded_cache_bytes, "cache without bound", 60},
    {Defect::share_one_budget, "one budget for all", 120},
};

/// Plants a defect for a scope.
class Plant {
   public:
    explicit Plant(Defect defect) { detail::planted_defect = defect; }
    ~Plant() { detail::planted_defect = Defect::none; }
    Plant(const Plant&) = delete;
    Plant& operator=(const Plant&) = delete;
};

/// How many seeds it takes until a checker finds something.
std::optional<std::uint64_t> seeds_to_find(std::uint64_t seeds_max) {
    for (std::uint64_t seed = 0; seed < seeds_max; ++seed) {
        if (!run_seed(seed).violations.empty()) {
            return seed + 1;
        }
    }
    return std::nullopt;
}

void plant_and_find(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < std::size(all_planted); ++i) {
        const Planted& planted = all_planted[i];
        LATTICE_SHOW(planted.name);
        const Plant plant(planted.defect);
        CHECK(seeds_to_find(planted.seeds).has_value());
    }
}

}  // namespace

TEST_CASE("Planted defects are found, 1 to 6", "[defects]") { plant_and_find(0, 6); }
TEST_CASE("Planted defects are found, 7 to 12", "[defects]") { plant_and_find(6, 12); }
TEST_CASE("Planted defects are found, the rest", "[defects]") { plant_and_find(12, std::size(all_planted)); }

TEST_CASE("Every defect has its test", "[defects]") { CHECK(std::size(all_planted) == detail::defect_kinds - 1); }

TEST_CASE("The same worlds find nothing in a protocol without planted defects", "[defects]") {
    CHECK_FALSE(seeds_to_find(120).has_value());
}
