/// The least that moves the same bytes: one process with epoll and writev to each of the others, which read and count.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/tcp/board.hpp"
#include "bench/tcp/cluster.hpp"

namespace lattice_bench {

inline int require(int result) {
    if (result < 0) {
        throw std::runtime_error(std::strerror(errno));
    }
    return result;
}

inline void no_delay(int fd) {
    const int on = 1;
    require(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

/// A message is a length (4), a number (8) and filling, all of it `size` bytes.
class FloorReceiver {
   public:
    FloorReceiver(Board& board, std::size_t index, std::size_t size) : board_(board), index_(index), size_(size) {}

    void run() {
        const int listener = require(::socket(AF_INET, SOCK_STREAM, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        require(::bind(listener, reinterpret_cast<sockaddr*>(&address), length));
        require(::listen(listener, 1));
        require(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length));
        board_.ports[index_] = ntohs(address.sin_port);
        ++board_.ready;
        const int fd = require(::accept(listener, nullptr, nullptr));
        const int epoll = require(::epoll_create1(0));
        epoll_event event{EPOLLIN, {}};
        require(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
        std::vector<std::byte> buffer(64U << 10U);
        std::size_t left = 0;
        while (::epoll_wait(epoll, &event, 1, -1) > 0) {
            const ssize_t n = ::recv(fd, buffer.data() + left, buffer.size() - left, MSG_DONTWAIT);
            if (n == 0) {
                return;
            }
            left = n < 0 ? left : take(buffer, left + static_cast<std::size_t>(n));
        }
    }

   private:
    std::size_t take(std::vector<std::byte>& buffer, std::size_t filled) {
        std::size_t at = 0;
        std::uint64_t count = 0;
        for (; filled - at >= size_; at += size_, ++count) {
            std::uint64_t number = 0;
            std::memcpy(&number, buffer.data() + at + 4, sizeof number);
            if (number != 0) {
                board_.arrived(number - 1);
            }
        }
        std::memmove(buffer.data(), buffer.data() + at, filled - at);
        board_.nodes[index_].delivered.fetch_add(count, std::memory_order_relaxed);
        return filled - at;
    }

    Board& board_;
    std::size_t index_;
    std::size_t size_;
};

class FloorSender {
   public:
    FloorSender(Board& board, std::size_t receivers, std::size_t size)
        : board_(board), receivers_(receivers), message_(size), sent_(receivers) {
        for (iovec& part : batch_) {
            part = {message_.data(), message_.size()};
        }
    }

    void run() {
        if (!wait_for([&] { return board_.ready == receivers_; })) {
            return;
        }
        epoll_ = require(::epoll_create1(0));
        for (std::size_t i = 1; i <= receivers_; ++i) {
            const int fd = require(::socket(AF_INET, SOCK_STREAM, 0));
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            address.sin_port = htons(board_.ports[i]);
            require(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
            no_delay(fd);
            epoll_event event{EPOLLOUT, {}};
            event.data.u64 = fds_.size();
            require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event));
            fds_.push_back(fd);
        }
        board_.connected = static_cast<std::uint32_t>(receivers_);
        for (;;) {
            switch (board_.command) {
                case Command::flood:
                    flood();
                    break;
                case Command::paced:
                    pace();
                    break;
                case Command::quit:
                    return;
                default:
                    pause(std::chrono::milliseconds{1});
            }
        }
    }

   private:
    void flood() {
        const std::uint64_t none = 0;
        std::memcpy(message_.data() + 4, &none, sizeof none);
        epoll_event events[nodes_max];
        const int ready = ::epoll_wait(epoll_, events, nodes_max, 1);
        for (int i = 0; i < ready; ++i) {
            const std::size_t to = events[i].data.u64;
            const std::size_t offset = sent_[to] % message_.size();
            batch_[0] = {message_.data() + offset, message_.size() - offset};
            const ssize_t n = ::writev(fds_[to], batch_, burst);
            sent_[to] += n > 0 ? static_cast<std::size_t>(n) : 0;
        }
    }

    /// Each message to every receiver at its time; sleeps in between as an event loop does.
    void pace() {
        for (const int fd : fds_) {
            finish(fd);
        }
        std::uint64_t next = nanoseconds();
        for (std::uint64_t number = 0; number < timed_messages_max && board_.command == Command::paced;) {
            const std::uint64_t now = nanoseconds();
            if (now < next) {
                timespec wait{0, static_cast<long>(next - now)};
                ::nanosleep(&wait, nullptr);
                continue;
            }
            board_.published_at[number] = nanoseconds();
            ++number;
            std::memcpy(message_.data() + 4, &number, sizeof number);
            for (const int fd : fds_) {
                if (::send(fd, message_.data(), message_.size(), 0) < 0) {
                    throw std::runtime_error("send");
                }
            }
            board_.timed_count = static_cast<std::uint32_t>(number);
            next += 500'000;
        }
    }

    /// Ends the message that the flood left half sent.
    void finish(int fd) {
        for (std::size_t i = 0; i < fds_.size(); ++i) {
            const std::size_t offset = sent_[i] % message_.size();
            if (fds_[i] == fd && offset != 0) {
                sent_[i] += static_cast<std::size_t>(
                    require(static_cast<int>(::send(fd, message_.data() + offset, message_.size() - offset, 0))));
            }
        }
    }

    Board& board_;
    std::size_t receivers_;
    std::vector<std::byte> message_;
    std::vector<std::size_t> sent_;
    std::vector<int> fds_;
    iovec batch_[burst];
    int epoll_{-1};
};

inline void start_floor(Processes& processes, Board& board, std::size_t receivers, std::size_t size) {
    for (std::size_t i = 1; i <= receivers; ++i) {
        processes.start([&board, i, size] { FloorReceiver(board, i, size).run(); });
    }
    processes.start([&board, receivers, size] { FloorSender(board, receivers, size).run(); });
}

}  // namespace lattice_bench
