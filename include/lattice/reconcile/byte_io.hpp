#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/bytes.hpp>

namespace lattice::inline v0::reconcile {

/// Appends numbers to bytes, least significant byte first.
class ByteWriter {
   public:
    explicit ByteWriter(std::vector<std::byte>& bytes) : bytes_(&bytes) {}

    void u8(std::uint64_t value) { bytes_->push_back(static_cast<std::byte>(value & 0xffU)); }
    void u16(std::uint64_t value) { fixed(value, 2); }
    void u32(std::uint64_t value) { fixed(value, 4); }
    void u64(std::uint64_t value) { fixed(value, 8); }

    /// Seven bits per byte, the least significant first; the high bit says that more follow (LEB128).
    void varint(std::uint64_t value) {
        for (; value >= 0x80U; value >>= 7U) {
            u8(value | 0x80U);
        }
        u8(value);
    }

   private:
    void fixed(std::uint64_t value, int size) {
        for (int i = 0; i < size; ++i, value >>= 8U) {
            u8(value);
        }
    }

    std::vector<std::byte>* bytes_;
};

/// Reads what ByteWriter wrote from bytes of a peer. Past the end, or after a malformed number, everything reads as 0
/// and `ok()` is false for good; so a decoder reads on and asks once. Never reads outside `bytes`, which must outlive
/// it.
class ByteReader {
   public:
    explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(fixed(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(fixed(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
    std::uint64_t u64() { return fixed(8); }

    /// At most ten bytes and 64 bits; a form longer than needed is malformed, so that each number has one form.
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 70; shift += 7) {
            const std::uint64_t byte = u8();
            const bool overflows = shift == 63 && byte > 1;
            const bool padded = shift != 0 && byte == 0;
            if (overflows || padded) {
                break;
            }
            value |= (byte & 0x7fU) << shift;
            if (byte < 0x80U) {
                return ok_ ? value : 0;
            }
        }
        fail();
        return 0;
    }

    /// The next `size` bytes, or none of them.
    ByteView take(std::size_t size) {
        if (size > bytes_.size()) {
            fail();
            return {};
        }
        const ByteView taken = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return taken;
    }

    void fail() {
        ok_ = false;
        bytes_ = {};
    }

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size(); }

   private:
    std::uint64_t fixed(std::size_t size) {
        const ByteView taken = take(size);
        std::uint64_t value = 0;
        for (std::size_t i = taken.size(); i-- > 0;) {
            value = (value << 8U) | std::to_integer<std::uint64_t>(taken[i]);
        }
        return value;
    }

    ByteView bytes_;
    bool ok_{true};
};

}  // namespace lattice::inline v0::reconcile
