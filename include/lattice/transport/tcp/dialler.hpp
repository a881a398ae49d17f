#pragma once

#include <array>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/basic_resolver.hpp>
#include <asio/ip/tcp.hpp>

#include <lattice/core/callback.hpp>
#include <lattice/transport/tcp/address.hpp>
#include <lattice/transport/tcp/context.hpp>
#include <lattice/transport/tcp/stream.hpp>

namespace lattice::inline v0::tcp {

/// One attempt to reach an address: name resolution, then each of its endpoints in turn, within a deadline.
///
/// Lives through its own handlers. `done` is called at most once, from a handler; never after `cancel`.
class Dialler : public std::enable_shared_from_this<Dialler> {
   public:
    using Done = Callback<void(const std::error_code&, Socket)>;

    Dialler(asio::io_context& io, Done done)
        : resolver_(io.get_executor()), socket_(io.get_executor()), timer_(io.get_executor()), done_(std::move(done)) {}

    void start(const TcpAddress& address, TimePoint deadline) {
        set_expiry(timer_, deadline);
        timer_.async_wait([self = shared_from_this()](const std::error_code& error) {
            if (!error) {
                self->finish(asio::error::timed_out);
            }
        });
        std::error_code not_numeric;
        const auto numeric = asio::ip::make_address(address.host, not_numeric);
        if (!not_numeric) {
            // Asio resolves names on a thread of its own; a numeric address needs neither.
            return connect(std::array{asio::ip::tcp::endpoint(numeric, address.port)});
        }
        resolver_.async_resolve(address.host, std::to_string(address.port),
                                [self = shared_from_this()](const std::error_code& error, const auto& results) {
                                    if (error) {
                                        self->finish(error);
                                    } else if (self->done_) {
                                        self->connect(results);
                                    }
                                });
    }

    void cancel() {
        done_ = nullptr;
        stop();
    }

   private:
    using Resolver = asio::ip::basic_resolver<asio::ip::tcp, asio::io_context::executor_type>;

    template <typename Endpoints>
    void connect(const Endpoints& endpoints) {
        asio::async_connect(socket_, endpoints, [self = shared_from_this()](const std::error_code& error, const auto&) {
            self->finish(error);
        });
    }

    void finish(const std::error_code& error) {
        if (auto done = std::exchange(done_, nullptr)) {
            if (error) {
                stop();
            }
            timer_.cancel();
            done(error, std::move(socket_));
        }
    }

    void stop() {
        std::error_code ignored;
        timer_.cancel();
        resolver_.cancel();
        socket_.close(ignored);
    }

    Resolver resolver_;
    Socket socket_;
    Timer timer_;
    Done done_;
};

}  // namespace lattice::inline v0::tcp
