#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <variant>

#include <lattice/core/transport.hpp>

/// A Transport that loses the first message pushed through it and says that it was sent, as a network would.
template <lattice::Transport T>
class LosingTransport {
   public:
    /// `inner` carries everything else, and outlives this.
    explicit LosingTransport(T& inner) : inner_(inner) {}

    void send(const lattice::Frame& frame, std::span<const lattice::Peer> peers,
              std::span<lattice::SendStatus> statuses) {
        if (lost_ == 0 && std::holds_alternative<lattice::Push>(frame)) {
            ++lost_;
            for (auto& status : statuses) {
                status = lattice::SendStatus::sent;
            }
            return;
        }
        inner_.send(frame, peers, statuses);
    }
    void open(lattice::TransportEvents events) { inner_.open(std::move(events)); }
    void close() { inner_.close(); }
    /// It claims to be: else the push would be acknowledged, and sent again before anti-entropy finds that it is missing.
    [[nodiscard]] bool reliable() const noexcept { return true; }

    /// How many pushes were lost.
    [[nodiscard]] std::size_t lost() const noexcept { return lost_; }

   private:
    T& inner_;
    std::size_t lost_{0};
};
