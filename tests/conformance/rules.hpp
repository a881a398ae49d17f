#pragma once

#include <functional>
#include <string>
#include <vector>

/// What the conformance suites have in common. They need no test framework: a suite is a list of rules, and a rule says
/// what is wrong with a model, or nothing. `conformance/catch.hpp` turns a list into Catch2 sections; with another
/// framework, loop over the list and expect every `violation()` to be empty.
namespace lattice::conformance {

/// A sentence that must hold for every model of a concept, with the experiment that shows whether it does.
struct Rule {
    std::string sentence;
    /// Makes a fresh fixture and tries it. What was seen instead; empty when the sentence holds.
    std::function<std::string()> violation;
};
using Rules = std::vector<Rule>;

/// What the violation of a rule starts from: `return expect(ran == 1, "it ran " + ...)`.
inline std::string expect(bool holds, std::string otherwise) { return holds ? std::string{} : std::move(otherwise); }

/// The first of several expectations that does not hold.
inline std::string first_of(std::initializer_list<std::string> violations) {
    for (const auto& violation : violations) {
        if (!violation.empty()) {
            return violation;
        }
    }
    return {};
}

/// The sentences that do not hold, for tests of the suites themselves.
inline std::vector<std::string> broken(const Rules& rules) {
    std::vector<std::string> sentences;
    for (const auto& rule : rules) {
        if (!rule.violation().empty()) {
            sentences.push_back(rule.sentence);
        }
    }
    return sentences;
}

}  // namespace lattice::conformance
