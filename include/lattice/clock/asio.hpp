#pragma once

#include <cassert>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <asio/basic_waitable_timer.hpp>
#include <asio/error_code.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>

#include <lattice/clock/timer_queue.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// An Asio executor that runs handlers one after another and can tell whether the caller is in one of them: that of an
/// io_context which one thread runs, or a strand.
template <typename T>
concept SerialAsioExecutor = std::copy_constructible<T> && requires(const T& executor) {
    { executor.running_in_this_thread() } -> std::convertible_to<bool>;
};

/// A Clock on an Asio executor: the protocol lives where the host's own handlers live, and needs no lock between them.
///
/// However many callbacks are pending, it keeps one Asio timer; cancelling a callback, or scheduling one that is not the
/// next, does not touch it. Posted callbacks are handed over in batches. Exceptions that leave a callback leave
/// `io_context::run`, as those of Asio's handlers do; the callbacks after it are not lost.
///
/// Ownership: the clock does not keep the io_context running (it is not work, but a pending timer is), and the io_context
/// outlives it. Stopping and restarting the io_context delays callbacks and loses none.
/// Threads: `post` and `on_executor` from any; construction and destruction on the executor or while nothing runs it.
template <SerialAsioExecutor Executor>
class BasicAsioClock {
   public:
    using executor_type = Executor;

