#pragma once

#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <lattice/core/callback.hpp>
#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/stream.hpp>

namespace lattice::inline v0::tcp {

/// Accepts connections on one endpoint, as long as it is not closed.
class Listener : public std::enable_shared_from_this<Listener> {
   public:
    explicit Listener(asio::io_context& io) : acceptor_(io.get_executor()), pause_(io.get_executor()) {}

    /// Takes the endpoint; connections wait in the system's backlog until `start`. Throws std::system_error.
    void bind(const asio::ip::tcp::endpoint& endpoint) {
        acceptor_.open(endpoint.protocol());
#if !defined(_WIN32)
        // On Windows this option lets two programs listen on one port; elsewhere it means that a restart need not wait.
        acceptor_.set_option(asio::socket_base::reuse_address(true));
#endif
        acceptor_.bind(endpoint);
        acceptor_.listen(asio::socket_base::max_listen_connections);
    }

    /// Where it listens, with the port that the system chose. Throws std::system_error when it is not bound.
    [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }
    [[nodiscard]] bool is_bound() const { return acceptor_.is_open(); }

    /// Hands every connection to `accepted`, from handlers, until `close`.
    void start(Callback<void(Socket)> accepted) {
        accepted_ = std::move(accepted);
        accept();
    }

    void close() {
        std::error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
    }

   private:
    void accept() {
        acceptor_.async_accept([self = shared_from_this()](const std::error_code& error, Socket socket) {
            if (!self->acceptor_.is_open()) {
                return;
            }
            if (error) {
                return self->accept_later();
            }
            self->accepted_(std::move(socket));
            if (self->acceptor_.is_open()) {
                self->accept();
            }
        });
    }

    /// Out of descriptors or memory: another try at once would only burn the processor.
    void accept_later() {
        set_expiry(pause_, steady_now() + std::chrono::milliseconds{100});
        pause_.async_wait([self = shared_from_this()](const std::error_code& error) {
            if (!error && self->acceptor_.is_open()) {
                self->accept();
            }
        });
    }

    asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type> acceptor_;
    Timer pause_;
    Callback<void(Socket)> accepted_;
};

}  // namespace lattice::inline v0::tcp
