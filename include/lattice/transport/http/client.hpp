#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <lattice/transport/http/bounded_stream.hpp>
#include <lattice/transport/http/endpoint.hpp>
#include <lattice/transport/http/httplib.hpp>
#include <lattice/transport/http/options.hpp>
#include <lattice/transport/http/socket.hpp>
#include <lattice/transport/http/url.hpp>

namespace lattice::inline v0::http {

/// What a server answered.
struct ClientAnswer {
    int status{0};
    bool is_lattice{false};  ///< It says that it understands frames (header X-Lattice).
    std::string body;
};

/// One kept connection to one server; blocking, with an absolute deadline and a byte budget for every exchange.
///
/// Built on cpp-httplib's client, which writes requests and reads answers, while the socket is ours: connected without
/// select(), and seen through a BoundedStream, because httplib bounds neither the time nor the size of a whole answer.
/// Redirects are not followed (a peer could point us at anybody), nothing is decompressed.
///
/// One thread at a time.
class HttpClient : private httplib::ClientImpl {
   public:
    /// Once `abort_fd` is readable, every exchange fails at once.
    HttpClient(const BaseUrl& url, std::string_view node_id, const HttpLimits& limits, int abort_fd)
        : httplib::ClientImpl(url.host, url.port), url_(url), limits_(limits), abort_fd_(abort_fd) {
        set_keep_alive(true);
        set_follow_location(false);
        set_decompress(false);
        headers_ = {{"Accept-Encoding", "identity"}, {"User-Agent", "lattice"}, {"X-Lattice", "1"}};
        if (!node_id.empty()) {
            headers_.emplace("X-Lattice-Node", node_id);
        }
    }
    ~HttpClient() { httplib::ClientImpl::stop(); }

    /// What one request is made of.
    struct Call {
        std::string_view method;
        std::string path;
        std::string body;  ///< Sent when `content_type` is not empty.
        std::string_view content_type;
        std::size_t answer_max{};  ///< Largest body of an answer; a longer one fails the exchange.
        Duration timeout{};        ///< For everything from connecting to the last byte.
    };

    /// Asks and waits for the answer. Nothing when there was none: refused, reset, too late, too large, not HTTP. A kept
    /// connection that the server had closed meanwhile is replaced once.
    std::optional<ClientAnswer> exchange(const Call& call) {
        deadline_ = socket_time() + call.timeout;
        const bool kept = is_socket_open() != 0;
        auto answer = attempt(call);
        if (!answer && kept && !answer_began_ && socket_time() < deadline_) {
            answer = attempt(call);
        }
        return answer;
    }

   private:
    std::optional<ClientAnswer> attempt(const Call& call) {
        answer_began_ = false;
        answer_max_ = call.answer_max;
        httplib::Request request;
        request.method = std::string(call.method);
        request.path = call.path;
        request.headers = headers_;
        if (!call.content_type.empty()) {
            request.body = call.body;
            request.headers.emplace("Content-Type", call.content_type);
        }
        ClientAnswer answer;
        request.content_receiver = [&](const char* data, std::size_t size, auto...) {
            if (answer.body.size() + size > call.answer_max) {
                return false;
            }
            answer.body.append(data, size);
            return true;
        };
        httplib::Response response;
        httplib::Error error = httplib::Error::Success;
        if (!send(request, response, error)) {
            return std::nullopt;
        }
        answer.status = response.status;
        answer.is_lattice = response.has_header("X-Lattice");
        return answer;
    }

    // What httplib calls. Releases differ in the arguments of process_socket, so none says `override`; the one that the
    // release does not know is never called.
    bool create_and_connect_socket(Socket& socket, httplib::Error& error) {
        Fd fd = connect_to(url_.host, url_.port, deadline_, abort_fd_);
        if (!fd) {
            error = httplib::Error::Connection;
            return false;
        }
        socket.sock = fd.release();
        return true;
    }
    bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> callback) {
        BoundedStream stream(socket.sock);
        stream.set_deadline(deadline_);
        stream.set_abort(abort_fd_);
        // Chunks cost a few bytes each beyond what they carry.
        stream.expect_answer(limits_.headers_max, answer_max_ + answer_max_ / 4 + 1'024);
        const bool ok = callback(stream) && stream.flush();
        answer_began_ = stream.answered();
        return ok;
    }
    bool process_socket(const Socket& socket, std::chrono::time_point<std::chrono::steady_clock>,
                        std::function<bool(httplib::Stream&)> callback) {
        return process_socket(socket, std::move(callback));
    }

    BaseUrl url_;
    const HttpLimits& limits_;
    int abort_fd_;
    httplib::Headers headers_;
    TimePoint deadline_{};
    std::size_t answer_max_{0};
    bool answer_began_{false};
};

}  // namespace lattice::inline v0::http