    /// On the host's executor.
    explicit BasicAsioClock(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

    /// On the host's io_context, which one thread runs. For more, give a strand: `BasicAsioClock{asio::make_strand(io)}`.
    explicit BasicAsioClock(asio::io_context& context) requires std::same_as<Executor, asio::io_context::executor_type>
        : BasicAsioClock(context.get_executor()) {}

    /// With an io_context of its own and a thread that runs it, started here; both end with the clock. An exception that
    /// leaves a callback ends the program. May be destroyed on any thread but its own.
    static BasicAsioClock with_own_thread() requires std::same_as<Executor, asio::io_context::executor_type> {
        return BasicAsioClock(std::make_unique<OwnThread>());
    }

    BasicAsioClock(const BasicAsioClock&) = delete;
    BasicAsioClock& operator=(const BasicAsioClock&) = delete;

    ~BasicAsioClock() {
        if (own_ != nullptr) {
            own_->stop();
        }
        state_->close();
    }

    [[nodiscard]] TimePoint now() const noexcept { return steady_now(); }

    [[nodiscard]] WallTime wall() const noexcept {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }

    TimerId run_at(TimePoint time, Callback<void()> callback) {
        const TimerId id = state_->timers.add(time, std::move(callback));
        state_->arm();
        return id;
    }

    void cancel(TimerId id) { state_->timers.cancel(id); }

    void post(Callback<void()> callback) { state_->post(std::move(callback)); }

    [[nodiscard]] bool on_executor() const { return state_->executor.running_in_this_thread(); }

    /// Where callbacks run: sockets and timers of the host's that are made with it share the protocol's thread.
    [[nodiscard]] const Executor& executor() const noexcept { return state_->executor; }

    /// Only for a clock with its own thread: ends the thread after the callback that it is in, and waits for that. What
    /// is pending stays so. Not from that thread. Stopping twice is no error.
    void stop() {
        assert(own_ != nullptr && "the host runs this clock's io_context");
        own_->stop();
    }

    /// Only for a clock with its own thread: runs it again after `stop`. Starting twice is no error.
    void start() {
        assert(own_ != nullptr && "the host runs this clock's io_context");
        own_->start();
    }

   private:
    using Timer =
        asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

    /// What Asio's handlers refer to, weakly: those that Asio still holds when the clock is gone do nothing.
    struct State : std::enable_shared_from_this<State> {
        explicit State(Executor on) : executor(std::move(on)), timer(executor) {}

        void post(Callback<void()> callback) {
            const std::lock_guard lock(mutex);
            posted.push_back(std::move(callback));
            if (!posted_scheduled) {
                schedule_posted();
            }
        }

        /// The mutex is held.
        void schedule_posted() {
            posted_scheduled = true;
            asio::post(executor, [weak = this->weak_from_this()] {
                if (const auto self = weak.lock()) {
                    self->run_posted();
                }
            });
        }

        /// Runs what was posted up to now; what these callbacks post gets another turn, after other work of the executor.
        void run_posted() {
            try {
                for (std::size_t left = posted_size(); left-- > 0 && !closed;) {
                    take_posted()();
                }
            } catch (...) {
                posted_done();
                throw;
            }
            posted_done();
        }

        std::size_t posted_size() {
            const std::lock_guard lock(mutex);
            return posted.size();
        }

        Callback<void()> take_posted() {
            const std::lock_guard lock(mutex);
            Callback<void()> callback = std::move(posted.front());
            posted.pop_front();
            return callback;
        }

        void posted_done() {
            const std::lock_guard lock(mutex);
            posted_scheduled = false;
            if (!posted.empty() && !closed) {
                schedule_posted();
            }
        }

        /// Makes the Asio timer expire no later than the first callback is due. One that expires too early, because its
        /// callback was cancelled, comes here again.
        void arm() {
            const auto next = timers.next();
            if (!next || closed || (armed_for && *armed_for <= *next)) {
                return;
            }
            armed_for = *next;
            timer.expires_at(std::chrono::ceil<std::chrono::steady_clock::duration>(*next));
            timer.async_wait([weak = this->weak_from_this()](const asio::error_code& error) {
                const auto self = weak.lock();
                if (self && !error) {
                    self->expired();
                }
            });
        }

        /// Runs what is due; what these callbacks schedule gets another turn, even when it is due already.
        void expired() {
            armed_for.reset();
            const TimePoint time = steady_now();
            try {
                for (std::size_t left = timers.size(); left-- > 0 && !closed;) {
                    Callback<void()> callback = timers.take_due(time);
                    if (!callback) {
                        break;
                    }
                    callback();
                }
            } catch (...) {
                arm();
                throw;
            }
            arm();
        }

        void close() {
            closed = true;
            timer.cancel();
            timers.clear();
            std::deque<Callback<void()>> dropped;
            const std::lock_guard lock(mutex);
            dropped.swap(posted);
        }

        Executor executor;
        TimerQueue timers;
        Timer timer;
        std::optional<TimePoint> armed_for;
        bool closed{false};
        std::mutex mutex;  ///< Guards the two below.
        std::deque<Callback<void()>> posted;
        bool posted_scheduled{false};
    };

    class OwnThread {
       public:
        OwnThread() : work_(context.get_executor()) { start(); }

        void start() {
            if (!thread_.joinable()) {
                context.restart();
                thread_ = std::thread([this] { context.run(); });
            }
        }

        void stop() {
            assert(thread_.get_id() != std::this_thread::get_id() && "a thread cannot wait for its own end");
            if (thread_.joinable()) {
                context.stop();
                thread_.join();
            }
        }

        asio::io_context context{1};

       private:
        asio::executor_work_guard<asio::io_context::executor_type> work_;
        std::thread thread_;
    };

    explicit BasicAsioClock(std::unique_ptr<OwnThread> own)
        : own_(std::move(own)), state_(std::make_shared<State>(own_->context.get_executor())) {}

    static TimePoint steady_now() noexcept {
        return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
    }

    std::unique_ptr<OwnThread>
        own_;  ///< Null on a host's executor. Before the state, whose timer needs its io_context.
    std::shared_ptr<State> state_;
};

BasicAsioClock(asio::io_context&)->BasicAsioClock<asio::io_context::executor_type>;

/// On an io_context that one thread runs.
using AsioClock = BasicAsioClock<asio::io_context::executor_type>;
/// On a strand, for an io_context or thread pool that several threads run.
using AsioStrandClock = BasicAsioClock<asio::strand<asio::io_context::executor_type>>;

static_assert(Clock<AsioClock>);
static_assert(Clock<AsioStrandClock>);

}  // namespace lattice::inline v0
