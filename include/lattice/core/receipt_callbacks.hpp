#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <lattice/core/box.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/publish.hpp>
#include <lattice/core/receipt.hpp>

namespace lattice::inline v0 {

/// Who of the host waits for receipts, and is to be told. Each is told once; callbacks may ask for further receipts. A pointer as
/// long as nobody waits.
template <typename>
class BasicReceiptCallbacks {
   public:
    /// Whoever made that broadcast is to be told, when it was held and somebody wants to know.
    void expect(const PublishOutcome& outcome, BroadcastOptions& options) {
        if (!outcome || !options.receipted) {
            return;
        }
        if (!lists_) {
            lists_ = Box<Lists>::make();
        }
        lists_->waiting.push_back({{ReceiptOutcome::State::stopped, outcome.id}, std::move(options.receipted)});
    }

    /// These are known now; `run` tells.
    template <typename Outcomes>
    void note_all(const Outcomes& outcomes) {
        for (std::size_t i = 0; lists_ && i < outcomes.size(); ++i) {
            note(outcomes[i]);
        }
    }

    /// Tells what is known.
    void run() {
        while (lists_ && !lists_->ready.empty()) {
            Waiting next = std::move(lists_->ready.back());
            lists_->ready.pop_back();
            next.receipted(next.outcome);
        }
    }

   private:
    struct Waiting {
        ReceiptOutcome outcome;
        Callback<void(const ReceiptOutcome&)> receipted;
    };
    struct Lists {
        std::vector<Waiting> waiting;
        std::vector<Waiting> ready;
    };

    void note(const ReceiptOutcome& outcome) {
        std::vector<Waiting>& waiting = lists_->waiting;
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            if (waiting[i].outcome.id == outcome.id) {
                lists_->ready.push_back({outcome, std::move(waiting[i].receipted)});
                waiting[i] = std::move(waiting.back());
                waiting.pop_back();
                return;
            }
        }
    }

    Box<Lists> lists_;
};
using ReceiptCallbacks = BasicReceiptCallbacks<OnUse>;

}  // namespace lattice::inline v0
