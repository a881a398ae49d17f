#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/transport.hpp>

namespace lattice::inline v0::tcp {

/// The protocol's callbacks while the transport is open. They may close the transport, and open it again, while they run:
/// a callback is destroyed only when none is running.
class Callbacks {
   public:
    void set(TransportEvents events) { events_ = std::make_unique<TransportEvents>(std::move(events)); }

    void clear() {
        if (running_ == 0) {
            events_.reset();
        } else if (events_ != nullptr) {
            retired_.reset(new Retired{std::move(events_), std::move(retired_)});
        }
    }

    [[nodiscard]] bool are_set() const noexcept { return events_ != nullptr; }

    void received(const Peer& from, Frame&& frame) {
        if (events_ != nullptr && events_->received) {
            const Running running(*this);
            events_->received(from, std::move(frame));
        }
    }

    /// Calls nothing of the host's.
    void coming(const Message& message) {
        if (events_ != nullptr && events_->coming) {
            events_->coming(message);
        }
    }

    void failed(const Peer& peer) {
        if (events_ != nullptr && events_->failed) {
            const Running running(*this);
            events_->failed(peer);
        }
    }

   private:
    struct Retired {
        std::unique_ptr<TransportEvents> events;
        std::unique_ptr<Retired> before;
    };

    class Running {
       public:
        explicit Running(Callbacks& callbacks) noexcept : callbacks_(callbacks) { ++callbacks_.running_; }
        ~Running() {
            if (--callbacks_.running_ == 0) {
                callbacks_.retired_.reset();
            }
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

       private:
        Callbacks& callbacks_;
    };

    std::unique_ptr<TransportEvents> events_;
    std::unique_ptr<Retired> retired_;  ///< Cleared while one of them ran.
    std::size_t running_{0};
};

}  // namespace lattice::inline v0::tcp
