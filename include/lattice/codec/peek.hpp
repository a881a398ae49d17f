#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include <lattice/codec/wire.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/message_id.hpp>

namespace lattice::inline v0 {

/// The id that the Push or Provide at the front of `bytes` claims, if there is one and its id has arrived. Nothing is checked:
/// it is for looking ahead, before the frame is decoded.
inline std::optional<MessageId> peek_id(ByteView bytes) noexcept {
    constexpr std::size_t length_max = 4;
    constexpr std::size_t fields_before_id = 5;
    std::size_t at = 0;
    while (at < length_max && at < bytes.size() && (std::to_integer<std::uint8_t>(bytes[at]) & 0x80U) != 0) {
        ++at;
    }
    ++at;
    const std::size_t begin = at + 2 + fields_before_id;
    if (bytes.size() < begin + MessageId::size || std::to_integer<std::uint8_t>(bytes[at]) != wire::version) {
        return std::nullopt;
    }
    const auto kind = static_cast<wire::Kind>(bytes[at + 1]);
    if (kind != wire::Kind::push && kind != wire::Kind::provide) {
        return std::nullopt;
    }
    MessageId id;
    std::memcpy(id.bytes.data(), bytes.data() + begin, MessageId::size);
    return id;
}

}  // namespace lattice::inline v0
