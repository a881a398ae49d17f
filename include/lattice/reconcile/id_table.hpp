#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace lattice::inline v0::reconcile {

/// Short ids with the host's handle for each, in (nearly) ascending order, so that a range of them is a range of the
/// table.
///
/// Linear probing from a home slot that grows with the id; short ids are uniform, because they are outputs of a keyed
/// hash. Who knows the key can make runs longer, at one hash per slot of the table for each id: 10,000 ids that meet in
/// a table of a million take him an hour and make look-ups near them take 5 us. 12 bytes per slot at a load of 0.6 to
/// 0.8: 15 to 20 bytes per id. While it grows, old and new table exist together.
class IdTable {
   public:
    using Handle = std::uint32_t;

    /// Files `id` (never 0). False when it is filed already; nothing changes then.
    bool insert(std::uint64_t id, Handle handle) {
        if ((size_ + 1) * 5 > ids_.size() * 4) {
            resize(ids_.size() + ids_.size() / 3 + 8);
        }
        if (find_slot(id) != none) {
            return false;
        }
        place(id, handle);
        ++size_;
        return true;
    }

    /// Takes `id` out. False when it is not there.
    bool erase(std::uint64_t id) {
        std::size_t hole = find_slot(id);
        if (hole == none) {
            return false;
        }
        const std::size_t capacity = ids_.size();
        for (std::size_t at = next(hole); ids_[at] != 0; at = next(at)) {
            const std::size_t displaced = (at + capacity - home(ids_[at])) % capacity;
            if (displaced >= (at + capacity - hole) % capacity) {
                ids_[hole] = ids_[at];
                handles_[hole] = handles_[at];
                hole = at;
            }
        }
        ids_[hole] = 0;
        if (--size_ * 4 < ids_.size()) {
            resize(size_ + size_ / 2 + 8);
        }
        return true;
    }

    /// The handle filed with `id`.
    [[nodiscard]] std::optional<Handle> find(std::uint64_t id) const noexcept {
        const std::size_t slot = find_slot(id);
        return slot == none ? std::nullopt : std::optional(handles_[slot]);
    }
    [[nodiscard]] bool contains(std::uint64_t id) const noexcept { return find_slot(id) != none; }

    void set_handle(std::uint64_t id, Handle handle) noexcept { handles_[find_slot(id)] = handle; }

    /// Calls visit(id, handle) for every id, in the table's order.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (std::size_t slot = 0; slot < ids_.size(); ++slot) {
            if (ids_[slot] != 0) {
                visit(ids_[slot], handles_[slot]);
            }
        }
    }

    /// The ids from `first` on, ascending, at most `count_max` of them. Costs what it returns.
    [[nodiscard]] std::vector<std::uint64_t> ascending_from(std::uint64_t first, std::size_t count_max) const {
        std::vector<std::uint64_t> found;
        std::size_t slot = size_ == 0 ? ids_.size() : home(first);
        for (; slot < ids_.size(); ++slot) {
            const std::uint64_t id = ids_[slot];
            if (id == 0) {
                if (found.size() >= count_max) {
                    break;  // behind a free slot all ids are greater
                }
            } else if (id >= first && home(id) <= slot) {
                file_ascending(id, found);
            }
        }
        // A run that wrapped round the end of the table holds some of the greatest ids.
        for (std::size_t i = 0; slot == ids_.size() && i < ids_.size() && ids_[i] != 0; ++i) {
            if (ids_[i] >= first && home(ids_[i]) > i) {
                file_ascending(ids_[i], found);
            }
        }
        if (found.size() > count_max) {
            found.resize(count_max);
        }
        return found;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return ids_.capacity() * sizeof(std::uint64_t) + handles_.capacity() * sizeof(Handle);
    }

   private:
    static constexpr std::size_t none = ~std::size_t{0};

    /// Ids are displaced by probing only, so each moves by a few places here.
    static void file_ascending(std::uint64_t id, std::vector<std::uint64_t>& ids) {
        ids.push_back(id);
        for (std::size_t i = ids.size() - 1; i != 0 && ids[i - 1] > id; --i) {
            ids[i] = ids[i - 1];
            ids[i - 1] = id;
        }
    }

    [[nodiscard]] std::size_t home(std::uint64_t id) const noexcept {
        return static_cast<std::size_t>(((id >> 32U) * ids_.size()) >> 32U);
    }
    [[nodiscard]] std::size_t next(std::size_t slot) const noexcept { return slot + 1 == ids_.size() ? 0 : slot + 1; }

    [[nodiscard]] std::size_t find_slot(std::uint64_t id) const noexcept {
        if (ids_.empty() || id == 0) {
            return none;
        }
        for (std::size_t slot = home(id); ids_[slot] != 0; slot = next(slot)) {
            if (ids_[slot] == id) {
                return slot;
            }
        }
        return none;
    }

    void place(std::uint64_t id, Handle handle) noexcept {
        std::size_t slot = home(id);
        while (ids_[slot] != 0) {
            slot = next(slot);
        }
        ids_[slot] = id;
        handles_[slot] = handle;
    }

    void resize(std::size_t capacity) {
        std::vector<std::uint64_t> ids(capacity);
        std::vector<Handle> handles(capacity);
        ids.swap(ids_);
        handles.swap(handles_);
        for (std::size_t slot = 0; slot < ids.size(); ++slot) {
            if (ids[slot] != 0) {
                place(ids[slot], handles[slot]);
            }
        }
    }

    std::vector<std::uint64_t> ids_;  ///< 0: a free slot. At least one is free.
    std::vector<Handle> handles_;
    std::size_t size_{0};
};

}  // namespace lattice::inline v0::reconcile
