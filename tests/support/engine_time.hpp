#pragma once

#include <chrono>

#include <lattice/core/engine.hpp>

namespace lattice::test {

/// Lets time pass for one engine, with everything that becomes due on the way.
inline void advance(Engine& engine, Now& now, Duration by, Effects& effects) {
    const auto to_wall = [](Duration time) { return std::chrono::duration_cast<std::chrono::microseconds>(time); };
    const Now end{now.time + by, now.wall + to_wall(by)};
    while (engine.next_wake() <= end.time) {
        now.wall += to_wall(engine.next_wake() - now.time);
        now.time = engine.next_wake();
        engine.wake(now, effects);
    }
    now = end;
}

}  // namespace lattice::test
