#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <lattice/core/clock.hpp>
#include <lattice/core/config.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/transport/http/courier.hpp>
#include <lattice/transport/http/desk.hpp>
#include <lattice/transport/http/endpoints.hpp>
#include <lattice/transport/http/options.hpp>
#include <lattice/transport/http/outgoing.hpp>
#include <lattice/transport/http/server.hpp>

namespace lattice::inline v0 {

/// Gossip over HTTP/1.1 (cpp-httplib): the reference's three endpoints, for nodes that know nothing else, and frames for
/// nodes of this library.
///
///     AsioClock clock{...};
///     HttpTransport transport{clock, {.host = "0.0.0.0", .port = 8000, .node_id = "node1"}};
///     transport.add_page("/metrics", "text/plain; version=0.0.4", [&] { return prometheus_text(node.statistics()); });
///
/// | served                              | what                                                                          |
/// |-------------------------------------|-------------------------------------------------------------------------------|
/// | POST /api/gossip                    | takes a message (JSON); see answer_for() for the statuses                     |
/// | GET /api/gossip/message_ids         | lists the ids held, up to 10,000; `?limit=&after=` pages                      |
/// | GET /api/gossip/message/{id}        | gives a message (JSON), or 404                                                |
/// | POST /api/gossip/frames             | takes frames in binary form and answers with frames                           |
/// | GET /health                         | 200 while the protocol runs, else 503                                         |
/// | pages and routes of the host's      | `add_page`, `routes`                                                          |
///
/// Peers' addresses are base URLs, `http://host:port`. A peer is spoken to in the reference's way until one of its answers
/// carries the header `X-Lattice`; from then on frames go to it, many at a time. Frames that the reference has no call for
/// (Announce, NotFound) are dropped on the way to a foreign peer.
///
/// Threads. cpp-httplib blocks, so this is the one transport that owns threads: one that accepts, one per open connection
/// (HttpLimits::connections_max), and up to HttpLimits::senders_max that send; all made when first needed. They decode,
/// encode and wait; everything that touches the protocol is posted to the clock, or dispatched if it can do that: a thread
/// that finds the executor idle then runs the protocol itself, which spares two switches of threads per request. The object
/// itself belongs to the executor. Its destructor ends all connections and joins all threads; only a name look-up that hangs
/// in the system's resolver can delay it.
///
/// Serves from the first `open` on; until then callers wait in the system's queue, and while closed they get 503. What the
/// server refuses, and why, stands at HttpServer; the bounds are in HttpLimits.
class HttpTransport {
   public:
    /// Binds the address; throws std::runtime_error when it cannot be had, ConfigError when the node id is none. The clock
    /// outlives the transport.
    template <Clock C>
    HttpTransport(C& clock, HttpOptions options)
        : HttpTransport(
              [&clock](Callback<void()> job) {
                  if constexpr (DispatchingClock<C>) {
                      clock.dispatch(std::move(job));  // the calling thread waits for the outcome anyway
                  } else {
                      clock.post(std::move(job));
                  }
              },
              std::move(options)) {}

    /// The same for executors that are not a Clock: `post` runs a callback on the executor, from any thread; later, or
    /// within the call when the executor is idle.
    HttpTransport(http::Desk::Post post, HttpOptions options)
        : options_(checked(std::move(options))),
          desk_(std::make_shared<http::Desk>(std::move(post))),
          courier_(options_, desk_),
          endpoints_(options_, *desk_, [this](std::string_view id) { return courier_.find(id); }) {
        if (options_.serving == HttpOptions::Serving::on) {
            server_ = std::make_unique<http::HttpServer>(options_,
                                                         [this](const http::Call& call) { return endpoints_(call); });
        }
    }
    HttpTransport(const HttpTransport&) = delete;
    HttpTransport& operator=(const HttpTransport&) = delete;
    ~HttpTransport() {
        desk_->close();  // first: threads that wait for the protocol are released
        server_.reset();
        courier_.stop();
    }

    void open(TransportEvents events) {
        desk_->open(std::move(events));
        if (server_) {
            server_->start();
        }
    }
    void close() { desk_->close(); }
    /// A call that is not answered is reported.
    [[nodiscard]] bool reliable() const noexcept { return true; }

    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        std::shared_ptr<http::OutgoingFrame> outgoing;
        const std::size_t weight = http::OutgoingFrame::weight(frame);
        for (std::size_t i = 0; i < peers.size(); ++i) {
            if (desk_->take_reply(peers[i], frame, weight)) {
                statuses[i] = SendStatus::sent;
                continue;
            }
            if (peers[i].address().empty()) {
                statuses[i] = SendStatus::unreachable;
                continue;
            }
            if (!outgoing) {
                outgoing = std::make_shared<http::OutgoingFrame>(frame, options_.node_id);
            }
            statuses[i] = courier_.send(peers[i], outgoing, weight);
        }
    }

    /// Waits until what was sent has reached the peers that answer, at most for `patience`; says whether it has. For use
    /// after `close`: destruction drops what is still queued. Not on the executor, which has better things to do.
    bool flush(Duration patience) { return courier_.flush(http::socket_time() + patience); }

    /// The port that is served; 0 when nothing is.
    [[nodiscard]] std::uint16_t port() const noexcept { return server_ ? server_->port() : std::uint16_t{0}; }

    /// What others call this node by: `http://host:port`. Give your own when `host` is a wildcard or behind a proxy.
    [[nodiscard]] std::string address() const {
        const bool literal = options_.host.find(':') != std::string::npos;
        return "http://" + (literal ? "[" + options_.host + "]" : options_.host) + ":" + std::to_string(port());
    }

    /// Serves `path` with what `make` returns; `make` runs on the executor for each request, so it may read the protocol.
    /// Only before the first `open`.
    void add_page(std::string path, std::string media_type, Callback<std::string()> make) {
        endpoints_.add_page(std::move(path), std::move(media_type), std::move(make));
    }

    /// httplib's server, for routes of the host's own beside ours; null when nothing is served. Only before the first `open`;
    /// their handlers run on the threads of connections, several at once.
    [[nodiscard]] httplib::Server* routes() noexcept { return server_ ? &server_->routes() : nullptr; }

    /// Connections to this node that are open now.
    [[nodiscard]] std::size_t connections() const { return server_ ? server_->connections() : 0; }

   private:
    /// The node id goes into header lines.
    static HttpOptions checked(HttpOptions options) {
        if (!options.node_id.empty() && !is_identifier(options.node_id, ceiling::node_id)) {
            throw ConfigError("node_id", "must be 1 to 128 printable ASCII characters without spaces");
        }
        return options;
    }

    HttpOptions options_;
    std::shared_ptr<http::Desk> desk_;
    http::Courier courier_;
    http::Endpoints endpoints_;
    std::unique_ptr<http::HttpServer> server_;
};
static_assert(Transport<HttpTransport>);

}  // namespace lattice::inline v0
