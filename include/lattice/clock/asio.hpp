#pragma once

#include <atomic>
#include <cassert>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
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

/// Which threads run the callbacks of a clock with its own thread.
enum class CallbackThreads : std::uint8_t {
    own,      ///< That one. The host's sockets and timers on the clock's executor share it.
    callers,  ///< Also those that call `dispatch`, one at a time. Then nothing else may use the clock's executor.
};

/// A Clock on an Asio executor: the protocol lives where the host's own handlers live, and needs no lock between them.
///
/// However many callbacks are pending, it keeps one Asio timer; cancelling a callback, or scheduling one that is not the
/// next, does not touch it. Posted callbacks are handed over in batches. Exceptions that leave a callback leave
/// `io_context::run`, as those of Asio's handlers do; the callbacks after it are not lost.
///
/// Ownership: the clock does not keep the io_context running (it is not work, but a pending timer is), and the io_context
/// outlives it. Stopping and restarting the io_context delays callbacks and loses none.
/// Threads: `post`, `dispatch` and `on_executor` from any; construction and destruction on the executor or while nothing runs
/// it.
template <SerialAsioExecutor Executor>
class BasicAsioClock {
   public:
    using executor_type = Executor;

    /// On the host's executor.
    explicit BasicAsioClock(Executor executor)
        : state_(std::make_shared<State>(std::move(executor), CallbackThreads::own)) {}

    /// On the host's io_context, which one thread runs. For more, give a strand: `BasicAsioClock{asio::make_strand(io)}`.
    explicit BasicAsioClock(asio::io_context& context) requires std::same_as<Executor, asio::io_context::executor_type>
        : BasicAsioClock(context.get_executor()) {}

    /// With an io_context of its own and a thread that runs it, started here; both end with the clock. An exception that
    /// leaves a callback ends the program. May be destroyed on any thread but its own, and not within a callback.
    static BasicAsioClock with_own_thread(CallbackThreads threads = CallbackThreads::own) requires
        std::same_as<Executor, asio::io_context::executor_type> {
        return BasicAsioClock(std::make_unique<OwnThread>(), threads);
    }

    BasicAsioClock(const BasicAsioClock&) = delete;
    BasicAsioClock& operator=(const BasicAsioClock&) = delete;

