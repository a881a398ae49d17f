#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <lattice/codec/varint.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Writes fields one behind the other into memory that the caller has measured beforehand.
///
/// Nothing is checked here: encoders compute the exact size of a frame first, because its length stands at its front.
class Writer {
   public:
    /// Starts at `at`; the caller keeps the memory.
    explicit Writer(std::byte* at) noexcept : at_(at) {}

    void byte(std::size_t value) noexcept { *at_++ = static_cast<std::byte>(value); }

    void varint(std::uint64_t value) noexcept { at_ = varint::write(at_, value); }

    /// Eight bytes, the lowest first.
    void fixed64(std::uint64_t value) noexcept {
        if constexpr (std::endian::native == std::endian::little) {
            std::memcpy(at_, &value, sizeof value);
        } else {
            for (std::size_t i = 0; i < sizeof value; ++i) {
                at_[i] = static_cast<std::byte>(value >> (8 * i));
            }
        }
        at_ += sizeof value;
    }

    /// Microseconds since the Unix epoch, as `fixed64`.
    void time(WallTime time) noexcept { fixed64(static_cast<std::uint64_t>(time.time_since_epoch().count())); }

    void bytes(ByteView content) noexcept {
        if (!content.empty()) {
            std::memcpy(at_, content.data(), content.size());
            at_ += content.size();
        }
    }

    void text(std::string_view content) noexcept { bytes(as_bytes(content)); }

    void id(const MessageId& id) noexcept {
        std::memcpy(at_, id.bytes.data(), MessageId::size);
        at_ += MessageId::size;
    }

    /// The position behind everything written.
    [[nodiscard]] std::byte* position() const noexcept { return at_; }

   private:
    std::byte* at_;
};

}  // namespace lattice::inline v0
