#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

#include <lattice/codec/compression.hpp>
#include <lattice/codec/reader.hpp>
#include <lattice/codec/varint.hpp>
#include <lattice/codec/wire.hpp>
#include <lattice/codec/writer.hpp>
#include <lattice/core/bytes.hpp>

namespace lattice::inline v0::tcp {

/// A Push or Provide whose payload is compressed, as it travels between peers that agreed on that when they connected:
///
///     +--------+---------+------+--------------+-----------+------+--------------------+
///     | length | version | 0xf2 | payload size | head size | head | compressed payload |
///     | varint | 1       | 1    | varint       | varint    |      | the rest           |
///     +--------+---------+------+--------------+-----------+------+--------------------+
///
///     head      what the frame begins with when it is not packed: all of it up to its payload, its length included
///
/// So head and payload, one behind the other, are the frame. Its size is known and bounded before any of it is made.
namespace packed {

inline constexpr std::uint8_t kind = wire::link_kinds_begin + 2;
/// The payload shrinks to this many percent, or it is sent as it is: less is not worth the work at both ends.
inline constexpr std::size_t percent_max = 90;
/// How many times its size a payload may have been. It bounds the work that a byte from a peer can cause, as other limits
/// bound the memory; what is even more repetitive than that is sent as it is.
inline constexpr std::size_t ratio_max = 256;

/// What stands before the head.
struct Prologue {
    std::size_t payload_size{};
    std::size_t head_size{};
    std::size_t packed_size{};  ///< Of the payload, compressed.

    /// What the length field says.
    [[nodiscard]] std::size_t length() const noexcept {
        return 2 + varint::size(payload_size) + varint::size(head_size) + head_size + packed_size;
    }
    /// Bytes of the whole frame.
    [[nodiscard]] std::size_t frame_size() const noexcept { return varint::size(length()) + length(); }

    void write(Writer& out) const noexcept {
        out.varint(length());
        out.byte(wire::version);
        out.byte(kind);
        out.varint(payload_size);
        out.varint(head_size);
    }
};

}  // namespace packed

/// Unpacks frames into memory that it uses again. What it gives is valid until the next one.
class Unpacker {
   public:
    /// The frame that the fields of a packed frame stand for, as bytes to decode; nothing when they break the rules.
    /// Throws std::bad_alloc.
    std::optional<ByteView> unpack(ByteView fields, const WireLimits& limits, Compression& compression) {
        Reader in(fields);
        const std::uint64_t payload_size = in.varint();
        const std::uint64_t head_size = in.varint();
        if (!in.ok() || payload_size == 0 || payload_size > limits.payload_max || head_size > in.left()) {
            return std::nullopt;
        }
        const ByteView head = in.bytes(static_cast<std::size_t>(head_size));
        const ByteView packed_payload = in.rest();
        const auto size = static_cast<std::size_t>(head_size + payload_size);
        if (payload_size > packed_payload.size() * packed::ratio_max || size > limits.frame_max()) {
            return std::nullopt;
        }
        reserve(size);
        if (!head.empty()) {
            std::memcpy(memory_.get(), head.data(), head.size());
        }
        const std::span<std::byte> payload(memory_.get() + head.size(), static_cast<std::size_t>(payload_size));
        if (!compression.decompress(packed_payload, payload)) {
            return std::nullopt;
        }
        return ByteView(memory_.get(), size);
    }

    /// Memory held, bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

   private:
    /// Kept from frame to frame; beyond it memory comes and goes with the frame that needs it.
    static constexpr std::size_t usual = 64U << 10U;

    void reserve(std::size_t size) {
        if (size <= capacity_ && capacity_ <= usual) {
            return;
        }
        memory_.reset();
        capacity_ = 0;
        const std::size_t wanted = size < usual ? usual : size;
        memory_.reset(new std::byte[wanted]);
        capacity_ = wanted;
    }

    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_{0};
};

}  // namespace lattice::inline v0::tcp
