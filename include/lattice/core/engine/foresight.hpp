#pragma once

#include <lattice/core/engine/declaration.hpp>
#include <lattice/core/prefetch.hpp>

// The engine's part that has memory fetched ahead of frames that are known to come. It decides nothing.

namespace lattice::inline v0 {

/// That frame comes soon. In steps, from 0 to 4: each follows what the one before it fetched, so there should be some time
/// between them. Whoever drives many engines, as a simulator does, gains by it: each frame finds another engine's memory cold.
template <typename T>
void BasicEngine<T>::expect(const Frame& frame, const Peer& from, unsigned step) const noexcept {
    const auto* push = std::get_if<Push>(&frame);
    const auto* acknowledge = std::get_if<Acknowledge>(&frame);
    const auto* announce = std::get_if<Announce>(&frame);
    if (step == 0) {
        prefetch_object(tree_.get());
        prefetch_object(push != nullptr ? validations_.get() : nullptr);
        prefetch_object(push != nullptr ? scheduler_.get() : nullptr);
        prefetch_line(announce != nullptr ? announce->names.data() : nullptr);
        prefetch_line(acknowledge != nullptr ? acknowledge->items.data() : nullptr);
        return;
    }
    if (step == 1) {
        peer_states_.prefetch(from);
    } else if (step == 2) {
        peer_states_.prefetch_state(from);
    }
    if (push != nullptr && push->message) {
        if (step == 1) {
            seen_.prefetch(push->message.key());
            if (validations_) {
                validations_->prefetch();
            }
        }
        cache_.prefetch(push->message.key(), from, step - 1);
    } else if (acknowledge != nullptr && tree_ && !acknowledge->items.empty()) {
        const std::uint64_t name = acknowledge->items.front().name;
        step == 1 ? tree_->pushes.prefetch(name, from) : tree_->pushes.prefetch_entry(name, from);
    } else if (announce != nullptr && step == 1) {
        for (const MessageId& name : announce->names) {
            seen_.prefetch(name);
        }
    }
}

}  // namespace lattice::inline v0
