#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <lattice/transport/http/httplib.hpp>
#include <lattice/transport/http/options.hpp>
#include <lattice/transport/http/socket.hpp>

namespace lattice::inline v0::http {

/// Accepts connections and gives each a thread of its own while it lives.
///
/// httplib has a loop for this, which is not used: in the release of Debian 12 its backlog is 5, an error of accept() ends
/// it for good, `stop` before `listen` hangs for ever, and connections wait unbounded for a thread, so that a few slow
/// clients starve everybody.
///
/// Promises: as many threads as connections may be open at once, so that a connection that was taken never waits for
/// another one. Threads are made when they are first needed. At a bound, the connection that has idled for longest makes
/// room; when none idles, the new one gets `refusal` and is closed. `stop` (and the destructor) ends every connection at
/// once and joins every thread; it may be called at any time and never hangs, if `serve` returns when its socket fails.
///
/// Threads: `stop` by one thread; everything else is the listener's own.
class Listener {
   public:
    /// A taken connection, as its serving thread sees it.
    class Connection {
       public:
        [[nodiscard]] int fd() const noexcept { return fd_.get(); }
        [[nodiscard]] const RemoteAddress& remote() const noexcept { return remote_; }

        /// Says that no request is in progress. False when the connection was ended meanwhile.
        bool idle() { return mark(socket_time()); }
        /// Says that a request has begun.
        bool busy() { return mark(TimePoint::max()); }

       private:
        friend Listener;
        bool mark(TimePoint idle_since) {
            const std::lock_guard lock(listener_->mutex_);
            idle_since_ = idle_since;
            return !ended_;
        }

        Listener* listener_{nullptr};
        Fd fd_;
        RemoteAddress remote_;
        TimePoint idle_since_{TimePoint::max()};  ///< max while a request is in progress.
        bool ended_{false};
    };
    using Serve = std::function<void(Connection&)>;

    /// Takes over a listening socket. `serve` is called on a thread of the listener's for each connection, which closes when
    /// it returns; it must not throw. `refusal` is what a connection beyond the bounds gets.
    Listener(Fd socket, const HttpLimits& limits, std::string refusal, Serve serve)
        : socket_(std::move(socket)), limits_(limits), refusal_(std::move(refusal)), serve_(std::move(serve)) {
        acceptor_ = std::thread([this] { accept_all(); });
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { stop(); }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            for (Connection& connection : connections_) {
                end(connection);
            }
        }
        wake_.wake();
        work_.notify_all();
        if (acceptor_.joinable()) {
            acceptor_.join();
        }
        for (std::thread& worker : workers_) {
            worker.join();
        }
        workers_.clear();
        socket_.reset();
    }

    /// Connections open now.
    [[nodiscard]] std::size_t connections() const {
        const std::lock_guard lock(mutex_);
        return connections_.size();
    }

   private:
    using Slot = std::list<Connection>::iterator;

    void accept_all() {
        for (;;) {
            pollfd entries[2] = {{socket_.get(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
            ::poll(entries, 2, -1);
            if (is_stopping()) {
                return;
            }
            sockaddr_storage address{};
            socklen_t size = sizeof address;
            Fd fd(::accept(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size));
            if (fd) {
                prepare_socket(fd.get());
                take(std::move(fd), address);
            } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                // The process is short of something: poll would report the same connection again at once.
                pollfd stopped{wake_.fd(), POLLIN, 0};
                ::poll(&stopped, 1, 10);
            }
        }
    }

    bool is_stopping() const {
        const std::lock_guard lock(mutex_);
        return stopping_;
    }

    void take(Fd fd, const sockaddr_storage& address) {
        auto [ip, port] = text_of(address);
        const std::lock_guard lock(mutex_);
        if (stopping_ || !has_room(ip)) {
            [[maybe_unused]] const auto sent = ::send(fd.get(), refusal_.data(), refusal_.size(), MSG_NOSIGNAL);
            return;
        }
        Connection& connection = connections_.emplace_back();
        connection.listener_ = this;
        connection.fd_ = std::move(fd);
        connection.remote_ = {std::move(ip), port};
        waiting_.push_back(std::prev(connections_.end()));
        if (waiting_.size() > idle_workers_ && !add_worker()) {
            waiting_.pop_back();
            connections_.pop_back();
            return;
        }
        work_.notify_one();
    }

    /// Whether one more connection from `ip` is within the bounds, if need be after ending an idle one. The one that was
    /// ended counts until its thread has let go of it, so the bounds may be exceeded by it for a moment.
    bool has_room(const std::string& ip) {
        const bool loopback = ip == "::1" || ip.starts_with("127.");
        const std::size_t per_address = loopback ? limits_.connections_from_loopback : limits_.connections_per_address;
        std::size_t total = 0;
        std::size_t from_address = 0;
        for (const Connection& connection : connections_) {
            total += connection.ended_ ? 0 : 1;
            from_address += !connection.ended_ && connection.remote_.ip == ip ? 1 : 0;
        }
        if (connections_.size() >= 2 * limits_.connections_max) {
            return false;
        }
        if (from_address >= per_address) {
            return end_idlest(&ip);
        }
        return total < limits_.connections_max || end_idlest(nullptr);
    }

    bool end_idlest(const std::string* ip) {
        Connection* idlest = nullptr;
        for (Connection& connection : connections_) {
            const bool candidate = !connection.ended_ && connection.idle_since_ != TimePoint::max() &&
                                   (ip == nullptr || connection.remote_.ip == *ip);
            if (candidate && (idlest == nullptr || connection.idle_since_ < idlest->idle_since_)) {
                idlest = &connection;
            }
        }
        if (idlest != nullptr) {
            end(*idlest);
        }
        return idlest != nullptr;
    }

    static void end(Connection& connection) {
        connection.ended_ = true;
        ::shutdown(connection.fd_.get(), SHUT_RDWR);
    }

    bool add_worker() {
        try {
            workers_.emplace_back([this] { work(); });
            return true;
        } catch (const std::system_error&) {
            return false;  // no more threads to be had: the connection is closed, the others live on
        }
    }

    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            ++idle_workers_;
            work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            --idle_workers_;
            if (waiting_.empty()) {
                return;
            }
            const Slot slot = waiting_.front();
            waiting_.pop_front();
            lock.unlock();
            serve_(*slot);
            lock.lock();
            connections_.erase(slot);
        }
    }

    Fd socket_;
    const HttpLimits& limits_;
    std::string refusal_;
    Serve serve_;
    WakePipe wake_;
    std::thread acceptor_;

    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::list<Connection> connections_;
    std::deque<Slot> waiting_;          ///< Taken, and not yet picked up by a thread.
    std::vector<std::thread> workers_;  ///< Changed by the acceptor's thread only, until it has ended.
    std::size_t idle_workers_{0};
    bool stopping_{false};
};

}  // namespace lattice::inline v0::http
