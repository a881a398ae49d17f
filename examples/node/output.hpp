#pragma once

#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <poll.h>
#include <unistd.h>

/// Lines to a descriptor, each written as soon as it can be, by a thread of its own: whoever reads them slowly does not hold
/// up the node. Beyond 64 MiB unread, `add` waits.
class LineOutput {
   public:
    explicit LineOutput(int descriptor) : descriptor_(descriptor), thread_([this] { write_all(); }) {}
    LineOutput(const LineOutput&) = delete;
    LineOutput& operator=(const LineOutput&) = delete;

    /// Gives what is left a second to be read.
    ~LineOutput() {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    /// Any thread.
    void add(std::string_view line) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return pending_.size() < pending_max || broken_; });
        if (!broken_) {
            pending_.append(line).push_back('\n');
        }
        lock.unlock();
        changed_.notify_all();
    }

   private:
    static constexpr std::size_t pending_max = std::size_t{64} << 20U;
    static constexpr std::chrono::seconds patience_at_end{1};

    void write_all() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return ending_ || !pending_.empty(); });
            if (pending_.empty()) {
                return;
            }
            const std::string batch = std::exchange(pending_, {});
            lock.unlock();
            changed_.notify_all();
            const bool written = write(batch);
            lock.lock();
            if (!written) {
                broken_ = true;
                pending_.clear();
                changed_.notify_all();
                return;
            }
        }
    }

    /// False when the reader is gone, or has not read in time at the end.
    bool write(std::string_view text) {
        while (!text.empty()) {
            if (!wait_for_room()) {
                return false;
            }
            const ssize_t count = ::write(descriptor_, text.data(), text.size() < PIPE_BUF ? text.size() : PIPE_BUF);
            if (count > 0) {
                text.remove_prefix(static_cast<std::size_t>(count));
            } else if (errno != EINTR && errno != EAGAIN) {
                std::fprintf(stderr, "lattice-node: standard output is closed\n");
                return false;
            }
        }
        return true;
    }

    bool wait_for_room() {
        constexpr int glance = 100;  // milliseconds between looks at whether it ends
        pollfd ready{descriptor_, POLLOUT, 0};
        auto deadline = std::chrono::steady_clock::time_point::max();
        while (::poll(&ready, 1, glance) <= 0) {
            const std::lock_guard lock(mutex_);
            const auto now = std::chrono::steady_clock::now();
            if (ending_ && deadline == std::chrono::steady_clock::time_point::max()) {
                deadline = now + patience_at_end;
            }
            if (now >= deadline) {
                return false;
            }
        }
        return true;
    }

    int descriptor_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::string pending_;
    bool ending_{false};
    bool broken_{false};  ///< Nobody reads any more: what is added goes nowhere.
    std::thread thread_;
};
