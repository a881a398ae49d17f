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

/// An HTTP server that hostile clients cannot fill, starve or confuse: our endpoints, and cpp-httplib for everything else,
/// with what its older releases lack around it.
///
/// Every request passes, in this order: a head that is read whole within its bounds and its deadline; HeadParser; the
/// refusals that need no body. Then calls to our endpoints are answered: their head is known by now, and httplib would take
/// it apart once more, which costs as much as everything else that is done for a call. Other requests go to httplib, with a
/// body of exactly the declared length. Whatever is refused before that is answered and the connection closed, so that no
/// one can disagree about where the next request begins.
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
        keep_alive_ = "Keep-Alive: timeout=" + std::to_string(seconds_idle(options)) + "\r\n";
        set_default_headers({{"X-Lattice", "1"}});
        set_payload_max_length(options.limits.body_max());
        set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
        set_keep_alive_timeout(seconds_idle(options));
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
        Call call;
    };
    /// How a call to our endpoints is to be answered.
    struct Form {
        bool with_body{true};
        bool closes{false};
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
        return serve_parsed(stream, std::get<RequestHead>(parsed));
    }

    bool serve_parsed(BoundedStream& stream, const RequestHead& head) {
        const Endpoint endpoint = endpoint_of(head.path);
        const auto status = refuse_early(head, endpoint, options_);
        if (status && (*status != 404 || head.content_length > 0)) {
            return refuse(stream, *status);
        }
        if (head.expects_continue && head.content_length > 0) {
            stream.write("HTTP/1.1 100 Continue\r\n\r\n");
            stream.flush();
        }
        stream.allow_body(head.content_length);
        stream.set_deadline(socket_time() + options_.limits.body_timeout);
        Call call{endpoint, std::string(head.path), std::string(head.query), std::string(head.node),
                  {},       &stream.remote()};
        if (endpoint == Endpoint::other) {
            const bool closes = head.wants_close;
            return route_by_httplib(stream, std::move(call)) && !closes;
        }
        const bool unread = head.content_length > 0 && !takes_body(endpoint);
        const Form form{head.method != "HEAD", head.wants_close || head.is_http_1_0 || unread};
        return status ? answer(stream, plain_answer(*status), form) : serve_call(stream, call, form);
    }

    bool serve_call(BoundedStream& stream, Call& call, Form form) {
        stream.skip_head();
        if (takes_body(call.endpoint) && !stream.read_body(call.body)) {
            return refuse(stream, 408);
        }
        try {
            return answer(stream, dispatch_(call).value(), form);
        } catch (...) {
            return answer(stream, plain_answer(500), form);
        }
    }

    bool answer(BoundedStream& stream, const Answer& answer, Form form) const {
        stream.set_deadline(socket_time() + options_.limits.reply_timeout);
        const std::string head = head_of(answer, form.closes ? std::string_view("Connection: close\r\n") : keep_alive_);
        stream.skip_head();
        stream.write(head.data(), head.size());
        if (form.with_body) {
            stream.write(answer.body.data(), answer.body.size());
        }
        return stream.flush() && !form.closes;
    }

    bool route_by_httplib(BoundedStream& stream, Call call) {
        Current now{&stream, std::move(call)};
        current() = &now;
        bool closed = false;
        const bool written = route_one(stream, stream.remote(), false, closed, [](httplib::Request& request) {
            request.headers.erase("Expect");  // answered already
        });
        current() = nullptr;
        return stream.flush() && written && !closed && stream.body_left() == 0;
    }

    HandlerResponse route(const httplib::Request&, httplib::Response& response) {
        Current& now = *current();
        const auto answered = dispatch_(now.call);
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

    static long seconds_idle(const HttpOptions& options) {
        return static_cast<long>(std::chrono::ceil<std::chrono::seconds>(options.limits.idle_timeout).count());
    }

    /// `more` is whole header lines.
    static std::string head_of(const Answer& answer, std::string_view more) {
        std::string head;
        head.reserve(192);
        head.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ").append(reason_phrase(answer.status));
        head.append("\r\n").append(more).append("X-Lattice: 1\r\nContent-Type: ").append(answer.media_type);
        return head.append("\r\nContent-Length: ").append(std::to_string(answer.body.size())).append("\r\n\r\n");
    }

    static std::string refusal_text(int status) {
        const Answer answer = plain_answer(status);
        return head_of(answer, "Connection: close\r\n") + answer.body;
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
    std::string keep_alive_;  ///< A header line that tells how long a connection may idle.
    std::unique_ptr<Listener> listener_;
};

}  // namespace lattice::inline v0::http
