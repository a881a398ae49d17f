/// Frames of wanted sizes for tests below the transport.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <lattice/codec/encode.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>

namespace lattice::test {

/// A Push with a payload of that size; no two calls give the same message.
inline Frame push_of_size(std::size_t size, Priority priority = Priority::normal,
                          std::optional<WallTime> expiry = std::nullopt) {
    static std::size_t count = 0;
    const std::string origin = "origin" + std::to_string(++count);
    const std::string payload(size, static_cast<char>('a' + count % 26));
    MessageFields fields;
    fields.type = "test";
    fields.origin = origin;
    fields.payload = as_bytes(payload);
    fields.expiry = expiry;
    return Push{Message::compose(fields), Envelope{3, 0, priority}};
}

inline Frame announce_of(std::size_t names) { return Announce{std::vector<MessageId>(names)}; }

}  // namespace lattice::test
