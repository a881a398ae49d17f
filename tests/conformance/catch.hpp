#pragma once

#include "conformance/rules.hpp"
#include "support/catch.hpp"

namespace lattice::conformance {

/// Checks every rule, each in a section of its own that is named by its sentence.
inline void check(const Rules& rules) {
    for (const auto& rule : rules) {
        DYNAMIC_SECTION(rule.sentence) { CHECK(rule.violation() == ""); }
    }
}

}  // namespace lattice::conformance
