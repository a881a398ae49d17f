#pragma once

// A world of simulated nodes: its class, and how it is set up, how its events happen, and how a scenario's author speaks to it.
#include <lattice/sim/world/cast.hpp>
#include <lattice/sim/world/declaration.hpp>
#include <lattice/sim/world/events.hpp>
#include <lattice/sim/world/play.hpp>
