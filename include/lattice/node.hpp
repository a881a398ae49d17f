#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <asio/io_context.hpp>

#include <lattice/clock/asio.hpp>
#include <lattice/codec/json.hpp>
#include <lattice/codec/json_payload.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/metrics/json.hpp>
#include <lattice/metrics/prometheus.hpp>
#include <lattice/peers/callback.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/process_wide.hpp>
#include <lattice/reconcile/set_reconciler.hpp>
#include <lattice/transport/http.hpp>
#include <lattice/transport/tcp.hpp>
#include <lattice/transport/transport_set.hpp>

namespace lattice::inline v0 {

/// How a Node is set up. What is left out has a default that works; the id has none.
struct NodeOptions {
    /// This node's name, unique in the network; goes into `config`, `http` and `tcp`.
    std::string id{};
    /// Where HTTP is served; port 0 takes a free one. Peers at http:// addresses are called in any case.
    HttpOptions http{};
    /// TCP between nodes of this library; absent: none. Peers at tcp:// addresses are reached only with it.
    std::optional<TcpOptions> tcp{};
    /// Everything else. `config.limits.payload_max` goes into `http` and `tcp`.
    Config config{};
    /// An io_context of the host's, which outlives the node; null: one of its own, with a thread that runs it.
    asio::io_context* io{nullptr};
    /// How long `stop` waits at most for what is queued to leave by HTTP: several times what a push takes. Peers that do
    /// not answer are not waited for. Only without an io_context of the host's, and not when a handler stops the node.
    Duration drain_timeout{std::chrono::milliseconds{250}};
    /// Decides all random choices; absent: from the system.
    std::optional<std::uint64_t> seed{};
};

/// A node with everything it needs: clock, HTTP and TCP transports, peers, set reconciliation and protocol in one object.
///
///     lattice::Node node({.id = "alice", .http = {.port = 8000}}, lattice::FixedPeers{lattice::Peer{"bob", url}});
///     node.register_handler<Proof>("proof", [](const Proof& proof) { ... });
///     node.start();
///     node.broadcast("proof", proof);
///
/// Peers come from any PeerSource, each with an address of the form `http://host:port` or `tcp://host:port`; a node that
/// serves both bridges between peers that speak one. Besides the gossip endpoints it serves `/health`, `/metrics`
/// (Prometheus) and `/api/gossip/stats` (JSON).
///
/// Threads. Without an io_context of the host's: every member may be called from any thread, returns when it is done, and
/// throws what goes wrong; only destruction must not happen in a handler. Handlers and validators run one at a time, on a
/// thread of the node's or, without TCP, on whichever calls it meanwhile: do not call while holding a lock that a handler
/// takes. On an io_context of the host's: handlers run on the thread that runs it, calls belong there, or to any while none
/// does, and nothing waits; a broadcast made while none does is posted. In both cases `post` may be called from any thread
/// and never waits.
template <PeerSource P = FixedPeers>
class Node {
   public:
    using Protocol = GossipProtocol<TransportSet, AsioClock, P>;

    /// Takes the addresses to serve at. Throws ConfigError for settings that cannot work, std::runtime_error when an address
    /// cannot be had.
    explicit Node(NodeOptions options, P peers = P{})
        : owns_thread_(options.io == nullptr),
          drain_timeout_(options.drain_timeout),
          clock_(make_clock(options)),
          peers_(std::move(peers)),
          http_(clock_, http_options(options)),
          protocol_(transports_, clock_, peers_, config_of(options), options.seed ? *options.seed : entropy()) {
        transports_.add("http", http_);
        if (options.tcp) {
            tcp_.emplace(io(), tcp_options(options));
            transports_.add("tcp", *tcp_);
        }
        protocol_.reconcile_with(std::make_unique<reconcile::SetReconciler>());
        serve_pages();
    }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Stops, and ends the thread if there is one. Not within a handler.
    ~Node() {
        stop();
        if (owns_thread_) {
            clock_.stop();
        }
    }

    /// Begins to serve and to gossip. Again, also after `stop`: goes on with what it holds.
    void start() {
        call([this] { protocol_.start(); });
    }

    /// Ends gossiping; HTTP callers get 503 until the next `start`. No handler runs once this has returned. What was
    /// broadcast before still leaves, within NodeOptions::drain_timeout.
    void stop() {
        const bool was_running = call([this] {
            const bool ran = protocol_.running();
            protocol_.stop();
            return ran;
        });
        if (was_running && owns_thread_ && !clock_.on_executor()) {
            http_.flush(drain_timeout_);
        }
    }

    [[nodiscard]] bool running() {
        return call([this] { return protocol_.running(); });
    }

    /// Sets the handler of a message type. See GossipProtocol::register_handler.
    void register_handler(std::string_view type, MessageHandler handler) {
        call([&] { protocol_.register_handler(type, std::move(handler)); });
    }

    /// Sets a handler that takes the payload as a T: nlohmann::json, a type with to_json and from_json, std::string, ...
    template <PayloadValue T, typename F>
    void register_handler(std::string_view type, F handler) {
        call([&] { protocol_.template register_handler<T>(type, std::move(handler)); });
    }

    /// Sets the handler of every type that has none of its own.
    void register_default_handler(MessageHandler handler) {
        call([&] { protocol_.register_default_handler(std::move(handler)); });
    }

    /// Sets the validator of a message type, which decides before the handler whether the message is good.
    void register_validator(std::string_view type, Validator validator) {
        call([&] { protocol_.register_validator(type, std::move(validator)); });
    }

