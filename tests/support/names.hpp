#pragma once

#include <cstdint>
#include <string_view>

#include <lattice/core/message.hpp>
#include <lattice/core/sha256.hpp>

namespace lattice::test {

/// The SHA-256 of a number: a name as unpredictable as a real one, and the same in every run.
inline MessageId name(std::uint64_t number) {
    std::byte bytes[8];
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::byte>(number >> (8 * i));
    }
    return sha256(ByteView(bytes));
}

/// A verified message of a type, origin, payload and time.
inline Message message(std::string_view payload, std::string_view origin = "origin", WallTime timestamp = {},
                       std::string_view type = "proof") {
    MessageFields fields;
    fields.type = type;
    fields.origin = origin;
    fields.payload = as_bytes(payload);
    fields.timestamp = timestamp;
    return Message::compose(fields);
}

}  // namespace lattice::test
