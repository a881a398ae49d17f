#include <chrono>
#include <string>

#include <lattice/codec/json_message.hpp>

#include "support/catch.hpp"
#include "support/world.hpp"

using namespace lattice;
using namespace lattice::testing;
using namespace std::chrono_literals;

namespace {

TEST_CASE("Fault 8: a list of who has seen a message suppresses nothing", "[scenario]") {
    World world(4);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(world.clock.wall().time_since_epoch());
    const std::string lie = R"({"message_id":")" + std::string(64, 'a') +
                            R"(","message_type":"note","payload":{"n":1},"origin_node":"elsewhere","timestamp":)" +
                            std::to_string(seconds.count()) + R"(.0,"ttl":10,"seen_by":["n0","n1","n2","n3"]})";
    const JsonMessage decoded = decode_json(lie);
    REQUIRE(decoded);

    world.inject(Peer("liar", "memory:liar"), 0, Push{decoded.message, decoded.envelope});
    world.run(1s);
    CHECK(world.all_received(R"({"n":1})", world.size()));
}

}  // namespace
