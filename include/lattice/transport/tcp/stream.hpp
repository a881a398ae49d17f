#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/detail/socket_option.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>

#include <lattice/core/callback.hpp>
#include <lattice/transport/tcp/options.hpp>

namespace lattice::inline v0 {

namespace tcp {

/// Bound to the io_context's own executor type: each operation is spared the type erasure of asio::any_io_executor.
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// Sets what every connection of ours has: small frames leave at once, and where the system can be told so, it takes bytes
/// only a little ahead of the network, because what it has taken nothing urgent can overtake.
inline void prepare(Socket& socket) {
    std::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
#ifdef TCP_NOTSENT_LOWAT  // Linux, macOS
    constexpr int unsent_max = 256 << 10;
    socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>(unsent_max), ignored);
#endif
}

/// Which end of a connection this node is.
enum class Side : unsigned char { dialler, acceptor };

/// Buffers for one write; the array that it views must outlive the operation.
class WriteBuffers {
   public:
    using value_type = asio::const_buffer;
    using const_iterator = const asio::const_buffer*;

    explicit WriteBuffers(std::span<const asio::const_buffer> buffers) noexcept : buffers_(buffers) {}
    [[nodiscard]] const_iterator begin() const noexcept { return buffers_.data(); }
    [[nodiscard]] const_iterator end() const noexcept { return buffers_.data() + buffers_.size(); }
    [[nodiscard]] bool empty() const noexcept { return buffers_.empty(); }

   private:
    std::span<const asio::const_buffer> buffers_;
};

}  // namespace tcp

/// A connected byte stream: what plain TCP and TLS have in common.
///
/// Operations complete through the io_context, never within the call; their handlers keep the stream and the buffers alive.
/// At most one read and one write are in flight.
class Stream {
   public:
    using IoHandler = Callback<void(const std::error_code&, std::size_t)>;
    using DoneHandler = Callback<void(const std::error_code&)>;

    virtual ~Stream() = default;

    virtual tcp::Socket& socket() noexcept = 0;
    /// Closes the socket; operations in flight end with an error.
    void close() noexcept {
        std::error_code ignored;
        socket().close(ignored);
    }
    /// After connecting and before anything else: makes the stream as safe as it is meant to be.
    virtual void secure(tcp::Side side, DoneHandler done) = 0;
    /// Reads at least one byte.
    virtual void read(asio::mutable_buffer buffer, IoHandler done) = 0;
    /// Writes at least one byte of the buffers, in order.
    virtual void write(tcp::WriteBuffers buffers, IoHandler done) = 0;
    /// Tells the other side that nothing more comes; reading goes on.
    virtual void finish(DoneHandler done) = 0;
    /// Whether the peer, as far as it has proven who it is, may call itself `node_id`.
    [[nodiscard]] virtual bool proves(std::string_view node_id) const = 0;
    /// What an error of this stream means for the connection.
    [[nodiscard]] virtual TcpFault fault_of(const std::error_code& error) const = 0;
};

/// Makes the streams of one transport. Shared by transports of one program if the host likes.
class StreamFactory {
   public:
    virtual ~StreamFactory() = default;

    /// Around a socket that is or will be connected.
    virtual std::unique_ptr<Stream> wrap(tcp::Socket socket) = 0;
};

namespace tcp {

/// What an error of a plain socket means.
inline TcpFault fault_of_socket(const std::error_code& error) noexcept {
    return error == asio::error::eof ? TcpFault::closed : TcpFault::io;
}

/// TCP as it is.
class PlainStream final : public Stream {
   public:
    explicit PlainStream(Socket socket) : socket_(std::move(socket)) {}

    Socket& socket() noexcept override { return socket_; }
    void secure(Side, DoneHandler done) override {
        asio::post(socket_.get_executor(), [done = std::move(done)]() mutable { done({}); });
    }
    void read(asio::mutable_buffer buffer, IoHandler done) override {
        socket_.async_read_some(buffer, std::move(done));
    }
    void write(WriteBuffers buffers, IoHandler done) override { socket_.async_write_some(buffers, std::move(done)); }
    void finish(DoneHandler done) override {
        std::error_code error;
        socket_.shutdown(Socket::shutdown_send, error);
        asio::post(socket_.get_executor(), [done = std::move(done), error]() mutable { done(error); });
    }
    [[nodiscard]] bool proves(std::string_view) const override { return true; }
    [[nodiscard]] TcpFault fault_of(const std::error_code& error) const override { return fault_of_socket(error); }

   private:
    Socket socket_;
};

class PlainStreams final : public StreamFactory {
   public:
    std::unique_ptr<Stream> wrap(Socket socket) override { return std::make_unique<PlainStream>(std::move(socket)); }
};

}  // namespace tcp

}  // namespace lattice::inline v0
