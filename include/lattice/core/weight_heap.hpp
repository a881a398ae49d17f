#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/on_use.hpp>
#include <lattice/core/prefetch.hpp>

namespace lattice::inline v0 {

/// Tells the heaviest of numbered things whose weights change, in logarithmic time (a binary heap with the places of all).
///
/// Numbers are small and dense. A weight of 0 takes a thing out. Among equals any may be told.
template <typename>
class BasicWeightHeap {
   public:
    /// The heaviest; something must be in.
    [[nodiscard]] std::uint32_t heaviest() const noexcept { return heap_.front().number; }
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }

    /// Where `heaviest` looks; for nothing but to be fetched.
    [[nodiscard]] const void* top() const noexcept { return heap_.data(); }

    /// Begins to fetch what `set` will look at first for that number.
    void prefetch(std::uint32_t number) const noexcept {
        if (number < places_.size()) {
            prefetch_line(&places_[number]);
        }
    }
    /// And what it looks at next; called a little later.
    void prefetch_place(std::uint32_t number) const noexcept {
        if (number < places_.size() && places_[number] != out) {
            prefetch_line(&heap_[places_[number]]);
        }
    }

    /// That thing weighs so much from now on.
    void set(std::uint32_t number, std::uint64_t weight) {
        if (number >= places_.size()) {
            places_.resize(number + std::size_t{1}, out);
        }
        std::uint32_t place = places_[number];
        if (place == out) {
            if (weight == 0) {
                return;
            }
            place = static_cast<std::uint32_t>(heap_.size());
            heap_.push_back({});
        } else if (weight == 0) {
            places_[number] = out;
            const Node last = heap_.back();
            heap_.pop_back();
            if (last.number == number) {
                return;
            }
            settle(place, last);
            return;
        }
        settle(place, {weight, number});
    }

   private:
    static constexpr std::uint32_t out = 0xffffffffU;
    struct Node {
        std::uint64_t weight{0};
        std::uint32_t number{0};
    };

    /// Puts a node where it belongs, starting from a place that is free for it.
    void settle(std::uint32_t place, Node node) noexcept {
        while (place != 0 && heap_[(place - 1) / 2].weight < node.weight) {
            put(place, heap_[(place - 1) / 2]);
            place = (place - 1) / 2;
        }
        while (true) {
            std::uint32_t child = 2 * place + 1;
            if (child + std::size_t{1} < heap_.size() && heap_[child].weight < heap_[child + 1].weight) {
                ++child;
            }
            if (child >= heap_.size() || heap_[child].weight <= node.weight) {
                break;
            }
            put(place, heap_[child]);
            place = child;
        }
        put(place, node);
    }

    void put(std::uint32_t place, Node node) noexcept {
        heap_[place] = node;
        places_[node.number] = place;
    }

    std::vector<Node> heap_;             ///< No child is heavier than its parent.
    std::vector<std::uint32_t> places_;  ///< By number: where in the heap it is, or `out`.
};
using WeightHeap = BasicWeightHeap<OnUse>;

}  // namespace lattice::inline v0
