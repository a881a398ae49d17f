#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lattice::inline v0::tcp {

/// Whose turn it is among classes of payloads that share a link: each gets bytes in the proportion of its weight as long as
/// it has any to send, so none is starved and none waits for another's backlog.
///
/// Deficit round robin (Shreedhar and Varghese 1996), in the form that lets a class overdraw its credit by its last frame and
/// pay for that later: frames are not looked at before they are taken.
class FairTurns {
   public:
    static constexpr std::size_t classes = 4;
    /// Of classes in the order of their ranks; a class of twice the weight drains twice as fast.
    static constexpr std::array<std::int64_t, classes> weights{1, 2, 4, 8};
    /// Bytes for the weight of 1 in each round: a few frames, so that rounds are short.
    static constexpr std::int64_t quantum = 2'048;

    /// The class to take from. `has_work(class)` must hold for one at least.
    template <typename HasWork>
    std::size_t next(HasWork&& has_work) noexcept {
        while (!has_work(current_) || credit_[current_] <= 0) {
            if (!has_work(current_) && credit_[current_] > 0) {
                credit_[current_] = 0;  // Credit is not saved up while there is nothing to send.
            }
            current_ = current_ == 0 ? classes - 1 : current_ - 1;
            credit_[current_] += quantum * weights[current_];
        }
        return current_;
    }

    /// The class whose turn it is sends so many bytes.
    void spend(std::size_t bytes) noexcept { credit_[current_] -= static_cast<std::int64_t>(bytes); }

   private:
    std::array<std::int64_t, classes> credit_{};
    std::size_t current_{0};  ///< Turns go from the greatest weight to the smallest.
};

}  // namespace lattice::inline v0::tcp