    ~BasicAsioClock() {
        if (own_ != nullptr) {
            stop();
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

    /// As `post`; but with CallbackThreads::callers, when nothing runs, this thread runs the callback within the call, and
    /// whatever else is posted: a thread that is going to wait for the callback spares two switches of threads, which take
    /// far longer than a callback. Not while holding a lock that a callback may want.
    void dispatch(Callback<void()> callback) { state_->dispatch(std::move(callback)); }

    [[nodiscard]] bool on_executor() const { return state_->on_executor(); }

    /// Where callbacks run: sockets and timers of the host's that are made with it share the protocol's thread.
    [[nodiscard]] const Executor& executor() const noexcept { return state_->executor; }

    /// Only for a clock with its own thread: ends the thread after the callback that it is in, and waits for that. What
    /// is pending stays so. Not from within a callback. Stopping twice is no error.
    void stop() {
        assert(own_ != nullptr && "the host runs this clock's io_context");
        state_->lend(false);
        own_->stop();
        state_->wait_for_callers();
    }

    /// Only for a clock with its own thread: runs it again after `stop`. Starting twice is no error.
    void start() {
        assert(own_ != nullptr && "the host runs this clock's io_context");
        state_->lend(true);
        own_->start();
    }

   private:
    using Timer =
        asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

    /// What Asio's handlers refer to, weakly: those that Asio still holds when the clock is gone do nothing.
    struct State : std::enable_shared_from_this<State> {
        State(Executor on, CallbackThreads threads)
            : executor(std::move(on)), timer(executor), shared(threads == CallbackThreads::callers), lends(shared) {}

        [[nodiscard]] bool on_executor() const {
            return shared ? runner.load(std::memory_order_relaxed) == std::this_thread::get_id()
                          : executor.running_in_this_thread();
        }

        void post(Callback<void()> callback) {
            const std::lock_guard lock(mutex);
            posted.push_back(std::move(callback));
            schedule_posted();
        }

        void dispatch(Callback<void()> callback) {
            {
                const std::lock_guard lock(mutex);
                posted.push_back(std::move(callback));
                if (!lends || running) {
                    return schedule_posted();
                }
                take_turn();
            }
            run_lent();
        }

        /// The mutex is held.
        void schedule_posted() {
            if (posted_scheduled || running) {
                return;  // whoever runs callbacks looks again when it is done
            }
            posted_scheduled = true;
            asio::post(executor, guarded(&State::run_posted));
        }

        /// What it runs may throw only to end the program, as on the clock's own thread. Others who call meanwhile leave
        /// their callbacks to this thread, for some rounds: each spares them the switches. Timers too, or callers who take
        /// turns all the time would starve them.
        void run_lent() noexcept {
            constexpr int rounds_max = 8;
            for (int round = 0; round < rounds_max && posted_size() != 0; ++round) {
                run_posted_so_far();
                if (take_timers_due()) {
                    run_timers();
                }
            }
            end_turn();
        }

        bool take_timers_due() {
            const std::lock_guard lock(mutex);
            return std::exchange(timers_due, false);
        }

        /// Runs what was posted up to now; what these callbacks post gets another turn, after other work of the executor.
        void run_posted() {
            {
                const std::lock_guard lock(mutex);
                posted_scheduled = false;
                if (shared && running) {
                    return;
                }
                take_turn();
            }
            try {
                run_posted_so_far();
            } catch (...) {
                end_turn();
                throw;
            }
            end_turn();
        }

        void run_posted_so_far() {
            for (std::size_t left = posted_size(); left-- > 0 && !closed;) {
                take_posted()();
            }
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

        /// One thread at a time has the turn to run callbacks. On an executor that is not shared Asio sees to that; else
        /// whoever finds the turn taken leaves its work to the one that has it. So nobody waits. The mutex is held.
        void take_turn() {
            running = true;
            runner.store(std::this_thread::get_id(), std::memory_order_relaxed);
        }

        void end_turn() {
            const std::lock_guard lock(mutex);
            running = false;
            runner.store(std::thread::id(), std::memory_order_relaxed);
            if (closed) {
                return;
            }
            if (!posted.empty()) {
                schedule_posted();
            }
            if (std::exchange(timers_due, false)) {
                asio::post(executor, guarded(&State::expired));
            }
            if (!lends) {
                turn_ended.notify_all();
            }
        }

        /// Whether threads that dispatch may run callbacks from now on.
        void lend(bool on) {
            const std::lock_guard lock(mutex);
            lends = shared && on;
        }

        void wait_for_callers() {
            std::unique_lock lock(mutex);
            turn_ended.wait(lock, [this] { return !running; });
        }

        /// A handler for Asio that does nothing once the clock is gone.
        auto guarded(void (State::*member)()) {
            return [weak = this->weak_from_this(), member] {
                if (const auto self = weak.lock()) {
                    (*self.*member)();
                }
            };
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

        /// Runs what is due, or leaves it to the one that has the turn.
        void expired() {
            {
                const std::lock_guard lock(mutex);
                timers_due = shared && running;
                if (timers_due) {
                    return;
                }
                take_turn();
            }
            try {
                run_timers();
            } catch (...) {
                arm();
                end_turn();
                throw;
            }
            end_turn();
        }

        void run_timers() {
            armed_for.reset();
            run_due(steady_now());
            arm();
        }

        /// What these callbacks schedule gets another turn, even when it is due already.
        void run_due(TimePoint time) {
            for (std::size_t left = timers.size(); left-- > 0 && !closed;) {
                Callback<void()> callback = timers.take_due(time);
                if (!callback) {
                    break;
                }
                callback();
            }
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
        const bool shared;  ///< Callers may run callbacks.
        std::atomic<std::thread::id>
            runner{};      ///< Who has the turn; read by others only to compare it with themselves.
        std::mutex mutex;  ///< Guards what follows.
        std::deque<Callback<void()>> posted;
        bool posted_scheduled{false};
        bool running{false};
        bool lends;
        bool timers_due{false};
        std::condition_variable turn_ended;
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

    BasicAsioClock(std::unique_ptr<OwnThread> own, CallbackThreads threads)
        : own_(std::move(own)), state_(std::make_shared<State>(own_->context.get_executor(), threads)) {}

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

static_assert(DispatchingClock<AsioClock>);
static_assert(DispatchingClock<AsioStrandClock>);

}  // namespace lattice::inline v0
