#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

#include <lattice/transport/http/httplib.hpp>
#include <lattice/transport/http/socket.hpp>

namespace lattice::inline v0::http {

/// The stream through which httplib sees a socket, on both sides of the library.
///
/// Problem: httplib limits the time of each read, not of all reads together, and in the release that Debian 12 ships it
/// limits neither the length of a line nor the number of headers nor a chunked body; 64 clients that send a byte a second
/// stop a server, and an endless line fills the memory.
///
/// Promise: one absolute deadline and one byte budget hold for whatever is read; when either ends, reads fail and httplib
/// gives up. The head of a message is taken from the network whole and within its own bound, before httplib sees a byte
/// of it. Writes are gathered and sent by `flush`: a head and a body are one segment, and one system call.
///
/// One thread. It does not own the socket, which must not block.
class BoundedStream : public httplib::Stream {
   public:
    explicit BoundedStream(int fd, RemoteAddress remote = {}) : fd_(fd), remote_(std::move(remote)) {}

    /// Reads and writes fail from then on.
    void set_deadline(TimePoint deadline) noexcept { deadline_ = deadline; }
    /// They fail also once this descriptor becomes readable.
    void set_abort(int fd) noexcept { abort_fd_ = fd; }

    /// The first read takes a whole head first, of at most `head_max` bytes, and fails when it is longer. Behind it at most
    /// `body_budget` bytes may be read. For answers; a server calls `read_head` itself.
    void expect_answer(std::size_t head_max, std::size_t body_budget) noexcept {
        head_max_ = head_max;
        budget_ = body_budget;
        awaits_head_ = true;
    }

    enum class Head : std::uint8_t {
        complete,
        closed,  ///< The peer ended before the first byte.
        cut,     ///< The peer ended, or the connection broke, in the middle.
        too_long,
        timed_out,
    };

    /// Takes bytes until the blank line that ends a head. They stay in the buffer for httplib to read; `head()` shows them.
    Head read_head(std::size_t head_max) {
        std::size_t scanned = start_;
        for (;;) {
            const std::string_view text(buffer_.data() + scanned, end_ - scanned);
            if (const std::size_t blank = text.find("\r\n\r\n"); blank != std::string_view::npos) {
                head_end_ = scanned + blank + 4;
                return head_end_ - start_ > head_max ? Head::too_long : Head::complete;
            }
            if (end_ - start_ >= head_max) {
                return Head::too_long;
            }
            scanned = end_ - start_ < 3 ? start_ : end_ - 3;
            const std::size_t before = start_;
            const ssize_t got = fill();
            scanned -= before - start_;
            if (got <= 0) {
                return timed_out_ ? Head::timed_out : (end_ == start_ && got == 0 ? Head::closed : Head::cut);
            }
        }
    }

    /// What is read next is the body: the head is known.
    void skip_head() noexcept { start_ = head_end_ > start_ ? head_end_ : start_; }

    /// The head that `read_head` took, its blank line included.
    [[nodiscard]] std::string_view head() const noexcept { return {buffer_.data() + start_, head_end_ - start_}; }

    /// How much may be read behind what is already known to be the head.
    void allow_body(std::size_t bytes) noexcept { budget_ = bytes; }
    /// Bytes of the allowance that nobody read.
    [[nodiscard]] std::size_t body_left() const noexcept { return budget_; }

    /// Reads the rest of the allowance into `body`. False when it did not all arrive in time.
    bool read_body(std::string& body) {
        body.resize(budget_);
        std::size_t filled = 0;
        while (filled < body.size()) {
            const ssize_t got = read(body.data() + filled, body.size() - filled);
            if (got <= 0) {
                return false;
            }
            filled += static_cast<std::size_t>(got);
        }
        return true;
    }

    /// Sends what was written. False when it could not all be sent in time.
    bool flush() {
        std::size_t sent = 0;
        while (sent < outgoing_.size() && !broken_) {
            const ssize_t n = ::send(fd_, outgoing_.data() + sent, outgoing_.size() - sent, MSG_NOSIGNAL);
            if (n > 0) {
                sent += static_cast<std::size_t>(n);
            } else if (errno != EINTR && (!would_block() || !wait_for(fd_, POLLOUT, deadline_, abort_fd_))) {
                broken_ = true;
            }
        }
        outgoing_.clear();
        return !broken_;
    }

