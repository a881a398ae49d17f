#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <lattice/core/box.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/config.hpp>
#include <lattice/core/engine.hpp>
#include <lattice/core/handlers.hpp>
#include <lattice/core/lifeline.hpp>
#include <lattice/core/peer_source.hpp>
#include <lattice/core/receipt_callbacks.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/core/wake_timer.hpp>

namespace lattice::inline v0 {

/// Gossip for a host with its own networking, time and discovery: the engine, three references, and the loop that carries
/// out what the engine decides. It takes no decision about the protocol itself.
///
/// Threads. The object lives on the executor of `clock`: construction, destruction and all calls belong there, except
/// `broadcast`, `inspect` and `resolve`, which may be called from any thread and post when they have to. Handlers and
/// validators run there too, under no lock, and may call everything but the destructor.
///
/// Ownership. Transport, clock and peer source are the host's and outlive the object. Destruction stops it.
template <Transport TransportT, Clock ClockT, PeerSource PeerSourceT>
class GossipProtocol {
    using Parts = Dependent<OnUse, TransportT>;  // See BasicEngine.
    using Frame = Dependent<v0::Frame, TransportT>;
    using Engine = BasicEngine<Parts>;
    using Effects = BasicEffects<Parts>;

   public:
    /// A node with its own settings. `seed` decides all its random choices and salts: fixed in tests, from real entropy
    /// in production. Throws ConfigError, which names the setting that cannot work.
    GossipProtocol(TransportT& transport, ClockT& clock, PeerSourceT& peers, Config config, std::uint64_t seed)
        : GossipProtocol(transport, clock, peers, share(std::move(config)), seed) {}

    /// A node with settings that it shares with others; `self` is then who it is, and Config::node_id is not used.
    GossipProtocol(TransportT& transport, ClockT& clock, PeerSourceT& peers, std::shared_ptr<const Config> config,
                   Peer self, std::uint64_t seed)
        : transport_(transport),
          clock_(clock),
          peers_(peers),
          engine_(std::move(config), std::move(self), seed),
          lifeline_(std::make_shared<Lifeline<GossipProtocol>>(this)),
          timer_(clock) {}

    GossipProtocol(const GossipProtocol&) = delete;
    GossipProtocol& operator=(const GossipProtocol&) = delete;
    ~GossipProtocol() {
        stop();
        clock_.cancel(pause_);
        lifeline_->self = nullptr;
    }

    /// Opens the transport and begins to gossip. May be repeated, also after `stop`.
    void start() {
        if (running_) {
            return;
        }
        running_ = true;
        engine_.rely_on_transport(is_reliable(transport_));
        transport_.open({[this](const Peer& from, Frame frame) { return receive(from, std::move(frame)); },
                         [this](const Peer& peer) { peer_failed(peer); },
                         [this](const Message& message) { engine_.expect(message); }});
        if constexpr (NotifyingPeerSource<PeerSourceT>) {
            peers_.on_change([this] {
                ask_for_peers(now());
                settle(now());
            });
        }
        const Now at = now();
        engine_.start(at, is_partial(peers_) ? Membership::partial : Membership::full);
        ask_for_peers(at);
        settle(at);
    }

    /// Ends gossiping and closes the transport. What was seen and is held stays for a later start.
    void stop() {
        if (!running_) {
            return;
        }
        running_ = false;
        if constexpr (NotifyingPeerSource<PeerSourceT>) {
            peers_.on_change({});
        }
        transport_.close();
        timer_.cancel();
        posted_.resume();
        engine_.give_up_receipts(effects_);
        engine_.stop();
        forget_effects();
        receipts_.run();
    }

    [[nodiscard]] bool running() const noexcept { return running_; }

    /// Sets the handler of a message type; a second one replaces the first, but not from within that handler itself.
    void register_handler(std::string_view type, MessageHandler handler) {
        handlers().set_handler(type, std::move(handler));
    }

    /// Sets a handler `f(const T&)` or `f(const T&, const Delivery&)`. A payload that is no T makes the message invalid.
    template <PayloadValue T, typename F>
    void register_handler(std::string_view type, F handler) {
        handlers().template set_typed_handler<T>(type, std::move(handler));
    }

    /// Sets the handler of every type that has none of its own.
    void register_default_handler(MessageHandler handler) { handlers().set_default_handler(std::move(handler)); }
    /// Sets the validator of a message type, asked before the handler.
    void register_validator(std::string_view type, Validator validator) {
        handlers().set_validator(type, std::move(validator));
    }

    /// Sets the validator of every type that has none of its own.
    void register_default_validator(Validator validator) { handlers().set_default_validator(std::move(validator)); }

    /// Uses set reconciliation for anti-entropy (see Reconciler), where the peer understands it. On the executor.
    void reconcile_with(std::unique_ptr<Reconciler> reconciler) { engine_.reconcile_with(std::move(reconciler)); }

