#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/reconcile/byte_io.hpp>
#include <lattice/reconcile/short_id.hpp>

namespace lattice::inline v0::reconcile {

/// Short ids of one window that a node asks a peer to name.
struct WantedIds {
    std::uint64_t window{0};
    std::optional<Salt> salt;  ///< That of the session; none: the window's own.
    std::vector<std::uint64_t> ids;
};

/// Writes and reads what a node misses, window by window.
///
/// ```
/// for each window: varint: its number * 2, plus 1 if a salt follows   [16 bytes: the salt]   varint: count   8 bytes each
/// ```
class WantsWriter {
   public:
    void add(const WantedIds& wanted) {
        ByteWriter writer(bytes_);
        writer.varint(wanted.window << 1U | (wanted.salt ? 1U : 0U));
        if (wanted.salt) {
            writer.u64(wanted.salt->low);
            writer.u64(wanted.salt->high);
        }
        writer.varint(wanted.ids.size());
        for (const std::uint64_t id : wanted.ids) {
            writer.u64(id);
        }
        count_ += wanted.ids.size();
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }

   private:
    std::vector<std::byte> bytes_;
    std::size_t count_{0};
};

/// What WantsWriter wrote, from a peer: one window after another, until nothing well-formed follows.
class WantsReader {
   public:
    explicit WantsReader(ByteView bytes) : reader_(bytes) {}

    std::optional<WantedIds> next() {
        if (reader_.remaining() == 0) {
            return std::nullopt;
        }
        WantedIds wanted;
        const std::uint64_t mark = reader_.varint();
        wanted.window = mark >> 1U;
        if ((mark & 1U) != 0) {
            wanted.salt.emplace();
            wanted.salt->low = reader_.u64();
            wanted.salt->high = reader_.u64();
        }
        const std::uint64_t count = reader_.varint();
        if (!reader_.ok() || count > reader_.remaining() / sizeof(std::uint64_t)) {
            reader_.fail();
            return std::nullopt;
        }
        wanted.ids.resize(static_cast<std::size_t>(count));
        for (std::uint64_t& id : wanted.ids) {
            id = reader_.u64();
        }
        return wanted;
    }

   private:
    ByteReader reader_;
};

}  // namespace lattice::inline v0::reconcile
