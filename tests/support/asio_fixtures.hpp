#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>

#include <lattice/clock/asio.hpp>
#include <lattice/core/callback.hpp>

/// The ways to drive an AsioClock in a test, for the suites in conformance/. Each has what a clock's fixture has; a fixture
/// of a transport builds on one of them.
namespace lattice::testing {

/// A clock on an io_context that the test's thread runs when it waits: no other thread at all.
struct AsioHost {
    asio::io_context io{1};
    std::optional<AsioClock> stored{std::in_place, io};

    AsioClock& clock() { return *stored; }

    void on_executor(Callback<void()> job) {
        bool done = false;
        asio::post(io, [&] {
            job();
            done = true;
        });
        run_until([&] { return done; }, std::chrono::seconds{10});
    }

    bool run_until(Callback<bool()> condition, Duration within) {
        const auto deadline = std::chrono::steady_clock::now() + within;
        while (!condition()) {
            io.restart();
            if (io.run_one_until(deadline) == 0) {
                return condition();
            }
        }
        return true;
    }

    void destroy_clock() { stored.reset(); }
};

/// What fixtures with threads of their own share: `Derived` has `stored`, a pointer to a clock or an optional one.
template <typename Derived>
struct AsioThreaded {
    auto& clock() { return *self().stored; }

    void on_executor(Callback<void()> job) {
        std::promise<void> done;
        asio::post(clock().executor(), [&] {
            job();
            done.set_value();
        });
        done.get_future().wait();
    }

    bool run_until(Callback<bool()> condition, Duration within) {
        std::promise<bool> held;
        Watch watch{self(), condition, held, clock().now() + within};
        clock().post([&] { watch(); });
        return held.get_future().get();
    }

   private:
    /// Asks every millisecond, on the executor, so that the test's thread need not.
    struct Watch {
        Derived& fixture;
        Callback<bool()>& condition;
        std::promise<bool>& held;
        TimePoint deadline;

        void operator()() {
            const bool holds = condition();
            const TimePoint now = fixture.clock().now();
            if (holds || now >= deadline) {
                held.set_value(holds);
            } else {
                fixture.clock().run_at(now + std::chrono::milliseconds{1}, [this] { (*this)(); });
            }
        }
    };

    Derived& self() { return static_cast<Derived&>(*this); }
};

/// A clock that owns its thread.
struct AsioOwnThread : AsioThreaded<AsioOwnThread> {
    std::unique_ptr<AsioClock> stored{new AsioClock(AsioClock::with_own_thread())};

    void destroy_clock() { stored.reset(); }
};

/// A clock on a strand of an io_context that two threads run.
struct AsioStrand : AsioThreaded<AsioStrand> {
    asio::io_context io{2};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    std::optional<AsioStrandClock> stored{std::in_place, asio::make_strand(io)};
    std::vector<std::thread> threads;

    AsioStrand() {
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([this] { io.run(); });
        }
    }
    AsioStrand(const AsioStrand&) = delete;
    AsioStrand& operator=(const AsioStrand&) = delete;
    ~AsioStrand() {
        io.stop();
        for (auto& thread : threads) {
            thread.join();
        }
    }

    void destroy_clock() {
        on_executor([this] { stored.reset(); });
    }
};

}  // namespace lattice::testing
