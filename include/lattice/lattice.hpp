#pragma once

// Everything that needs the standard library only: the protocol, its settings and its three policies.
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/core/version.hpp>
#include <lattice/process_wide.hpp>
