#pragma once

#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <lattice/transport/http/bounded_stream.hpp>
#include <lattice/transport/http/endpoint.hpp>
#include <lattice/transport/http/httplib.hpp>
#include <lattice/transport/http/listener.hpp>
#include <lattice/transport/http/options.hpp>
#include <lattice/transport/http/request_head.hpp>

namespace lattice::inline v0::http {

/// A request for one of our endpoints, whole and within all bounds.
struct Call {
    Endpoint endpoint{Endpoint::other};
    std::string path;
    std::string query;
    std::string node;  ///< X-Lattice-Node as sent; unchecked.
    std::string body;
    const RemoteAddress* remote{nullptr};
};

/// An HTTP server that hostile clients cannot fill, starve or confuse: cpp-httplib parses, routes and answers, and around
/// it stands what its older releases lack.
///
/// Every request passes, in this order: a head that is read whole within its bounds and its deadline; HeadParser; the
/// refusals that need no body; only then httplib sees it, with a body of exactly the declared length. Whatever is refused
/// before httplib is answered and the connection closed, so that no one can disagree about where the next request begins.
///
/// Routes of the host's are added through `routes()` before `start`; they run on the threads of connections.
class HttpServer : public RoutingServer {
   public:
    /// Answers a call; on the thread of the connection. What it throws becomes a 500 without text.
    using Dispatch = std::function<std::optional<Answer>(const Call&)>;