    /// Answers for a message that a validator deferred, named by Message::key(). `deferred` and unknown keys change nothing.
    /// Any thread.
    void resolve(const MessageId& key, Verdict verdict) {
        if (clock_.on_executor()) {
            resolve_now(key, verdict);
        } else {
            post([key, verdict](GossipProtocol& self) { self.resolve_now(key, verdict); });
        }
    }

    /// Spreads a message to every node. The payload is shared, not copied. Any thread: on the executor the outcome is known
    /// at once; elsewhere well-formed messages are posted, and `options.outcome` gets it.
    ///
    /// The own handlers are not called. Type: 1 to 64 printable ASCII characters without spaces.
    PublishOutcome broadcast(std::string_view type, Bytes payload, BroadcastOptions options = {}) {
        if (options.receipted && !options.receipt) {
            return {PublishOutcome::Status::bad_receipt};
        }
        if (clock_.on_executor()) {
            return broadcast_now(type, payload, options);
        }
        return broadcast_posted(type, std::move(payload), std::move(options));
    }

    /// The same for a value with a PayloadCodec, as nlohmann::json has one with <lattice/codec/json_payload.hpp>.
    template <PayloadValue T>
        requires(!std::is_same_v<T, Bytes>)
    PublishOutcome broadcast(std::string_view type, const T& value, BroadcastOptions options = {}) {
        return broadcast(type, PayloadCodec<T>::encode(value), std::move(options));
    }

    /// The counters; the engine, for reading. On the executor only; from elsewhere use `inspect`.
    [[nodiscard]] Statistics statistics() const noexcept { return engine_.statistics(); }
    [[nodiscard]] const Engine& engine() const noexcept { return engine_; }

    /// Lets `read` look at the engine on the executor: at once when called there, else soon. Any thread. It is dropped
    /// uncalled when the object ends first.
    void inspect(Callback<void(const Engine&)> read) {
        if (clock_.on_executor()) {
            read(engine_);
        } else {
            post([read = std::move(read)](GossipProtocol& self) mutable { read(self.engine_); });
        }
    }

    /// What an input leaves to be done. Nothing between inputs: only for who has its memory fetched ahead of one.
    [[nodiscard]] const Effects& effects() const noexcept { return effects_; }
    [[nodiscard]] const Config& config() const noexcept { return engine_.config(); }
    [[nodiscard]] const Peer& self() const noexcept { return engine_.self(); }

   private:
    GossipProtocol(TransportT& transport, ClockT& clock, PeerSourceT& peers, std::shared_ptr<const Config> config,
                   std::uint64_t seed)
        : GossipProtocol(transport, clock, peers, config, Peer(config->node_id), seed) {}

    static std::shared_ptr<const Config> share(Config config) {
        require_valid(config);
        return std::make_shared<const Config>(std::move(config));
    }

    [[nodiscard]] Now now() { return {clock_.now(), clock_.wall()}; }

    Handlers& handlers() {
        if (!handlers_) {
            handlers_ = Box<Handlers>::make();
        }
        return *handlers_;
    }

    Receipt receive(const Peer& from, Frame&& frame) {
        const Now at = now();
        refresh_peers(at);
        const Receipt receipt = engine_.receive(from, std::move(frame), at, effects_);
        const Receipt settled = settle(at);
        return receipt.disposition == Disposition::pending ? settled : receipt;
    }

    void peer_failed(const Peer& peer) {
        const Now at = now();
        engine_.peer_failed(peer, at, effects_);
        settle(at);
    }

    void wake() {
        const Now at = now();
        refresh_peers(at);
        engine_.wake(at, effects_);
        settle(at);
    }

    PublishOutcome broadcast_now(std::string_view type, const Bytes& payload, BroadcastOptions& options) {
        const Now at = now();
        if (running_) {
            refresh_peers(at);
        }
        carry_out_sends();
        PublishOutcome outcome = engine_.publish(type, payload.view(), options, at, effects_);
        if (outcome && outcome.peers != 0) {
            outcome = posted_.heed(outcome, carry_out_sends());
        }
        receipts_.expect(outcome, options);
        settle(at);
        return outcome;
    }

    PublishOutcome broadcast_posted(std::string_view type, Bytes payload, BroadcastOptions options) {
        if (const auto refusal = refuse_publish(config(), type, payload.size(), options)) {
            return {*refusal};
        }
        if (!lifeline_->posted.take(payload.size(), config().limits)) {
            return {PublishOutcome::Status::overloaded};
        }
        post([next = PostedBroadcast{std::string(type), std::move(payload), std::move(options)}](auto& self) mutable {
            self.posted_.add(std::move(next));
            self.run_posted();
        });
        return {PublishOutcome::Status::posted};
    }

    /// Runs what was posted. While the peers' queues are crowded it waits, and comes back after a pause.
    void run_posted() {
        if (pause_ == 0 && posted_.wait()) {
            pause_ = clock_.run_at(clock_.now() + PostedBroadcasts::pause, [this] {
                pause_ = 0;
                posted_.resume();
                run_posted();
            });
        }
        posted_.run(lifeline_->posted,
                    [this](PostedBroadcast& next) { return broadcast_now(next.type, next.payload, next.options); });
    }

