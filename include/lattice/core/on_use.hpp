#pragma once

#include <type_traits>

namespace lattice::inline v0 {

/// The argument of class templates that are templates for one reason: who includes them does not pay for what is not used.
///
/// The member functions of a class are compiled wherever its header is included, and with them whatever they need of
/// std::vector, std::variant and the like, which was half of what <lattice/lattice.hpp> cost to compile. Those of a class
/// template are compiled where they are called. So the parts of the engine with much code stand as `BasicX<OnUse>`, and are
/// used by the name `X`, which says everything: there is no other argument.
struct OnUse {};

/// `X`, by a name that depends on the argument T of the template that says it: looked into only where that template is used.
template <typename X, typename T>
using Dependent = std::conditional_t<true, X, T>;

}  // namespace lattice::inline v0
