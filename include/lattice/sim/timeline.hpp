#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/time.hpp>
#include <lattice/sim/event_queue.hpp>
#include <lattice/sim/slab.hpp>

namespace lattice::inline v0::sim {

/// What kinds of events a world knows.
enum class EventKind : std::uint32_t {
    frame,    ///< A frame arrives. Slot: the frame.
    failure,  ///< A sender learns that its peer is gone. Slot: the peer's node index; node: the sender.
    timer,    ///< A callback of a node's clock is due. Slot: the timer.
    action,   ///< The scenario does something. Slot: the timer that holds it; belongs to no node.
    resume,   ///< A paused node goes on. Check: which pause.
};

/// Virtual time, what is to happen in it, and the callbacks that wait for their time.
///
/// The time of the world is exact and common to all; the clocks of nodes (SimClock) may go wrong against it.
class Timeline {
   public:
    /// Time since the world began.
    [[nodiscard]] Duration now() const noexcept { return Duration{static_cast<std::int64_t>(now_)}; }

    /// Queues an event; a time in the past means now.
    void schedule(Duration time, NodeIndex node, EventKind kind, std::uint32_t slot, std::uint32_t check = 0) {
        const auto at = static_cast<std::uint64_t>(time.count() < 0 ? 0 : time.count());
        queue_.push({at < now_ ? now_ : at, node, slot, check, static_cast<std::uint32_t>(kind)});
    }

    /// Calls `callback` at `time` on behalf of a node, as long as the node lives the `life` that it lives now.
    TimerId arm(Duration time, NodeIndex node, std::uint32_t life, Callback<void()> callback) {
        return arm(time, node, life, EventKind::timer, std::move(callback));
    }

    /// Calls `callback` at `time` on behalf of the scenario.
    TimerId plan(Duration time, Callback<void()> callback) {
        return arm(time, 0, 0, EventKind::action, std::move(callback));
    }

    /// Forgets a callback. Its event stays queued and finds nothing.
    void cancel(TimerId id) {
        if (Timer* timer = find(slot_of(id), check_of(id)); timer != nullptr) {
            retire(slot_of(id));
        }
    }

    /// Takes the next event that is not later than `limit`, and moves the present to it.
    std::optional<Event> next(Duration limit) {
        const auto event = queue_.pop(static_cast<std::uint64_t>(limit.count()));
        if (event) {
            now_ = event->time;
        }
        return event;
    }

    /// As EventQueue::look_ahead.
    template <typename Soon>
    void look_ahead(std::size_t distance, Soon&& soon) {
        queue_.look_ahead(distance, soon);
    }

    /// Moves the present on, after `next` had nothing more before `time`.
    void advance_to(Duration time) noexcept {
        if (const auto at = static_cast<std::uint64_t>(time.count()); at > now_) {
            now_ = at;
        }
    }

    /// The callback of a timer or action event, with the life it was armed in; nothing when it was cancelled.
    struct Due {
        Callback<void()> callback;
        std::uint32_t life{};
    };
    std::optional<Due> take(const Event& event) {
        Timer* timer = find(event.slot, event.check);
        if (timer == nullptr) {
            return std::nullopt;
        }
        Due due{std::move(timer->callback), timer->life};
        retire(event.slot);
        return due;
    }

    [[nodiscard]] std::size_t pending() const noexcept { return queue_.size(); }
    [[nodiscard]] std::size_t timers() const noexcept { return armed_; }

   private:
    struct Timer {
        Callback<void()> callback;
        std::uint32_t life{};
        std::uint32_t check{};  ///< Changes whenever the slot is freed.
    };

    static std::uint32_t slot_of(TimerId id) noexcept { return static_cast<std::uint32_t>(id) - 1; }
    static std::uint32_t check_of(TimerId id) noexcept { return static_cast<std::uint32_t>(id >> 32U); }

    TimerId arm(Duration time, NodeIndex node, std::uint32_t life, EventKind kind, Callback<void()> callback) {
        std::uint32_t slot = 0;
        if (free_.empty()) {
            slot = static_cast<std::uint32_t>(timers_.size());
            timers_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        Timer& timer = timers_[slot];
        timer.callback = std::move(callback);
        timer.life = life;
        ++armed_;
        schedule(time, node, kind, slot, timer.check);
        return (std::uint64_t{timer.check} << 32U) | (slot + 1U);
    }

    Timer* find(std::uint32_t slot, std::uint32_t check) noexcept {
        return slot < timers_.size() && timers_[slot].check == check && timers_[slot].callback ? &timers_[slot]
                                                                                               : nullptr;
    }

    void retire(std::uint32_t slot) {
        // The callback may own what arms or cancels timers when it dies, so the slot is in order before it does.
        const Callback<void()> dying = std::move(timers_[slot].callback);
        ++timers_[slot].check;
        --armed_;
        free_.push_back(slot);
    }

    std::uint64_t now_{0};
    EventQueue queue_;
    std::vector<Timer> timers_;
    std::vector<std::uint32_t> free_;
    std::size_t armed_{0};
};

}  // namespace lattice::inline v0::sim
