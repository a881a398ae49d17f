#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/on_use.hpp>
#include <lattice/core/prefetch.hpp>

namespace lattice::inline v0 {

/// Finds records that somebody else stores in numbered slots, by a 64-bit hash: the table under every table of the core.
///
/// It keeps (32 bits of hash, slot) pairs, 8 bytes each, at a load of at most one half, with linear probing. Equality is the
/// owner's: `same(slot)` is asked for slots whose hash bits agree. Hashes must be salted where peers choose the keys.
template <typename>
class BasicSlotIndex {
   public:
    static constexpr std::uint32_t none = 0xffffffffU;

    /// The first slot filed under `hash` for which `same(slot)` holds, or `none`.
    template <typename Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same&& same) const {
        if (entries_.empty()) {
            return none;
        }
        const auto tag = static_cast<std::uint32_t>(hash);
        for (std::size_t at = home(tag); entries_[at].slot != none; at = next(at)) {
            if (entries_[at].tag == tag && same(entries_[at].slot)) {
                return entries_[at].slot;
            }
        }
        return none;
    }

    /// The slot that `find` will most likely say: the first whose 32 bits agree.
    [[nodiscard]] std::uint32_t guess(std::uint64_t hash) const {
        return find(hash, [](std::uint32_t) { return true; });
    }

    /// Begins to fetch what `find`, `guess` and the others will look at for that hash.
    void prefetch(std::uint64_t hash) const noexcept {
        if (!entries_.empty()) {
            prefetch_line(&entries_[home(static_cast<std::uint32_t>(hash))]);
        }
    }

    /// Files `slot` under `hash`. The pair must not be filed already.
    void insert(std::uint64_t hash, std::uint32_t slot) {
        if ((size_ + 1) * 2 > entries_.size()) {
            grow();
        }
        place({static_cast<std::uint32_t>(hash), slot});
        ++size_;
    }

    /// Takes the pair out, if it is there.
    void erase(std::uint64_t hash, std::uint32_t slot) noexcept {
        if (entries_.empty()) {
            return;
        }
        const auto tag = static_cast<std::uint32_t>(hash);
        std::size_t hole = home(tag);
        while (entries_[hole].slot != slot || entries_[hole].tag != tag) {
            if (entries_[hole].slot == none) {
                return;
            }
            hole = next(hole);
        }
        for (std::size_t at = next(hole); entries_[at].slot != none; at = next(at)) {
            const std::size_t mask = entries_.size() - 1;
            if (((at - home(entries_[at].tag)) & mask) >= ((at - hole) & mask)) {
                entries_[hole] = entries_[at];
                hole = at;
            }
        }
        entries_[hole].slot = none;
        --size_;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

   private:
    struct Entry {
        std::uint32_t tag{0};
        std::uint32_t slot{none};
    };

    [[nodiscard]] std::size_t home(std::uint32_t tag) const noexcept { return tag & (entries_.size() - 1); }
    [[nodiscard]] std::size_t next(std::size_t at) const noexcept { return (at + 1) & (entries_.size() - 1); }

    void place(Entry entry) noexcept {
        std::size_t at = home(entry.tag);
        while (entries_[at].slot != none) {
            at = next(at);
        }
        entries_[at] = entry;
    }

    void grow() {
        std::vector<Entry> entries(entries_.empty() ? 8 : entries_.size() * 2);
        entries.swap(entries_);
        for (const Entry& entry : entries) {
            if (entry.slot != none) {
                place(entry);
            }
        }
    }

    std::vector<Entry> entries_;  ///< A power of two, at most half of them in use.
    std::size_t size_{0};
};
using SlotIndex = BasicSlotIndex<OnUse>;

}  // namespace lattice::inline v0