    /// Whether bytes have come that nobody read yet; sockets of kept connections are watched only without them.
    [[nodiscard]] bool has_buffered() const noexcept { return start_ != end_; }
    [[nodiscard]] bool answered() const noexcept { return received_any_; }
    [[nodiscard]] const RemoteAddress& remote() const noexcept { return remote_; }

    // What httplib calls. Releases differ in which of these are virtual and in their base, so none says `override`: an
    // old release ignores the new ones, and both get what they need.
    ssize_t read(char* at, std::size_t size) {
        if (awaits_head_ && !take_answer_head()) {
            return -1;
        }
        const std::size_t in_head = head_end_ > start_ ? head_end_ - start_ : 0;
        const std::size_t allowed = in_head > 0 ? in_head : budget_;
        if (allowed == 0) {
            return 0;
        }
        if (start_ == end_ && fill() <= 0) {
            return timed_out_ || broken_ ? -1 : 0;
        }
        const std::size_t n = std::min({size, allowed, end_ - start_});
        std::memcpy(at, buffer_.data() + start_, n);
        start_ += n;
        if (in_head == 0) {
            budget_ -= n;
        }
        return static_cast<ssize_t>(n);
    }
    ssize_t write(const char* from, std::size_t size) {
        if (broken_) {
            return -1;
        }
        outgoing_.append(from, size);
        // A body beyond a network's window is passed on in parts; gathering it all would double it.
        if (outgoing_.size() >= gather_max && !flush()) {
            return -1;
        }
        return static_cast<ssize_t>(size);
    }
    using httplib::Stream::write;
    bool is_readable() const { return !broken_; }
    bool is_writable() const { return !broken_; }
    bool wait_readable() const { return !broken_; }
    bool wait_writable() const { return !broken_; }
    bool is_peer_alive() const { return !broken_; }
    void get_remote_ip_and_port(std::string& ip, int& port) const {
        ip = remote_.ip;
        port = remote_.port;
    }
    void get_local_ip_and_port(std::string& ip, int& port) const {
        ip.clear();
        port = 0;
    }
    /// None: httplib must not touch the socket behind the stream's back.
    socket_t socket() const { return INVALID_SOCKET; }
    std::time_t duration() const { return 0; }

   private:
    static constexpr std::size_t gather_max = 64U << 10U;
    static constexpr std::size_t chunk = 16U << 10U;

    static bool would_block() noexcept { return errno == EAGAIN || errno == EWOULDBLOCK; }

    bool take_answer_head() {
        awaits_head_ = false;
        // An answer is never there at once: to ask for it before waiting would be a system call for nothing.
        return flush() && wait_to_read() && read_head(head_max_) == Head::complete;
    }

    /// Takes what the socket has, waiting for it if need be: bytes taken, 0 at the end, -1 when it failed.
    ssize_t fill() {
        make_room();
        for (;;) {
            const ssize_t n = ::recv(fd_, buffer_.data() + end_, buffer_.size() - end_, 0);
            if (n > 0) {
                end_ += static_cast<std::size_t>(n);
                received_any_ = true;
                return n;
            }
            if (n == 0) {
                return 0;
            }
            if (errno == EINTR) {
                continue;
            }
            if (!would_block()) {
                broken_ = true;
                return -1;
            }
            if (!wait_to_read()) {
                return -1;
            }
        }
    }

    bool wait_to_read() {
        timed_out_ = !wait_for(fd_, POLLIN, deadline_, abort_fd_);
        return !timed_out_;
    }

    void make_room() {
        if (start_ == end_) {
            head_end_ = 0;
            start_ = end_ = 0;
        } else if (start_ > 0) {
            std::memmove(buffer_.data(), buffer_.data() + start_, end_ - start_);
            head_end_ = head_end_ > start_ ? head_end_ - start_ : 0;
            end_ -= start_;
            start_ = 0;
        }
        if (buffer_.size() - end_ < chunk / 4) {
            buffer_.resize(buffer_.size() + chunk);
        }
    }

    int fd_;
    int abort_fd_{-1};
    RemoteAddress remote_;
    TimePoint deadline_{TimePoint::max()};
    std::string buffer_;  ///< Bytes [start_, end_) have come and were not read; grows only while a head is incomplete.
    std::size_t start_{0};
    std::size_t end_{0};
    std::size_t head_end_{0};  ///< Where the head in the buffer ends; not beyond start_ when it was read.
    std::size_t head_max_{0};
    std::size_t budget_{0};
    std::string outgoing_;
    bool awaits_head_{false};
    bool received_any_{false};
    bool timed_out_{false};
    bool broken_{false};
};

}  // namespace lattice::inline v0::http
