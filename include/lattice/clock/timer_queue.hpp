#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Pending callbacks in the order in which they are due: by time, then by order of addition.
///
/// The timer half of a Clock for any event loop: the loop sleeps until `next()`, then calls what `take_due` gives. It
/// reads no clock and calls nothing itself. One thread at a time. Every operation costs O(log n).
class TimerQueue {
   public:
    TimerQueue() = default;
    TimerQueue(const TimerQueue&) = delete;
    TimerQueue& operator=(const TimerQueue&) = delete;
    ~TimerQueue() { clear(); }

    /// Adds a callback that is due at `time`. The id is not 0 and was never given before.
    TimerId add(TimePoint time, Callback<void()> callback) {
        const TimerId id = ++last_id_;
        due_.emplace(id, time);
        pending_.emplace(Key{time, id}, std::move(callback));
        return id;
    }

    /// Drops a callback uncalled. Ids that are unknown, past or 0 change nothing.
    void cancel(TimerId id) {
        const auto due = due_.find(id);
        if (due != due_.end()) {
            take(pending_.find(Key{due->second, id}));
        }
    }

    /// When the first callback is due; nothing when none is pending.
    [[nodiscard]] std::optional<TimePoint> next() const {
        return pending_.empty() ? std::nullopt : std::optional(pending_.begin()->first.first);
    }

    /// Takes the first callback if it is due at `now`, else gives an empty one.
    [[nodiscard]] Callback<void()> take_due(TimePoint now) {
        const auto first = pending_.begin();
        return first == pending_.end() || first->first.first > now ? nullptr : take(first);
    }

    [[nodiscard]] std::size_t size() const noexcept { return pending_.size(); }
    [[nodiscard]] bool empty() const noexcept { return pending_.empty(); }

    /// Drops every callback uncalled, those included that the dropping of others adds.
    void clear() {
        while (!pending_.empty()) {
            take(pending_.begin());
        }
    }

   private:
    using Key = std::pair<TimePoint, TimerId>;  // ids rise, so equal times keep the order of addition
    using Pending = std::map<Key, Callback<void()>>;

    /// A callback leaves the queue before it is called or destroyed, because either may use the queue.
    Callback<void()> take(Pending::iterator at) {
        Callback<void()> callback = std::move(at->second);
        due_.erase(at->first.second);
        pending_.erase(at);
        return callback;
    }

    Pending pending_;
    std::map<TimerId, TimePoint> due_;  ///< The other half of each pending key, so that an id is enough to cancel.
    TimerId last_id_{0};
};

}  // namespace lattice::inline v0
