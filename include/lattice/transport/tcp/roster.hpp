#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <asio/ip/address.hpp>

#include <lattice/transport/tcp/connection.hpp>
#include <lattice/transport/tcp/options.hpp>

namespace lattice::inline v0::tcp {

/// All connections of one node that are not closed, established or not, and the limits on their number.
///
/// A few more are let in than may stay, because those learn from a refusal why not. Beyond that the door is shut, so that
/// neither all strangers together nor one address can fill the node with unfinished handshakes.
class Roster {
   public:
    explicit Roster(const TcpOptions& options) noexcept
        : total_max_(options.connections_max), per_address_max_(options.connections_per_address) {}

    void add(std::shared_ptr<Connection> connection) { connections_.push_back(std::move(connection)); }

    void remove(const Connection& connection) {
        std::erase_if(connections_, [&](const auto& other) { return other.get() == &connection; });
    }

    /// Whether a stranger may come in at all.
    [[nodiscard]] bool admits(const asio::ip::address& address) const {
        return connections_.size() < total_max_ + refused_at_once &&
               count_from(address) < per_address_max_ + refused_at_once_per_address;
    }

    /// Whether there is no place left to dial from.
    [[nodiscard]] bool is_full() const noexcept { return connections_.size() >= total_max_; }

    /// Whether an accepted connection, which is in the roster, is one too many.
    [[nodiscard]] bool is_beyond(const Connection& connection) const {
        return connections_.size() > total_max_ || count_from(connection.endpoint().address()) > per_address_max_;
    }

    /// Gives all and forgets them.
    std::vector<std::shared_ptr<Connection>> release() noexcept { return std::exchange(connections_, {}); }

    [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }

   private:
    static constexpr std::size_t refused_at_once = 16;
    static constexpr std::size_t refused_at_once_per_address = 2;

    [[nodiscard]] std::size_t count_from(const asio::ip::address& address) const {
        std::size_t count = 0;
        for (const auto& connection : connections_) {
            const bool counts = connection->side() == Side::acceptor && connection->endpoint().address() == address;
            count += counts ? 1U : 0U;
        }
        return count;
    }

    std::size_t total_max_;
    std::size_t per_address_max_;
    std::vector<std::shared_ptr<Connection>> connections_;
};

}  // namespace lattice::inline v0::tcp
