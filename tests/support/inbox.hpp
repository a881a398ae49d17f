#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lattice_test {

/// What handlers on other threads put in, for a test that waits for it.
class Inbox {
   public:
    static constexpr std::chrono::seconds patience{20};

    void put(std::string text) {
        {
            const std::lock_guard lock(mutex_);
            texts_.push_back(std::move(text));
        }
        changed_.notify_all();
    }

    /// Whether there are `count` texts in time.
    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return texts_.size() >= count; });
    }

    std::vector<std::string> texts() const {
        const std::lock_guard lock(mutex_);
        return texts_;
    }

   private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> texts_;
};

}  // namespace lattice_test
