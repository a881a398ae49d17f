#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lattice::inline v0::sim {

/// Values under small stable indices; freed indices are given out again, the last freed first.
///
/// Events name what belongs to them by index, which is a quarter of the size of a handle with ownership and the same in
/// every run. A reference is valid until the next `insert`.
template <typename T>
class Slab {
   public:
    std::uint32_t insert(T value) {
        if (free_.empty()) {
            values_.push_back(std::move(value));
            return static_cast<std::uint32_t>(values_.size() - 1);
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        values_[index] = std::move(value);
        return index;
    }

    /// Takes the value out; the index may be given out again. What is left there until then is what moving leaves.
    T remove(std::uint32_t index) {
        free_.push_back(index);
        return std::move(values_[index]);
    }

    T& operator[](std::uint32_t index) noexcept { return values_[index]; }
    const T& operator[](std::uint32_t index) const noexcept { return values_[index]; }

    /// Values held now.
    [[nodiscard]] std::size_t size() const noexcept { return values_.size() - free_.size(); }

   private:
    std::vector<T> values_;
    std::vector<std::uint32_t> free_;
};

}  // namespace lattice::inline v0::sim
