#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/core/limits.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/publish.hpp>
#include <lattice/core/transport.hpp>

namespace lattice::inline v0 {

/// A broadcast that another thread made and the executor has not run yet.
struct PostedBroadcast {
    std::string type;
    Bytes payload;
    BroadcastOptions options;
};

/// What all threads together have posted, counted where it is posted, so that what is too much is refused there at the cost of
/// a counter. Any thread.
class PostedShare {
   public:
    /// Takes room for a broadcast, or says that there is none.
    bool take(std::size_t bytes, const Limits& limits) noexcept {
        const std::uint32_t count = count_.fetch_add(1, std::memory_order_relaxed);
        const std::size_t held = bytes_.fetch_add(bytes, std::memory_order_relaxed);
        if (count < limits.posted_max && (held + bytes <= limits.posted_bytes_max || held == 0)) {
            return true;
        }
        give_back(bytes);
        return false;
    }

    void give_back(std::size_t bytes) noexcept {
        count_.fetch_sub(1, std::memory_order_relaxed);
        bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    }

   private:
    std::atomic<std::uint32_t> count_{0};
    std::atomic<std::size_t> bytes_{0};
};

/// Posted broadcasts that wait on the executor while the peers' queues fill faster than they drain: room is left there for
/// what others sent, and nothing that was taken is dropped. First in, first out.
template <typename T>
class BasicPostedBroadcasts {
   public:
    /// How long the queues are left alone before the next try: a link of 1 Gbit/s drains 125 KB in that time, a small part
    /// of a queue.
    static constexpr Duration pause = std::chrono::milliseconds{1};

    /// Puts one behind the others.
    void add(PostedBroadcast broadcast) { waiting_.push_back(std::move(broadcast)); }

    /// Runs `publish` on each in turn until they are held up, and tells those who asked what it gave, and those who wait for
    /// receipts when it gave none. What a callee throws leaves here; the rest waits on.
    template <typename Publish>
    void run(PostedShare& share, Publish&& publish) {
        while (size() != 0 && !held_up_) {
            PostedBroadcast next = take();
            share.give_back(next.payload.size());
            const PublishOutcome outcome = publish(next);
            if (next.options.outcome) {
                next.options.outcome(outcome);
            }
            if (!outcome && next.options.receipted) {
                next.options.receipted(ReceiptOutcome{});
            }
        }
    }

    /// The outcome of a broadcast, now that the transport has said what it took; what is posted next heeds it too. One slow
    /// peer holds nobody up: half of the peers do.
    PublishOutcome heed(PublishOutcome outcome, const SendSummary& summary) noexcept {
        using Status = PublishOutcome::Status;
        held_up_ = summary.crowded != 0 && 2 * (summary.crowded + summary.busy) >= summary.sent + summary.busy;
        outcome.peers = summary.sent;
        if (summary.sent == 0) {
            outcome.status = summary.busy != 0 ? Status::busy : Status::no_peers;
        }
        return outcome;
    }

    /// The next one may be tried again.
    void resume() noexcept { held_up_ = false; }

    /// Whether some will wait for a while, so that somebody has to come back for them.
    [[nodiscard]] bool wait() const noexcept { return size() > (held_up_ ? 0U : 1U); }
    [[nodiscard]] std::size_t size() const noexcept { return waiting_.size() - first_; }

   private:
    PostedBroadcast take() {
        PostedBroadcast next = std::move(waiting_[first_++]);
        if (2 * first_ >= waiting_.size()) {  // Each entry is moved once on average.
            waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
        return next;
    }

    std::vector<Dependent<PostedBroadcast, T>> waiting_;
    std::size_t first_{0};  ///< Of those in `waiting_` that were not taken.
    bool held_up_{false};
};
using PostedBroadcasts = BasicPostedBroadcasts<OnUse>;

}  // namespace lattice::inline v0
