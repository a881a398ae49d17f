#pragma once

#include <cstddef>
#include <cstdint>

#include <lattice/core/box.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/route.hpp>

namespace lattice::inline v0 {

/// Which parts of the ring this node took over lately, so that a copy of the same task does not send everything again. Keeps
/// the last 128; what is forgotten costs payload, not correctness.
class RecentBranches {
   public:
    /// False when that branch was taken over for this message before.
    bool insert(const MessageId& key, Slice slice) {
        if (!ring_) {
            ring_ = Box<Ring>::make();
        }
        const Branch branch{key.word(0), slice};
        for (const Branch& known : ring_->branches) {
            if (known.name == branch.name && known.slice == branch.slice) {
                return false;
            }
        }
        ring_->branches[ring_->next++ % size] = branch;
        return true;
    }

   private:
    static constexpr std::size_t size = 128;
    struct Branch {
        std::uint64_t name{0};
        Slice slice;
    };
    struct Ring {
        Branch branches[size]{};
        std::size_t next{0};
    };
    Box<Ring> ring_;
};

}  // namespace lattice::inline v0
