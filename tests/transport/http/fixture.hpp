#pragma once

/// What the tests of the HTTP transport share: an executor with a thread of its own, a node whose protocol the test plays,
/// and raw sockets to say what no well-behaved client would.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lattice/transport/http.hpp>

namespace lattice_test {

using namespace lattice;
using namespace std::chrono_literals;

inline Message make_message(std::string_view payload = R"({"n":1})", std::string_view origin = "origin") {
    MessageFields fields;
    fields.type = "proof";
    fields.origin = origin;
    fields.payload = as_bytes(payload);
    fields.timestamp = WallTime(std::chrono::seconds(1'700'000'000));
    return Message::compose(fields);
}

/// Runs what is posted, in order, on one thread of its own.
class ThreadExecutor {
   public:
    ThreadExecutor() : thread_([this] { run(); }) {}
    ~ThreadExecutor() { stop(); }

    void post(Callback<void()> job) {
        {
            const std::lock_guard lock(mutex_);
            jobs_.push_back(std::move(job));
        }
        changed_.notify_one();
    }

    /// Runs `job` on the executor and waits for it.
    void run_and_wait(std::function<void()> job) {
        std::mutex mutex;
        std::condition_variable done;
        bool finished = false;
        post([&] {
            job();
            const std::lock_guard lock(mutex);
            finished = true;
            done.notify_one();
        });
        std::unique_lock lock(mutex);
        done.wait(lock, [&] { return finished; });
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_one();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

   private:
    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
            if (jobs_.empty()) {
                return;
            }
            Callback<void()> job = std::move(jobs_.front());
            jobs_.pop_front();
            lock.unlock();
            job();
            job = nullptr;
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Callback<void()>> jobs_;
    bool stopping_{false};
    std::thread thread_;
};

inline HttpOptions options_named(std::string id) {
    HttpOptions options;
    options.node_id = std::move(id);
    return options;
}

/// A transport whose protocol is the test: it records what comes and answers as told.
class Node {
   public:
    struct Arrival {
        Peer from;
        Frame frame;
    };

    explicit Node(HttpOptions options)
        : transport([this](Callback<void()> job) { executor.post(std::move(job)); }, std::move(options)) {
        on_frame = [](Node&, const Peer&, const Frame&) { return Receipt{}; };
        open();
    }
    explicit Node(std::string id) : Node(options_named(std::move(id))) {}
    ~Node() {
        close();
        executor.stop();  // what it still has to do must not meet the destruction of the transport
    }

    void open() {
        executor.run_and_wait([this] {
            transport.open({[this](const Peer& from, Frame frame) { return receive(from, std::move(frame)); },
                            [this](const Peer& peer) { note_failure(peer); }});
        });
    }
    void close() {
        executor.run_and_wait([this] { transport.close(); });
    }

    SendStatus send(const Frame& frame, const Peer& to) {
        SendStatus status{};
        executor.run_and_wait([&] { status = send_now(frame, to); });
        return status;
    }

    /// On the executor: from within `on_frame`.
    SendStatus send_now(const Frame& frame, const Peer& to) {
        SendStatus status{};
        transport.send(frame, std::span(&to, 1), std::span(&status, 1));
        return status;
    }

    [[nodiscard]] Peer peer(std::string id) const { return Peer(std::move(id), transport.address()); }

    /// Waits until so many frames have come in all.
    bool wait_for_frames(std::size_t count) {
        return wait_until([&] { return arrivals.size() >= count; });
    }
    bool wait_for_failures(std::size_t count) {
        return wait_until([&] { return failures.size() >= count; });
    }
    template <typename Condition>
    bool wait_until(Condition condition) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, 20s, condition);
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Arrival> arrivals;
    std::vector<Peer> failures;
    /// Plays the protocol; on the executor. Set it while nothing is under way.
    std::function<Receipt(Node&, const Peer&, const Frame&)> on_frame;

    ThreadExecutor executor;
    HttpTransport transport;

   private:
    Receipt receive(const Peer& from, Frame frame) {
        const Receipt receipt = on_frame(*this, from, frame);
        const std::lock_guard lock(mutex);
        arrivals.push_back({from, std::move(frame)});
        changed.notify_all();
        return receipt;
    }
    void note_failure(const Peer& peer) {
        const std::lock_guard lock(mutex);
        failures.push_back(peer);
        changed.notify_all();
    }
};

/// A connection without any manners.
class RawSocket {
   public:
    explicit RawSocket(std::uint16_t port) : fd_(http::connect_to("127.0.0.1", port, http::socket_time() + 5s)) {}

    /// False once the other side has closed or does not take it in time.
    bool send(std::string_view text, std::chrono::milliseconds patience = 5s) {
        const TimePoint deadline = http::socket_time() + patience;
        while (!text.empty()) {
            const ssize_t n = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
            if (n > 0) {
                text.remove_prefix(static_cast<std::size_t>(n));
            } else if (!(errno == EAGAIN && http::wait_for(fd_.get(), POLLOUT, deadline))) {
                return false;
            }
        }
        return true;
    }

    /// Everything until the other side closes; at most `most` bytes.
    std::string read_all(std::size_t most = 1U << 20U) {
        std::string text;
        char buffer[4096];
        while (text.size() < most && http::wait_for(fd_.get(), POLLIN, http::socket_time() + 20s)) {
            const ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
            if (n <= 0) {
                break;
            }
            text.append(buffer, static_cast<std::size_t>(n));
        }
        return text;
    }

    /// One answer with a Content-Length.
    std::string read_answer() {
        std::string text;
        char byte{};
        std::size_t wanted = std::string::npos;
        while (text.size() < wanted && http::wait_for(fd_.get(), POLLIN, http::socket_time() + 20s)) {
            if (::recv(fd_.get(), &byte, 1, 0) != 1) {
                break;
            }
            text += byte;
            if (wanted == std::string::npos && text.ends_with("\r\n\r\n")) {
                const auto at = text.find("Content-Length: ");
                wanted = text.size() + (at == std::string::npos ? 0 : std::stoul(text.substr(at + 16)));
            }
        }
        return text;
    }

    /// Whether the other side closes within the patience of the test.
    bool is_closed() {
        char byte{};
        while (http::wait_for(fd_.get(), POLLIN, http::socket_time() + 20s)) {
            if (::recv(fd_.get(), &byte, 1, 0) <= 0) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] int fd() const { return fd_.get(); }
    void close() { fd_.reset(); }

   private:
    http::Fd fd_;
};

/// The status in an answer's first line; 0 when there is none.
inline int status_of(std::string_view answer) {
    return answer.starts_with("HTTP/1.1 ") ? std::atoi(std::string(answer.substr(9, 3)).c_str()) : 0;
}

}  // namespace lattice_test
