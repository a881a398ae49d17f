#pragma once

#include <cstdint>

#include <lattice/core/posted_broadcasts.hpp>

namespace lattice::inline v0 {

/// Lets jobs that were posted to an executor find out there whether the object they are for still lives. Every job holds a
/// share of it; only the executor reads or clears `self`.
template <typename T>
struct Lifeline {
    explicit Lifeline(T* object) noexcept : self(object) {}

    T* self;             ///< Null once the object is gone.
    PostedShare posted;  ///< Broadcasts posted and not run yet. Any thread.
};

/// Counts nested calls into the host, so that what must happen once is left to the outermost.
class DepthGuard {
   public:
    explicit DepthGuard(std::uint32_t& depth) noexcept : depth_(depth) { ++depth_; }
    ~DepthGuard() { --depth_; }
    DepthGuard(const DepthGuard&) = delete;
    DepthGuard& operator=(const DepthGuard&) = delete;

   private:
    std::uint32_t& depth_;
};

}  // namespace lattice::inline v0
