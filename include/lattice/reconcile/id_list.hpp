#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <lattice/reconcile/byte_io.hpp>

namespace lattice::inline v0::reconcile {

/// Ascending short ids as gaps in Rice code (Rice, Plaunt 1971): what a list of random numbers costs at the least, plus
/// 2 %.
///
/// ```
/// varint: count      and if it is not 0:
/// 1 byte: k, 0..63   for each id: gap >> k in unary (ones, then a zero), the k low bits of the gap
/// ```
/// The first gap is the first id less `first`; a later one is the distance to the id before, less 1. Bits fill bytes
/// from the least significant one. 100,000 uniform ids of 64 bits take 6.1 bytes each.
class IdList {
   public:
    /// `ids`: ascending, all different, none less than `first`.
    static void write(std::span<const std::uint64_t> ids, std::uint64_t first, ByteWriter& writer) {
        writer.varint(ids.size());
        if (ids.empty()) {
            return;
        }
        const std::uint64_t mean = (ids.back() - first) / ids.size();
        const unsigned low_bits = mean < 2 ? 0 : static_cast<unsigned>(std::bit_width(mean - mean / 4)) - 1;
        writer.u8(low_bits);
        BitWriter bits(writer);
        for (const std::uint64_t id : ids) {
            const std::uint64_t gap = id - first;
            for (std::uint64_t ones = gap >> low_bits; ones != 0; --ones) {
                bits.put(1);
            }
            bits.put(0);
            for (unsigned i = 0; i < low_bits; ++i) {
                bits.put((gap >> i) & 1U);
            }
            first = id + 1;
        }
        bits.flush();
    }

    /// The ids, which are ascending and not less than `first` whatever the peer wrote; nothing when malformed. What it
    /// allocates is in proportion to the bytes that are there.
    static std::optional<std::vector<std::uint64_t>> read(std::uint64_t first, ByteReader& reader) {
        const std::uint64_t count = reader.varint();
        if (count == 0) {
            return reader.ok() ? std::optional(std::vector<std::uint64_t>{}) : std::nullopt;
        }
        const unsigned low_bits = reader.u8();
        if (low_bits > 63 || count > 8 * reader.remaining() / (low_bits + 1)) {
            reader.fail();
            return std::nullopt;
        }
        std::vector<std::uint64_t> ids;
        ids.reserve(static_cast<std::size_t>(count));
        BitReader bits(reader);
        while (ids.size() < count) {
            std::uint64_t gap = 0;
            while (bits.take() != 0) {
                ++gap;
            }
            if (low_bits != 0 && gap >> (64 - low_bits) != 0) {
                reader.fail();
            }
            gap <<= low_bits;
            for (unsigned i = 0; i < low_bits; ++i) {
                gap |= bits.take() << i;
            }
            const bool follows_greatest = !ids.empty() && first == 0;
            if (!reader.ok() || follows_greatest || first + gap < first) {
                reader.fail();
                return std::nullopt;
            }
            ids.push_back(first + gap);
            first = ids.back() + 1;
        }
        return ids;
    }

   private:
    class BitWriter {
       public:
        explicit BitWriter(ByteWriter& writer) : writer_(&writer) {}

        void put(std::uint64_t bit) {
            byte_ |= bit << used_;
            if (++used_ == 8) {
                flush();
            }
        }
        void flush() {
            if (used_ != 0) {
                writer_->u8(byte_);
            }
            byte_ = 0;
            used_ = 0;
        }

       private:
        ByteWriter* writer_;
        std::uint64_t byte_{0};
        unsigned used_{0};
    };

    class BitReader {
       public:
        explicit BitReader(ByteReader& reader) : reader_(&reader) {}

        /// The next bit; past the end, 0.
        std::uint64_t take() {
            if (left_ == 0) {
                byte_ = reader_->u8();
                left_ = 8;
            }
            const std::uint64_t bit = byte_ & 1U;
            byte_ >>= 1U;
            --left_;
            return bit;
        }

       private:
        ByteReader* reader_;
        std::uint64_t byte_{0};
        unsigned left_{0};
    };
};

}  // namespace lattice::inline v0::reconcile
