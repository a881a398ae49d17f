#pragma once

// The sans-IO engine: its class, and the two halves of its logic.
#include <lattice/core/engine/declaration.hpp>
#include <lattice/core/engine/intake.hpp>
#include <lattice/core/engine/repair.hpp>
