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

/// Reads fields one behind the other out of bytes that a peer sent, and never beyond them.
///
/// Failure sticks: once a field runs past the end or a number is malformed, `ok()` is false and every further read
/// gives zeros or empty views without moving. So a decoder may read a group of fields and test once; it must test
/// before it uses any of them. Views point into the bytes given to the constructor.
class Reader {
   public:
    explicit Reader(ByteView bytes) noexcept : at_(bytes.data()), left_(bytes.size()) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::size_t left() const noexcept { return left_; }

    std::uint8_t byte() noexcept {
        const std::byte* at = take(1);
        return at == nullptr ? std::uint8_t{0} : std::to_integer<std::uint8_t>(*at);
    }

    std::uint64_t varint() noexcept {
        const varint::Result result = varint::read({at_, left_});
        if (result.status != varint::Status::read) {
            fail();
            return 0;
        }
        take(result.size);
        return result.value;
    }

    /// Eight bytes, the lowest first.
    std::uint64_t fixed64() noexcept {
        std::uint64_t value = 0;
        const std::byte* at = take(sizeof value);
        if (at == nullptr) {
            return 0;
        }
        if constexpr (std::endian::native == std::endian::little) {
            std::memcpy(&value, at, sizeof value);
        } else {
            for (std::size_t i = 0; i < sizeof value; ++i) {
                value |= std::to_integer<std::uint64_t>(at[i]) << (8 * i);
            }
        }
        return value;
    }

    /// Microseconds since the Unix epoch, as `fixed64`; any value, so the caller checks the range.
    WallTime time() noexcept { return WallTime(std::chrono::microseconds(static_cast<std::int64_t>(fixed64()))); }

    ByteView bytes(std::size_t size) noexcept {
        const std::byte* at = take(size);
        return at == nullptr ? ByteView{} : ByteView{at, size};
    }

    std::string_view text(std::size_t size) noexcept { return as_text(bytes(size)); }

    MessageId id() noexcept {
        MessageId id;
        if (const std::byte* at = take(MessageId::size); at != nullptr) {
            std::memcpy(id.bytes.data(), at, MessageId::size);
        }
        return id;
    }

    /// Everything that is left.
    ByteView rest() noexcept { return bytes(left_); }

   private:
    /// The next `size` bytes, or null when there are fewer.
    const std::byte* take(std::size_t size) noexcept {
        if (size > left_) {
            fail();
            return nullptr;
        }
        const std::byte* at = at_;
        at_ += size;
        left_ -= size;
        return at;
    }

    void fail() noexcept {
        ok_ = false;
        left_ = 0;
    }

    const std::byte* at_;
    std::size_t left_;
    bool ok_{true};
};

}  // namespace lattice::inline v0
