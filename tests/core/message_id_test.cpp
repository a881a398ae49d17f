#include <string>

#include <lattice/core/message_id.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("ids read and write as 64 lower-case digits") {
    const std::string text = "00ff10a2b3c4d5e6f708192a3b4c5d6e7f8090a1b2c3d4e5f60718293a4b5c6d";
    const auto id = message_id_from_hex(text);
    REQUIRE(id.has_value());
    CHECK(to_hex(*id) == text);
    CHECK(id->bytes[1] == std::byte{0xff});
}

TEST_CASE("nothing else is an id") {
    const std::string good(64, 'a');
    CHECK(message_id_from_hex(good).has_value());
    for (const std::string& bad : {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'),
                                   std::string(64, 'g'), std::string(64, '\0'), " " + std::string(63, 'a'),
                                   "0x" + std::string(62, 'a'), std::string(63, 'a') + "\n"}) {
        LATTICE_SHOW(bad);
        CHECK_FALSE(message_id_from_hex(bad).has_value());
    }
}

TEST_CASE("ids order as their bytes") {
    MessageId low;
    MessageId high;
    low.bytes[31] = std::byte{0xff};
    high.bytes[0] = std::byte{1};
    CHECK(low < high);
    CHECK(low != high);
    CHECK(to_hex(low) < to_hex(high));
}
