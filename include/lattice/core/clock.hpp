#pragma once

#include <concepts>
#include <cstdint>

#include <lattice/core/callback.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Names a pending timer of one clock. 0 names none.
using TimerId = std::uint64_t;

/// Tells the time and runs callbacks: the executor that a protocol object lives on.
///
/// | expression           | result      | meaning                                                                    |
/// |----------------------|-------------|----------------------------------------------------------------------------|
/// | `c.now()`            | `TimePoint` | Monotonic time. Never goes back.                                           |
/// | `c.wall()`           | `WallTime`  | Time of day, for message timestamps. May jump.                             |
/// | `c.run_at(t, f)`     | `TimerId`   | Calls `f` once on the executor, at `t` or soon after; never within the     |
/// |                      |             | call, even when `t` has passed. The id is not 0.                           |
/// | `c.cancel(id)`       | `void`      | That callback will not be called. Unknown, past and 0 ids are no error.    |
/// | `c.post(f)`          | `void`      | Calls `f` on the executor as soon as possible, never within the call, in   |
/// |                      |             | the order of posting from one thread. The only call allowed from any thread.|
/// | `c.on_executor()`    | `bool`      | Whether the calling thread may use objects of this executor now. Any thread.|
///
/// What the compiler cannot check:
/// - Callbacks run one after another, never two at a time.
/// - A callback is destroyed after it ran or was cancelled. A clock that is destroyed drops its callbacks uncalled.
/// - The protocol keeps a reference; the clock outlives it.
template <typename T>
concept Clock = requires(T& clock, TimePoint time, TimerId id, Callback<void()> callback) {
    { clock.now() } -> std::same_as<TimePoint>;
    { clock.wall() } -> std::same_as<WallTime>;
    { clock.run_at(time, std::move(callback)) } -> std::same_as<TimerId>;
    { clock.cancel(id) } -> std::same_as<void>;
    { clock.post(std::move(callback)) } -> std::same_as<void>;
    { clock.on_executor() } -> std::same_as<bool>;
};
static_assert(!Clock<int>);

/// A Clock that can spare a thread which is going to wait for its callback two switches of threads.
///
/// | expression           | result      | meaning                                                                    |
/// |----------------------|-------------|----------------------------------------------------------------------------|
/// | `c.dispatch(f)`      | `void`      | As `post`, but when the executor is idle the calling thread may run `f`,   |
/// |                      |             | and what was posted before it, within the call. Any thread.                |
///
/// A caller holds no lock that a callback may want. Transports with threads of their own use it where it is offered.
template <typename T>
concept DispatchingClock = Clock<T> && requires(T& clock, Callback<void()> callback) {
    { clock.dispatch(std::move(callback)) } -> std::same_as<void>;
};

}  // namespace lattice::inline v0
