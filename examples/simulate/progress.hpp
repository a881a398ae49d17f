#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <unistd.h>

namespace simulate {

/// A bar on the terminal that shows how far the work is; silent where standard error is no terminal.
class Progress {
   public:
    explicit Progress(std::string_view what) : what_(what), shown_(isatty(STDERR_FILENO) != 0) {}
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() {
        if (shown_ && last_ >= 0) {
            std::fputs("\r\033[K", stderr);
        }
    }

    /// `done` of `all`; redraws when the percentage changes.
    void show(std::uint64_t done, std::uint64_t all, const std::string& detail = {}) {
        const int percent = all == 0 ? 100 : static_cast<int>(done * 100 / all);
        if (!shown_ || percent == last_) {
            return;
        }
        last_ = percent;
        constexpr std::size_t width = 40;
        const std::size_t full = width * static_cast<std::size_t>(percent) / 100;
        const std::string bar = std::string(full, '#') + std::string(width - full, '.');
        std::fprintf(stderr, "\r\033[K%s [%s] %3d %% %s", what_.c_str(), bar.c_str(), percent, detail.c_str());
        std::fflush(stderr);
    }

   private:
    std::string what_;
    bool shown_;
    int last_{-1};
};

}  // namespace simulate
