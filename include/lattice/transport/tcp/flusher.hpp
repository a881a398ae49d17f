#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <lattice/transport/tcp/connection.hpp>

namespace lattice::inline v0::tcp {

/// Writes at the end of a turn of the loop: all that was queued to a peer until then leaves in one write.
class Flusher : public std::enable_shared_from_this<Flusher> {
   public:
    explicit Flusher(asio::io_context& io) noexcept : io_(io) {}

    void flush_soon(const std::shared_ptr<Connection>& connection) {
        if (connection->set_dirty()) {
            return;
        }
        dirty_.push_back(connection);
        if (dirty_.size() == 1) {
            asio::post(io_, [self = shared_from_this()] { self->flush(); });
        }
    }

   private:
    void flush() {
        flushing_.swap(dirty_);
        for (const auto& connection : flushing_) {
            connection->flush();
        }
        flushing_.clear();
    }

    asio::io_context& io_;
    std::vector<std::shared_ptr<Connection>> dirty_;
    std::vector<std::shared_ptr<Connection>> flushing_;  ///< Kept for its memory.
};

}  // namespace lattice::inline v0::tcp
