#pragma once

// The sans-IO engine: its class, and its logic by topic.
#include <lattice/core/engine/declaration.hpp>
#include <lattice/core/engine/foresight.hpp>
#include <lattice/core/engine/intake.hpp>
#include <lattice/core/engine/overlay.hpp>
#include <lattice/core/engine/receipts.hpp>
#include <lattice/core/engine/reconcile.hpp>
#include <lattice/core/engine/repair.hpp>
#include <lattice/core/engine/tree.hpp>
#include <lattice/core/engine/tree_repair.hpp>
