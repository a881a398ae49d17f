#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lattice/core/time.hpp>

/// POSIX sockets as far as HTTP needs them: never blocking without a deadline, and without select(), which httplib uses
/// and which fails beyond 1,024 open files.
namespace lattice::inline v0::http {

/// Owns a file descriptor.
class Fd {
   public:
    Fd() noexcept = default;
    explicit Fd(int fd) noexcept : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept {
        reset(std::exchange(other.fd_, -1));
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    [[nodiscard]] int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

    void reset(int fd = -1) noexcept {
        if (fd_ >= 0) {
            ::close(fd_);
        }
        fd_ = fd;
    }

   private:
    int fd_{-1};
};

/// The moment; deadlines of sockets are in real time, whatever clock the protocol runs on.
inline TimePoint socket_time() noexcept { return std::chrono::steady_clock::now(); }

/// Waits until one of `events` holds. Also true on errors and hang-ups: the next call tells them. False when the deadline
/// passes first, or `abort_fd` (if there is one) becomes readable.
inline bool wait_for(int fd, short events, TimePoint deadline, int abort_fd = -1) noexcept {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - socket_time()).count();
        if (left <= 0) {
            return false;
        }
        pollfd entries[2] = {{fd, events, 0}, {abort_fd, POLLIN, 0}};
        const int ready = ::poll(entries, 2, left > 3'600'000 ? 3'600'000 : static_cast<int>(left));
        if (ready > 0) {
            return entries[1].revents == 0;
        }
        if (ready < 0 && errno != EINTR) {
            return false;
        }
    }
}

/// Makes a socket fit for our use: not blocking, closed on exec, small writes sent at once. Without TCP_NODELAY a request
/// on a kept connection takes 40 to 90 ms: Nagle's algorithm waits for the peer's delayed acknowledgement.
inline void prepare_socket(int fd) noexcept {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// The results of one name look-up. The look-up itself blocks for as long as the system's resolver does.
class Addresses {
   public:
    Addresses(const std::string& host, std::uint16_t port, int flags) {
        addrinfo hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = flags | AI_NUMERICSERV;
        addrinfo* found = nullptr;
        if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0) {
            found_.reset(found);
        }
    }
    [[nodiscard]] const addrinfo* first() const noexcept { return found_.get(); }

   private:
    struct Free {
        void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
    };
    std::unique_ptr<addrinfo, Free> found_;
};

/// Connects to the first address of `host` that answers before the deadline (see `wait_for`). Empty when none does.
inline Fd connect_to(const std::string& host, std::uint16_t port, TimePoint deadline, int abort_fd = -1) {
    const Addresses addresses(host, port, 0);
    for (const addrinfo* at = addresses.first(); at != nullptr; at = at->ai_next) {
        Fd fd(::socket(at->ai_family, at->ai_socktype, at->ai_protocol));
        if (!fd) {
            continue;
        }
        prepare_socket(fd.get());
        if (::connect(fd.get(), at->ai_addr, at->ai_addrlen) == 0) {
            return fd;
        }
        if (errno != EINPROGRESS || !wait_for(fd.get(), POLLOUT, deadline, abort_fd)) {
            continue;
        }
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
            return fd;
        }
    }
    return Fd();
}

/// Listens at `host`:`port`; 0 takes a free port. Empty when the address cannot be had; errno then says why.
inline Fd listen_at(const std::string& host, std::uint16_t port) {
    const Addresses addresses(host, port, AI_PASSIVE);
    for (const addrinfo* at = addresses.first(); at != nullptr; at = at->ai_next) {
        Fd fd(::socket(at->ai_family, at->ai_socktype, at->ai_protocol));
        if (!fd) {
            continue;
        }
        prepare_socket(fd.get());
        const int on = 1;
        ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (::bind(fd.get(), at->ai_addr, at->ai_addrlen) == 0 && ::listen(fd.get(), SOMAXCONN) == 0) {
            return fd;
        }
    }
    return Fd();
}

/// The port that a listening socket has.
inline std::uint16_t port_of(int fd) noexcept {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return 0;
    }
    const in_port_t port = address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                                         : reinterpret_cast<sockaddr_in*>(&address)->sin_port;
    return ntohs(port);
}

/// The address as text and its port, from what accept() gave. IPv4 seen through an IPv6 socket is shown as IPv4, so that
/// one host has one name.
inline std::pair<std::string, int> text_of(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        return {text, ntohs(v4.sin_port)};
    }
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    } else {
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
    return {text, ntohs(v6.sin6_port)};
}

/// Wakes a thread that waits in poll(): readable once `wake` was called.
class WakePipe {
   public:
    WakePipe() {
        int ends[2] = {-1, -1};
        if (::pipe(ends) == 0) {
            read_.reset(ends[0]);
            write_.reset(ends[1]);
        }
    }
    void wake() noexcept {
        const char byte = 0;
        [[maybe_unused]] const auto written = ::write(write_.get(), &byte, 1);
    }
    [[nodiscard]] int fd() const noexcept { return read_.get(); }

   private:
    Fd read_;
    Fd write_;
};

}  // namespace lattice::inline v0::http