    /// Binds; connections wait in the system's queue until `start`. Throws std::runtime_error when the address cannot be had.
    HttpServer(const HttpOptions& options, Dispatch dispatch)
        : options_(options), dispatch_(std::move(dispatch)), socket_(listen_at(options.host, options.port)) {
        if (!socket_) {
            throw std::runtime_error("cannot serve HTTP at " + options.host + ":" + std::to_string(options.port));
        }
        port_ = port_of(socket_.get());
        set_default_headers({{"X-Lattice", "1"}});
        set_payload_max_length(options.limits.body_max());
        set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
        set_keep_alive_timeout(std::chrono::ceil<std::chrono::seconds>(options.limits.idle_timeout).count());
        set_pre_routing_handler(
            [this](const httplib::Request& request, httplib::Response& response) { return route(request, response); });
        set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
            fill(response, plain_answer(500));
        });
        set_error_handler([](const httplib::Request&, httplib::Response& response) {
            if (response.body.empty()) {
                fill(response, plain_answer(response.status));
            }
        });
    }
    ~HttpServer() override { stop_serving(); }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// For the host's own routes; only before `start`.
    [[nodiscard]] httplib::Server& routes() noexcept { return *this; }

    /// Begins to take connections. Again: nothing.
    void start() {
        if (!listener_ && socket_) {
            listener_ = std::make_unique<Listener>(std::move(socket_), options_.limits, refusal_text(503),
                                                   [this](Listener::Connection& connection) { serve(connection); });
        }
    }

    /// Ends every connection and joins every thread. Whoever waits in `dispatch` must have been released before.
    void stop_serving() { listener_.reset(); }

    [[nodiscard]] std::size_t connections() const { return listener_ ? listener_->connections() : 0; }

   private:
    /// What the thread of a connection works on; httplib's handlers get no other link to it.
    struct Current {
        BoundedStream* stream{nullptr};
        Endpoint endpoint{Endpoint::other};
        int status_before_routing{0};
        Call call;
    };
    static Current*& current() {
        thread_local Current* pointer = nullptr;
        return pointer;
    }

    void serve(Listener::Connection& connection) noexcept {
        try {
            BoundedStream stream(connection.fd(), connection.remote());
            while (is_next(connection, stream) && serve_one(stream)) {
            }
            let_read(connection.fd());
        } catch (...) {
            // Out of memory, most likely: this connection ends, the others go on.
        }
    }

    /// Waits for the first byte of the next request.
    bool is_next(Listener::Connection& connection, const BoundedStream& stream) const {
        if (!stream.has_buffered()) {
            if (!connection.idle() ||
                !wait_for(connection.fd(), POLLIN, socket_time() + options_.limits.idle_timeout)) {
                return false;
            }
        }
        return connection.busy();
    }

    /// Whether the connection is fit for another request.
    bool serve_one(BoundedStream& stream) {
        const HttpLimits& limits = options_.limits;
        stream.set_deadline(socket_time() + limits.header_timeout);
        switch (stream.read_head(limits.request_line_max + limits.headers_max + 4)) {
            case BoundedStream::Head::complete:
                break;
            case BoundedStream::Head::too_long:
                return refuse(stream, 431);
            case BoundedStream::Head::timed_out:
                return refuse(stream, 408);
            default:
                return false;
        }
        const auto parsed = HeadParser(limits).parse(stream.head());
        if (const auto* refusal = std::get_if<HeadRefusal>(&parsed)) {
            return refuse(stream, static_cast<int>(*refusal));
        }
        const auto& head = std::get<RequestHead>(parsed);
        Current now;
        now.stream = &stream;
        now.endpoint = endpoint_of(head.path);
        if (const auto status = refuse_early(head, now.endpoint, options_)) {
            if (*status != 404 || head.content_length > 0) {
                return refuse(stream, *status);
            }
            now.status_before_routing = *status;
        }
        const bool wants_close = head.wants_close;
        if (head.expects_continue && head.content_length > 0) {
            stream.write("HTTP/1.1 100 Continue\r\n\r\n");
            stream.flush();
        }
        now.call = {now.endpoint, std::string(head.path), std::string(head.query), std::string(head.node),
                    {},           &stream.remote()};
        stream.allow_body(head.content_length);
        stream.set_deadline(socket_time() + limits.body_timeout);
        return !answer(stream, now) ? false : !wants_close;
    }

    bool answer(BoundedStream& stream, Current& now) {
        current() = &now;
        bool closed = false;
        const bool written = route_one(stream, stream.remote(), false, closed,
                                       [&now](httplib::Request& request) { take_body(request, now); });
        current() = nullptr;
        return stream.flush() && written && !closed && stream.body_left() == 0;
    }

    /// Reads the body of a call to our endpoints before httplib routes: it would copy it in its own way.
    static void take_body(httplib::Request& request, Current& now) {
        request.headers.erase("Expect");  // answered already
        if (takes_body(now.endpoint) && !now.stream->read_body(now.call.body)) {
            now.status_before_routing = 408;
        }
    }

    HandlerResponse route(const httplib::Request&, httplib::Response& response) {
        Current& now = *current();
        const auto answered = now.status_before_routing != 0 ? std::optional(plain_answer(now.status_before_routing))
                                                             : dispatch_(now.call);
        // The time to send begins when there is something to send; an unread body of a host's route has its own.
        if (!answered) {
            return HandlerResponse::Unhandled;
        }
        now.stream->set_deadline(socket_time() + options_.limits.reply_timeout);
        fill(response, *answered);
        return HandlerResponse::Handled;
    }

    static void fill(httplib::Response& response, const Answer& answer) {
        response.status = answer.status;
        response.headers.erase("EXCEPTION_WHAT");
        response.set_content(answer.body, std::string(answer.media_type));
    }

    static std::string refusal_text(int status) {
        const Answer answer = plain_answer(status);
        return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_phrase(status)) +
               "\r\nConnection: close\r\nX-Lattice: 1\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
    }

    bool refuse(BoundedStream& stream, int status) const {
        stream.set_deadline(socket_time() + options_.limits.reply_timeout);
        const std::string text = refusal_text(status);
        stream.write(text.data(), text.size());
        stream.flush();
        return false;
    }

    /// Lets the client read the last answer: closing a socket with unread bytes resets the connection, and the reset can
    /// overtake the answer. Bounded in time and bytes, as the client may never stop.
    static void let_read(int fd) {
        ::shutdown(fd, SHUT_WR);
        const TimePoint deadline = socket_time() + std::chrono::seconds{1};
        char scrap[4096];
        for (int reads = 0; reads < 256 && wait_for(fd, POLLIN, deadline); ++reads) {
            if (::recv(fd, scrap, sizeof scrap, 0) <= 0) {
                break;
            }
        }
    }

    const HttpOptions& options_;
    Dispatch dispatch_;
    Fd socket_;
    std::uint16_t port_{0};
    std::unique_ptr<Listener> listener_;
};

}  // namespace lattice::inline v0::http
