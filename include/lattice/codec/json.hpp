#pragma once

/// JSON as the reference's HTTP endpoints speak it: messages and lists of ids, within bounds. Needs nlohmann/json.
///
/// For payloads that are JSON, and for types with to_json and from_json, see <lattice/codec/json_payload.hpp>.

#include <lattice/codec/json_bounds.hpp>
#include <lattice/codec/json_ids.hpp>
#include <lattice/codec/json_message.hpp>
