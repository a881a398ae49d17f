#pragma once

#include <chrono>
#include <cstdint>

namespace lattice::inline v0 {

/// Lengths of time. Configuration takes any std::chrono duration that converts without loss.
using Duration = std::chrono::nanoseconds;

/// Monotonic time: every timer, deadline and age. The core never reads a clock; its host hands the time in.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// Wall time, microseconds since the Unix epoch: timestamps and expiries of messages, nothing else. Microseconds survive
/// the reference's floating-point seconds exactly until the year 2255 (2^53 microseconds).
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// What the clocks say at the moment of an input.
struct Now {
    TimePoint time{};  ///< Monotonic.
    WallTime wall{};   ///< May jump; only compared with timestamps of messages.
};

}  // namespace lattice::inline v0
