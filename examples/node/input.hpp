#pragma once

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

/// Turns SIGINT and SIGTERM into bytes of a pipe, which poll(2) can wait for together with other input. One per program.
class StopSignals {
   public:
    StopSignals() {
        if (::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
            throw std::system_error(errno, std::generic_category(), "pipe");
        }
        write_end() = pipe_[1];
        struct sigaction action {};
        action.sa_handler = [](int) {
            const int saved = errno;
            [[maybe_unused]] const ssize_t written = ::write(write_end(), "", 1);
            errno = saved;
        };
        ::sigaction(SIGINT, &action, nullptr);
        ::sigaction(SIGTERM, &action, nullptr);
    }
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals() {
        std::signal(SIGINT, SIG_IGN);  // a second signal changes nothing
        std::signal(SIGTERM, SIG_IGN);
        ::close(pipe_[0]);
        ::close(pipe_[1]);
    }

    /// Readable once a signal has come.
    [[nodiscard]] int descriptor() const noexcept { return pipe_[0]; }

   private:
    static int& write_end() {
        static int descriptor = -1;
        return descriptor;
    }

    std::array<int, 2> pipe_{-1, -1};
};

/// The lines of a descriptor, until a signal asks to stop; the end of the input is not the end of the program, because a
/// service has none.
class LineInput {
   public:
    /// A line longer than `line_max` bytes is handed over cut, and the rest of it skipped.
    LineInput(int descriptor, std::size_t line_max) : descriptor_(descriptor), line_max_(line_max) {}

    /// Calls `take(line, is_whole)` for each line until `stop` is readable.
    template <typename Take>
    void run(const StopSignals& stop, Take take) {
        for (;;) {
            pollfd ready[] = {{stop.descriptor(), POLLIN, 0}, {descriptor_, POLLIN, 0}};
            if (::poll(ready, 2, -1) < 0 && errno != EINTR) {
                throw std::system_error(errno, std::generic_category(), "poll");
            }
            if (ready[0].revents != 0) {
                return;
            }
            if (ready[1].revents != 0 && !read(take)) {
                descriptor_ = -1;  // poll passes over it from now on
            }
        }
    }

   private:
    /// False when the input has ended.
    template <typename Take>
    bool read(Take& take) {
        char chunk[65'536];
        const ssize_t count = ::read(descriptor_, chunk, sizeof chunk);
        if (count <= 0) {
            if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
                return true;
            }
            finish_line(take);
            return false;
        }
        std::string_view rest(chunk, static_cast<std::size_t>(count));
        for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
            keep(rest.substr(0, end));
            finish_line(take);
            rest.remove_prefix(end + 1);
        }
        keep(rest);
        return true;
    }

    void keep(std::string_view text) {
        const std::size_t room = line_max_ - line_.size();
        whole_ = whole_ && text.size() <= room;
        line_.append(text.substr(0, room));
    }

    template <typename Take>
    void finish_line(Take& take) {
        const std::string line = std::exchange(line_, {});
        if (!line.empty()) {
            take(std::string_view(line), whole_);
        }
        whole_ = true;
    }

    int descriptor_;
    std::size_t line_max_;
    std::string line_;
    bool whole_{true};
};
