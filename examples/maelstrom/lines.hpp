#pragma once

#include <cerrno>
#include <climits>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

/// Cuts what arrives on a descriptor into lines.
class LineReader {
   public:
    /// Longest line; what is longer is not Maelstrom's.
    static constexpr std::size_t line_max = std::size_t{64} << 20U;

    /// Reads once, and calls `take(line)` for every line that is whole now. False when the input has ended.
    template <typename Take>
    bool read(int descriptor, Take& take) {
        char chunk[65'536];
        const ssize_t count = ::read(descriptor, chunk, sizeof chunk);
        if (count < 0 && errno != EINTR && errno != EAGAIN) {
            throw std::system_error(errno, std::generic_category(), "read");
        }
        if (count > 0) {
            pending_.append(chunk, static_cast<std::size_t>(count));
            cut(take);
        }
        return count != 0;
    }

   private:
    template <typename Take>
    void cut(Take& take) {
        std::size_t begin = 0;
        for (std::size_t end = pending_.find('\n', searched_); end != std::string::npos;
             end = pending_.find('\n', begin)) {
            take(std::string_view(pending_).substr(begin, end - begin));
            begin = end + 1;
        }
        pending_.erase(0, begin);
        searched_ = pending_.size();
        if (pending_.size() > line_max) {
            throw std::length_error("a line of standard input is too long");
        }
    }

    std::string pending_;      ///< A line without its end.
    std::size_t searched_{0};  ///< So many characters of it hold no line end.
};

/// Lines on their way out. A write takes no more than a pipe that poll(2) calls writable has room for, so it never waits.
class LineWriter {
   public:
    void add(std::string_view line) {
        pending_.append(line);
        pending_.push_back('\n');
    }

    /// Writes once. Call it when the descriptor is writable.
    void write(int descriptor) {
        const std::size_t left = size();
        const std::size_t most = left < PIPE_BUF ? left : PIPE_BUF;
        const ssize_t count = ::write(descriptor, pending_.data() + written_, most);
        if (count < 0) {
            if (errno != EINTR && errno != EAGAIN) {
                throw std::system_error(errno, std::generic_category(), "write");
            }
            return;
        }
        written_ += static_cast<std::size_t>(count);
        if (written_ > pending_.size() / 2) {  // seldom enough that the move costs less than the write
            pending_.erase(0, written_);
            written_ = 0;
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return pending_.size() - written_; }

   private:
    std::string pending_;
    std::size_t written_{0};  ///< So many characters of it are out.
};