    /// Spreads a message to every node: Bytes, or any value with a PayloadCodec. The outcome says how many peers it left for;
    /// `receipted` is told on the node's thread what came of `options.receipt` (see BroadcastOptions).
    template <PayloadValue T>
    PublishOutcome broadcast(std::string_view type, const T& value, PublishOptions options = {},
                             Callback<void(const ReceiptOutcome&)> receipted = {}) {
        Bytes payload = PayloadCodec<T>::encode(value);
        BroadcastOptions all{options, {}, std::move(receipted)};
        return call([&] { return protocol_.broadcast(type, std::move(payload), std::move(all)); });
    }

    /// The same without waiting: `outcome`, if there is one, is called on the node's thread when this has said `posted`.
    template <PayloadValue T>
    PublishOutcome post(std::string_view type, const T& value, PublishOptions options = {},
                        Callback<void(const PublishOutcome&)> outcome = {},
                        Callback<void(const ReceiptOutcome&)> receipted = {}) {
        return protocol_.broadcast(type, PayloadCodec<T>::encode(value),
                                   BroadcastOptions{options, std::move(outcome), std::move(receipted)});
    }

    /// Answers for a message that a validator deferred. Never waits.
    void resolve(const MessageId& key, Verdict verdict) { protocol_.resolve(key, verdict); }

    /// From now on the peers are these.
    void set_peers(PeerList peers) requires requires(P& source, PeerList list) { source.replace(list); }
    {
        call([&] { peers_.replace(std::move(peers)); });
    }

    [[nodiscard]] Statistics statistics() {
        return call([this] { return protocol_.statistics(); });
    }

    /// Runs `job(protocol)` where the protocol lives, and gives what it returns: for everything that has no member here.
    template <typename F>
    auto with_protocol(F job) {
        return call([&] { return job(protocol_); });
    }

    [[nodiscard]] const std::string& id() const noexcept { return protocol_.config().node_id; }

    /// The port that HTTP is served at; 0 when it is not.
    [[nodiscard]] std::uint16_t http_port() const noexcept { return http_.port(); }
    /// What others call this node by, `http://host:port`.
    [[nodiscard]] std::string http_address() const { return http_.address(); }
    /// The same for TCP, `tcp://host:port`; empty when it does not listen.
    [[nodiscard]] std::string tcp_address() const { return tcp_ ? tcp_->address() : std::string{}; }

    /// httplib's server, for routes of the host's own; null when nothing is served. Only before the first `start`.
    [[nodiscard]] httplib::Server* routes() noexcept { return http_.routes(); }

   private:
    /// TCP's sockets need the thread of their io_context; without them whoever calls may run the protocol.
    static AsioClock make_clock(const NodeOptions& options) {
        if (options.io != nullptr) {
            return AsioClock(*options.io);
        }
        return AsioClock::with_own_thread(options.tcp ? CallbackThreads::own : CallbackThreads::callers);
    }

    static Config config_of(const NodeOptions& options) {
        Config config = options.config;
        config.node_id = options.id;
        return config;
    }

    static HttpOptions http_options(const NodeOptions& options) {
        if (const auto error = validate(config_of(options))) {
            throw *error;  // before an address is taken
        }
        HttpOptions http = options.http;
        http.node_id = options.id;
        http.limits.payload_max = options.config.limits.payload_max;
        return http;
    }

    static TcpOptions tcp_options(const NodeOptions& options) {
        TcpOptions tcp = *options.tcp;
        tcp.node_id = options.id;
        tcp.payload_max = options.config.limits.payload_max;
        return tcp;
    }

    static std::uint64_t entropy() {
        std::random_device source;
        return (std::uint64_t{source()} << 32U) | source();
    }

    void serve_pages() {
        http_.add_page("/metrics", std::string(prometheus_media_type),
                       [this] { return prometheus_text(protocol_.statistics()); });
        http_.add_page("/api/gossip/stats", "application/json",
                       [this] { return statistics_json(protocol_.statistics()); });
    }

    [[nodiscard]] asio::io_context& io() const noexcept { return clock_.executor().context(); }

    /// Runs `job` where the protocol lives, and waits for it where that is another thread.
    template <typename F>
    auto call(F job) -> std::invoke_result_t<F&> {
        if (!owns_thread_ || clock_.on_executor()) {
            return job();
        }
        std::packaged_task<std::invoke_result_t<F&>()> task(std::move(job));
        auto result = task.get_future();
        clock_.dispatch([&task] { task(); });
        return result.get();
    }

    const bool owns_thread_;
    const Duration drain_timeout_;
    AsioClock clock_;
    P peers_;
    HttpTransport http_;
    std::optional<TcpTransport> tcp_;
    TransportSet transports_;
    Protocol protocol_;
};

/// The process-wide node of `init_gossip_protocol`: its peers come from a function.
using ProcessWideNode = Node<CallbackPeers>;

/// Makes the process-wide node, as the reference does: from settings, a node id, and a function that gives the peers that
/// are alive, as PeerList or std::vector<Peer>. It is not started. Throws what Node's constructor throws, and
/// std::logic_error when there is one already. One thread at a time makes and shuts down.
template <typename F>
ProcessWideNode& init_gossip_protocol(Config config, std::string node_id, F get_peers, HttpOptions http = {}) {
    NodeOptions options;
    options.id = std::move(node_id);
    options.http = std::move(http);
    options.config = std::move(config);
    return init_gossip_protocol<ProcessWideNode>(std::move(options), CallbackPeers(std::move(get_peers)));
}

/// The process-wide node, or null when there is none. Any thread.
[[nodiscard]] inline ProcessWideNode* get_gossip_protocol() noexcept { return get_gossip_protocol<ProcessWideNode>(); }

/// Stops and destroys the process-wide node, if there is one. May be followed by another init. Not within a handler.
inline void shutdown_gossip_protocol() noexcept { shutdown_gossip_protocol<ProcessWideNode>(); }

}  // namespace lattice::inline v0
