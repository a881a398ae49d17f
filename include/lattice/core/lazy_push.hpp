#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/message_id.hpp>
#include <lattice/core/on_use.hpp>

namespace lattice::inline v0 {

/// Which held messages are still to be announced (IHAVE), and how often.
///
/// Each name takes part in a number of rounds: one announcement gets lost with the frame that carries it, and then the
/// message too for whoever relied on it. When more names come than a round may announce, the oldest drop out first; their
/// messages are left to anti-entropy.
template <typename>
class BasicLazyPush {
   public:
    /// Announces `key` in the next `rounds` rounds. Keeps at most `names_max` names.
    void add(const MessageId& key, std::size_t rounds, std::size_t names_max) {
        if (names_.size() - first_ >= names_max) {
            ++first_;
        }
        if (first_ > 1'024 && first_ * 2 > names_.size()) {
            names_.erase(names_.begin(), names_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
        names_.push_back({key, static_cast<std::uint32_t>(rounds)});
    }

    [[nodiscard]] bool empty() const noexcept { return first_ == names_.size(); }

    /// The names of this round; each has one round less from now on. Calls `use(key)` for every one, oldest first.
    template <typename Use>
    void round(Use&& use) {
        std::size_t kept = 0;
        for (std::size_t i = first_; i < names_.size(); ++i) {
            use(names_[i].key);
            if (--names_[i].rounds != 0) {
                names_[kept++] = names_[i];
            }
        }
        names_.resize(kept);
        first_ = 0;
        if (names_.empty()) {
            std::vector<Name>().swap(names_);  // An idle engine holds nothing.
        }
    }

   private:
    struct Name {
        MessageId key;
        std::uint32_t rounds;
    };

    std::vector<Name> names_;  ///< From `first_` on, in order of arrival.
    std::size_t first_{0};
};
using LazyPush = BasicLazyPush<OnUse>;

}  // namespace lattice::inline v0
