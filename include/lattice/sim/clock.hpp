#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include <lattice/core/clock.hpp>
#include <lattice/core/time.hpp>
#include <lattice/sim/timeline.hpp>

namespace lattice::inline v0::sim {

/// Where wall time stands when a world begins: 2026-01-01 00:00 UTC.
inline constexpr WallTime world_epoch{std::chrono::seconds{1'767'225'600}};

/// How a node's clock goes wrong.
struct ClockFault {
    std::chrono::microseconds wall_offset{0};  ///< Wall time ahead (or behind) from the beginning.
    std::int64_t drift_ppm{0};  ///< Both clocks run fast (or slow) by so many millionths; above -500,000.
};

/// A node's clock in virtual time: a Clock model whose errors can be set and stepped.
///
/// A right clock costs two words. Monotonic time never goes back, whatever the fault; wall time jumps with each step.
class SimClock {
   public:
    SimClock(Timeline& timeline, NodeIndex node) noexcept : timeline_(&timeline), node_(node) {}

    // The table of the Clock concept.

    [[nodiscard]] TimePoint now() const noexcept { return TimePoint{local(timeline_->now())}; }
    [[nodiscard]] WallTime wall() const noexcept {
        const auto offset = fault_ ? fault_->wall_offset : std::chrono::microseconds{0};
        return world_epoch + std::chrono::duration_cast<std::chrono::microseconds>(local(timeline_->now())) + offset;
    }
    TimerId run_at(TimePoint time, Callback<void()> callback) {
        return timeline_->arm(global(time.time_since_epoch()), node_, life_, std::move(callback));
    }
    void cancel(TimerId id) { timeline_->cancel(id); }
    void post(Callback<void()> callback) { timeline_->arm(timeline_->now(), node_, life_, std::move(callback)); }
    [[nodiscard]] static bool on_executor() noexcept { return true; }

    // What the world does to it.

    /// Whether nothing was ever wrong with it.
    [[nodiscard]] bool is_right() const noexcept { return fault_ == nullptr; }

    /// From now on the clock goes wrong in this way; monotonic time continues from where it stands.
    void go_wrong(const ClockFault& fault) {
        const Duration since = timeline_->now();
        const Duration reading = local(since);
        fault_ = std::make_unique<State>(State{since, reading, fault.drift_ppm, fault.wall_offset});
    }

    /// Wall time jumps, as when an operator or a time service sets it.
    void step_wall(std::chrono::microseconds by) {
        if (!fault_) {
            go_wrong({});
        }
        fault_->wall_offset += by;
    }

    /// A new life: callbacks of the life before will not be called.
    void begin_life(std::uint32_t life) noexcept { life_ = life; }

   private:
    struct State {
        Duration since;    ///< Time of the world when the drift began,
        Duration reading;  ///< and what this clock read then.
        std::int64_t drift_ppm;
        std::chrono::microseconds wall_offset;
    };

    /// What this clock reads at a time of the world. In two parts, because a day in nanoseconds times a million is more
    /// than 64 bits hold.
    [[nodiscard]] Duration local(Duration time) const noexcept {
        if (!fault_) {
            return time;
        }
        const std::int64_t elapsed = (time - fault_->since).count();
        const std::int64_t drifted =
            elapsed / 1'000'000 * fault_->drift_ppm + elapsed % 1'000'000 * fault_->drift_ppm / 1'000'000;
        return fault_->reading + Duration{elapsed + drifted};
    }

    /// The earliest time of the world at which this clock reads at least `reading`.
    [[nodiscard]] Duration global(Duration reading) const noexcept {
        if (!fault_ || reading <= fault_->reading) {
            return fault_ ? timeline_->now() : reading;
        }
        const std::int64_t wanted = (reading - fault_->reading).count();
        const std::int64_t rate = 1'000'000 + fault_->drift_ppm;
        std::int64_t elapsed = wanted / rate * 1'000'000 + wanted % rate * 1'000'000 / rate;
        while (local(fault_->since + Duration{elapsed}) < reading) {
            ++elapsed;
        }
        return fault_->since + Duration{elapsed};
    }

    Timeline* timeline_;
    NodeIndex node_;
    std::uint32_t life_{0};
    std::unique_ptr<State> fault_;
};
static_assert(Clock<SimClock>);

}  // namespace lattice::inline v0::sim
