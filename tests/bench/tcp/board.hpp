/// What the processes of one measurement share: ports, commands, counters, and when each message left and arrived.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <new>
#include <stdexcept>
#include <vector>

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lattice_bench {

inline constexpr std::size_t nodes_max = 64;
inline constexpr std::size_t timed_messages_max = 1U << 17U;

enum class Command : std::uint32_t { idle, flood, paced, overload, quit };

/// The monotonic clock, which all processes of a machine share.
inline std::uint64_t nanoseconds() {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

struct alignas(64) NodeCounters {
    std::atomic<std::uint64_t> delivered;
    std::atomic<std::uint64_t> bytes_sent;  ///< On sockets.
    std::atomic<std::uint64_t> queued_max;  ///< Bytes in send queues, the most seen.
    std::atomic<std::uint64_t> published;
    std::atomic<std::uint64_t> told_busy;  ///< Broadcasts of which the host was told that not every peer had room.
};

struct Board {
    std::atomic<Command> command;
    std::atomic<std::uint64_t> offered_per_second;  ///< By a publisher that is told to overload.
    std::atomic<std::uint32_t> ready;
    std::atomic<std::uint32_t> connected;
    std::atomic<std::uint16_t> ports[nodes_max];
    NodeCounters nodes[nodes_max];
    /// Of timed messages, by number: when published, when the last node had it, how many have it.
    std::uint64_t published_at[timed_messages_max];
    std::atomic<std::uint64_t> last_at[timed_messages_max];
    std::atomic<std::uint32_t> timed_count;

    /// A node has the timed message.
    void arrived(std::uint64_t number) {
        const std::uint64_t now = nanoseconds();
        auto& last = last_at[number];
        std::uint64_t before = last.load(std::memory_order_relaxed);
        while (before < now && !last.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
        }
    }
};

/// The board in memory that forked processes share.
class SharedBoard {
   public:
    SharedBoard() {
        void* at = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) {
            throw std::bad_alloc();
        }
        board_ = new (at) Board{};
    }
    ~SharedBoard() { ::munmap(board_, sizeof(Board)); }
    SharedBoard(const SharedBoard&) = delete;
    SharedBoard& operator=(const SharedBoard&) = delete;

    Board& operator*() const { return *board_; }
    Board* operator->() const { return board_; }

   private:
    Board* board_;
};

/// Processes that this one started; they are gone when it goes.
class Processes {
   public:
    Processes() = default;
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;
    ~Processes() {
        for (const pid_t pid : pids_) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }

    template <typename Body>
    void start(Body body) {
        const pid_t pid = ::fork();
        if (pid < 0) {
            throw std::runtime_error("fork");
        }
        if (pid == 0) {
            body();
            ::_exit(0);
        }
        pids_.push_back(pid);
    }

    /// Processor time of all of them so far, seconds.
    [[nodiscard]] double cpu_seconds() const {
        double sum = 0;
        for (const pid_t pid : pids_) {
            clockid_t clock{};
            timespec time{};
            if (::clock_getcpuclockid(pid, &clock) == 0 && ::clock_gettime(clock, &time) == 0) {
                sum += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
            }
        }
        return sum;
    }

    [[nodiscard]] const std::vector<pid_t>& pids() const { return pids_; }

   private:
    std::vector<pid_t> pids_;
};

/// Lets the measured processes run.
inline void pause(std::chrono::milliseconds time) { ::poll(nullptr, 0, static_cast<int>(time.count())); }

/// Waits for what other processes do; false when it takes too long.
template <typename Condition>
bool wait_for(Condition condition, std::chrono::seconds limit = std::chrono::seconds{30}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        pause(std::chrono::milliseconds{1});
    }
    return true;
}

}  // namespace lattice_bench
