#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/reconcile/coded_symbols.hpp>

namespace lattice::inline v0::reconcile {

/// Finds the ids behind a difference's symbols by peeling: a symbol that holds one id names it; the id then leaves its
/// other symbols, and some of those come to hold one.
///
/// **Eight bytes per symbol.** The paper's symbols carry a checksum and a count, to tell a symbol with one id from
/// others. Here a symbol's own number is the check: a random sum in block j claims to lie in that very symbol with
/// probability 2/2^j. The first 255 symbols, where this is weak, carry a byte more. What slips through, 1 to 2 % of the
/// differences, does no harm: a phantom that was peeled out of a symbol becomes one more id of the difference, is found
/// a second time, and cancels. Nothing is believed before every symbol is empty, which no wrong set of ids achieves by
/// chance.
///
/// **Bounds.** Every step peels one id, at most 1.5 per symbol plus 64, at some 30 updates each; then it gives up.
/// Memory: 16 bytes per symbol. A hostile peer can make it fail, no more.
class RatelessDecoder {
   public:
    explicit RatelessDecoder(SymbolPrefix difference) : difference_(std::move(difference)) {}

    /// The ids of the difference, in no particular order, or nothing when the symbols do not suffice.
    std::optional<std::vector<std::uint64_t>> decode() {
        collect_pure();
        const std::size_t steps_max = difference_.sums.size() + difference_.sums.size() / 2 + 64;
        for (std::size_t next = 0; next < pure_.size(); ++next) {
            const std::size_t index = pure_[next];
            if (!is_pure(index)) {
                continue;
            }
            if (peeled_.size() == steps_max) {
                return std::nullopt;
            }
            peel(difference_.sums[index]);
        }
        for (const std::uint64_t sum : difference_.sums) {
            if (sum != 0) {
                return std::nullopt;
            }
        }
        return without_phantoms();
    }

   private:
    [[nodiscard]] bool is_pure(std::size_t index) const noexcept {
        const std::uint64_t id = difference_.sums[index];
        return id != 0 && difference_.checks.admit(index, id) && SymbolIndices(id).holds(index);
    }

    void collect_pure() {
        for (std::size_t i = 0; i < difference_.sums.size(); ++i) {
            if (is_pure(i)) {
                pure_.push_back(static_cast<std::uint32_t>(i));
            }
        }
    }

    void peel(std::uint64_t id) {
        peeled_.push_back(id);
        const std::uint8_t check = SymbolChecks::check_of(id);
        SymbolIndices(id).visit_below(difference_.sums.size(), [&](std::size_t index) {
            difference_.sums[index] ^= id;
            difference_.checks.toggle(index, check);
            if (is_pure(index)) {
                pure_.push_back(static_cast<std::uint32_t>(index));
            }
        });
    }

    /// The ids that were peeled an odd number of times.
    [[nodiscard]] std::vector<std::uint64_t> without_phantoms() const {
        const std::size_t slots = std::bit_ceil(2 * peeled_.size() + 1);
        std::vector<std::uint64_t> table(slots);
        std::vector<bool> odd(slots);
        for (const std::uint64_t id : peeled_) {
            std::size_t at = static_cast<std::size_t>(id) & (slots - 1);
            while (table[at] != 0 && table[at] != id) {
                at = (at + 1) & (slots - 1);
            }
            table[at] = id;
            odd[at] = !odd[at];
        }
        std::vector<std::uint64_t> ids;
        for (std::size_t at = 0; at < slots; ++at) {
            if (odd[at]) {
                ids.push_back(table[at]);
            }
        }
        return ids;
    }

    SymbolPrefix difference_;
    std::vector<std::uint32_t> pure_;  ///< Symbols that held one id when they were noted, in the order of discovery.
    std::vector<std::uint64_t> peeled_;
};

}  // namespace lattice::inline v0::reconcile
