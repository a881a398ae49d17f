#include <string>

#include <lattice/core/version.hpp>

#include "support/catch.hpp"

TEST_CASE("the version's text and its numbers agree") {
    const auto dotted = std::to_string(lattice::version_major) + "." + std::to_string(lattice::version_minor) + "." +
                        std::to_string(lattice::version_patch);
    CHECK(std::string(lattice::version_string) == dotted);
    CHECK(std::string(LATTICE_VERSION_STRING) == dotted);
}