    void resolve_now(const MessageId& key, Verdict verdict) {
        for (std::size_t i = 0; i < deferred_.size(); ++i) {
            if (verdict != Verdict::deferred && deferred_[i].message.key() == key) {
                const auto offer = std::move(deferred_[i]);
                deferred_.erase(deferred_.begin() + static_cast<std::ptrdiff_t>(i));
                Conclusion conclusion{};
                {
                    const DepthGuard guard(depth_);
                    conclusion = handlers().conclude(delivery_of(offer), verdict);
                }
                const Now at = now();
                engine_.conclude(offer.ticket, conclusion, at, effects_);
                return static_cast<void>(settle(at));
            }
        }
    }

    /// Carries out everything that is due, and arms the timer. Within a handler only frames go out; the rest is the
    /// outermost call's, so that handlers do not nest. Returns what became of the last offer. `at`: when this input came, for
    /// the engine; the clock is not read again for every message.
    Receipt settle(Now at) {
        Receipt receipt{Disposition::pending};
        carry_out_sends();
        if (depth_ != 0) {
            return receipt;
        }
        while (offers_done_ < effects_.offers.size()) {
            const auto offer = std::move(effects_.offers[offers_done_++]);
            receipt = carry_out(offer, at);
            carry_out_sends();
        }
        forget_effects();
        timer_.arm(running_ ? engine_.next_wake() : TimePoint::max(), [this] { wake(); });
        receipts_.run();
        return receipt;
    }

    void forget_effects() {
        receipts_.note_all(effects_.receipts);
        effects_.clear();
        offers_done_ = 0;
        sends_done_ = 0;
    }

    /// Hands all frames that are due to the transport. Returns what it said about them.
    SendSummary carry_out_sends() {
        SendSummary summary;
        while (sends_done_ < effects_.sends.size()) {
            const auto send = std::move(effects_.sends[sends_done_++]);
            if (!running_) {
                continue;
            }
            statuses_.assign(send.count, SendStatus::sent);
            transport_.send(send.frame, effects_.targets_of(send), statuses_);
            for (std::uint32_t i = 0; i < send.count; ++i) {
                if (summary.count(statuses_[i])) {
                    continue;
                }
                const bool busy = statuses_[i] == SendStatus::busy;
                const Peer peer = effects_.targets[send.first + i];
                engine_.not_sent(send.frame, peer, busy ? SendFailure::busy : SendFailure::unreachable, now(),
                                 effects_);
            }
        }
        return summary;
    }

    Receipt carry_out(const typename Effects::Offer& offer, Now at) {
        std::optional<Conclusion> conclusion = Conclusion::accepted;
        if (handlers_) {
            const DepthGuard guard(depth_);
            conclusion = handlers_->process(delivery_of(offer));
        }
        if (!conclusion) {
            deferred_.push_back(offer);
            return {Disposition::pending};
        }
        engine_.conclude(offer.ticket, *conclusion, at, effects_);
        return receipt_of(*conclusion);
    }

    static Delivery delivery_of(const typename Effects::Offer& offer) noexcept {
        return {offer.message, offer.from, offer.envelope, offer.retrieved};
    }

    /// Asks a source that does not tell of changes, now and then.
    void refresh_peers(Now at) {
        if constexpr (!NotifyingPeerSource<PeerSourceT>) {
            if (at.time >= peers_asked_at_ + config().peer_refresh_interval) {
                ask_for_peers(at);
            }
        }
    }

    void ask_for_peers(Now at) {
        peers_asked_at_ = at.time;
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(peers_.peers())>, PeerList>) {
            PeerList list = peers_.peers();
            if (!list.same_as(engine_.peers())) {
                engine_.peers_changed(std::move(list), at);
            }
        } else {
            engine_.peers_changed(PeerList(peers_.peers()), at);
        }
    }

    template <typename Job>
    void post(Job job) {
        clock_.post([lifeline = lifeline_, job = std::move(job)]() mutable {
            if (lifeline->self != nullptr) {
                job(*lifeline->self);
            }
        });
    }

    TransportT& transport_;
    ClockT& clock_;
    PeerSourceT& peers_;
    Engine engine_;
    Box<Handlers> handlers_;
    Effects effects_;
    std::vector<Dependent<SendStatus, TransportT>> statuses_;
    std::vector<typename Effects::Offer> deferred_;  ///< Offers whose verdict was deferred; bounded by the engine.
    std::shared_ptr<Lifeline<GossipProtocol>> lifeline_;
    PostedBroadcasts posted_;
    BasicReceiptCallbacks<Parts> receipts_;
    TimerId pause_{0};  ///< Until `posted_` is tried again.
    WakeTimer<ClockT> timer_;
    TimePoint peers_asked_at_{};
    std::size_t offers_done_{0};
    std::size_t sends_done_{0};
    std::uint32_t depth_{0};
    bool running_{false};
};

}  // namespace lattice::inline v0
