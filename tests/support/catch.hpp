/// Catch2, version 2 or 3, under one name: every test includes this header and no other of Catch's.
///
/// What tests may use: TEST_CASE, SECTION, REQUIRE, CHECK and their kin, TEMPLATE_TEST_CASE, GENERATE with
/// Catch::Generators, and the matchers below. What differs between the two versions stays out of tests:
/// no Approx (ambiguous in one, another header in the other), no SKIP, no CATCH_CONFIG macros.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)
#    include <catch2/catch_message.hpp>
#    include <catch2/catch_template_test_macros.hpp>
#    include <catch2/catch_test_macros.hpp>
#    include <catch2/generators/catch_generators.hpp>
#    include <catch2/generators/catch_generators_adapters.hpp>
#    include <catch2/generators/catch_generators_range.hpp>
#    include <catch2/matchers/catch_matchers.hpp>
#    include <catch2/matchers/catch_matchers_exception.hpp>
#    include <catch2/matchers/catch_matchers_floating_point.hpp>
#    include <catch2/matchers/catch_matchers_string.hpp>
#    include <catch2/matchers/catch_matchers_vector.hpp>
#else
#    include <catch2/catch.hpp>

namespace Catch::Matchers {

/// Version 3's name for version 2's `Contains` on strings.
inline auto ContainsSubstring(const std::string& part) { return Contains(part); }

}  // namespace Catch::Matchers
#endif

#include <string>

/// Prints a value with the assertion that fails while it is in scope; for loops over seeds and cases.
#define LATTICE_SHOW(value) INFO(#value " = " << (value))
