#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <lattice/core/answer_ledger.hpp>
#include <lattice/core/anti_entropy.hpp>
#include <lattice/core/box.hpp>
#include <lattice/core/config.hpp>
#include <lattice/core/defects.hpp>
#include <lattice/core/delegation.hpp>
#include <lattice/core/effects.hpp>
#include <lattice/core/engine/overlay_state.hpp>
#include <lattice/core/engine/tree_state.hpp>
#include <lattice/core/lazy_push.hpp>
#include <lattice/core/message_cache.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/peer_sampling.hpp>
#include <lattice/core/peer_table.hpp>
#include <lattice/core/publish.hpp>
#include <lattice/core/push_ledger.hpp>
#include <lattice/core/reconcile_session.hpp>
#include <lattice/core/reconciler.hpp>
#include <lattice/core/request_scheduler.hpp>
#include <lattice/core/seen_set.hpp>
#include <lattice/core/spread_tuner.hpp>
#include <lattice/core/statistics.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/core/validation_queue.hpp>

namespace lattice::inline v0 {

/// What part of the network the peers are that the host names.
enum class Membership : std::uint8_t { full, partial };

/// Why a frame was not taken by the transport.
enum class SendFailure : std::uint8_t { busy, unreachable };

template <typename T>
class BasicReceiptKeeper;

/// The gossip protocol as a state machine without input or output.
///
/// The problem: a message that one node publishes has to reach every node, fast, once, and surely, over links that lose,
/// reorder and lie. The means: new messages are pushed at once along a tree that the message itself grows, each branch with
/// the part of the network that it is to reach, or to `fanout` random peers (rumor mongering); they are announced for some
/// rounds to others, which fetch what they miss (lazy push and pull), and now and then all held names are compared with one
/// peer (anti-entropy).
///
/// Every input takes the time, and appends what is to be done to Effects. Nothing blocks, calls back, reads a clock or draws
/// from a generator but its own: the same inputs give the same effects, byte for byte. One thread at a time.
///
/// Order of work on a received message: size and shape; duplicate look-up; share of the peer; hops, time, expiry; identity;
/// insertion as seen; the host's verdict and handlers; cache; announcement; forwarding. What was not delivered does not stay
/// seen, except what the host rejected.
template <typename T>
class BasicEngine {
    // The parts by their own names. Since these depend on T, who only includes the engine does not pay for looking into them.
    using Frame = Dependent<v0::Frame, T>;
    using Effects = BasicEffects<T>;
    using SeenSet = BasicSeenSet<T>;
    using MessageCache = BasicMessageCache<T>;
    using PeerTable = BasicPeerTable<T>;
    using ValidationQueue = BasicValidationQueue<T>;
    using LazyPush = BasicLazyPush<T>;
    using AntiEntropy = BasicAntiEntropy<T>;
    using RequestScheduler = BasicRequestScheduler<T>;
    using AnswerLedger = BasicAnswerLedger<T>;
    using PushLedger = BasicPushLedger<T>;
    using OriginTrees = BasicOriginTrees<T>;
    using OverlayState = BasicOverlayState<T>;
    using TreeState = BasicTreeState<T>;
    using ReceiptKeeper = BasicReceiptKeeper<T>;
    friend ReceiptKeeper;

   public:
    /// `config` must be valid (see validate) and may be shared by many engines. `self` is this node; `seed` decides every
    /// random choice.
    BasicEngine(std::shared_ptr<const Config> config, Peer self, std::uint64_t seed)
        : config_(std::move(config)),
          self_(std::move(self)),
          random_(seed),
          seen_(config_->limits.horizon + config_->limits.clock_lead_max, config_->limits.seen_ids_max, random_),
          cache_(config_->message_cache_size, config_->limits.cache_bytes_max, random_),
          peer_states_(config_->limits.peer_states_max, random_) {}

    /// Starts or resumes: inputs are heeded from now on. Who knows only part of the network uses an overlay, unless
    /// Config::dissemination says otherwise.
    void start(Now now, Membership known = Membership::full) {
        running_ = true;
        born_ = born_ == WallTime{} ? now.wall : born_;
        knows_part_only_ = known == Membership::partial;
        next_round_ = lazy_.empty() ? TimePoint::max() : now.time + config_->gossip_interval;
        schedule_first_sync(now);
    }

    /// Uses set reconciliation for anti-entropy with peers that understand it, instead of lists of names. Null ends that.
    void reconcile_with(std::unique_ptr<Reconciler> reconciler) {
        session_.end();
        cache_.listen(nullptr);
        reconciler_ = std::move(reconciler);
        if (reconciler_) {
            reconciler_->attach(cache_, random_.next());
        }
        cache_.listen(reconciler_.get());
    }

    /// Whoever waits for a receipt is told that this node stops. To be called before `stop`.
    void give_up_receipts(Effects& effects) { receipts().give_up(effects); }

    /// Stops: requests and sessions are given up; what was seen and is held stays.
    void stop() noexcept {
        running_ = false;
        next_sync_ = TimePoint::max();
        next_round_ = TimePoint::max();
        sync_.give_up();
        session_.end();
        scheduler_.reset();
        tree_.reset();
        overlay_.reset();
        upcoming_ = {};
        peer_states_ = PeerTable(config_->limits.peer_states_max, random_);
    }

    /// The host broadcasts. The timestamp is the wall time, moved on by up to a second where needed so that equal messages
    /// get different ids.
    PublishOutcome publish(std::string_view type, ByteView payload, const PublishOptions& options, Now now,
                           Effects& effects);

    /// A frame came from a peer. The receipt tells what became of the message of a Push or Provide.
    Receipt receive(const Peer& from, Frame frame, Now now, Effects& effects) {
        if (!running_) {
            return {Disposition::refused, Refusal::overloaded};
        }
        note_language(frame, from, now);
        switch (static_cast<FrameKind>(frame.index())) {
            case FrameKind::push:
                return on(*std::get_if<Push>(&frame), from, now, effects);
            case FrameKind::provide:
                return on(*std::get_if<Provide>(&frame), from, now, effects);
            case FrameKind::announce:
                return on(*std::get_if<Announce>(&frame), from, now, effects);
            case FrameKind::request:
                return on(*std::get_if<Request>(&frame), from, now, effects);
            case FrameKind::not_found:
                return on(*std::get_if<NotFound>(&frame), from, now, effects);
            case FrameKind::sync_request:
                return on(*std::get_if<SyncRequest>(&frame), from, now, effects);
            case FrameKind::sync_ids:
                return on(*std::get_if<SyncIds>(&frame), from, now, effects);
            case FrameKind::reconcile:
                return on(*std::get_if<Reconcile>(&frame), from, now, effects);
            case FrameKind::link_control:
                return on(*std::get_if<LinkControl>(&frame), from, now, effects);
            case FrameKind::acknowledge:
                return on(*std::get_if<Acknowledge>(&frame), from, now, effects);
        }
        return {};
    }

    /// Whether frames that the transport took arrive, short of a failure that it reports; else pushes are acknowledged.
    void rely_on_transport(bool reliable) noexcept { reliable_ = reliable; }

    /// The host is done with an offered message. False for a ticket that was concluded before.
    bool conclude(Ticket ticket, Conclusion conclusion, Now now, Effects& effects);

    /// The peers to gossip with are these from now on. The list may hold this node and doubles.
    void peers_changed(PeerList peers, Now now);

    /// The transport lost the peer: what it was asked for is asked of others.
    void peer_failed(const Peer& peer, Now now, Effects& effects);

    /// The transport could not take a frame of ours for that peer.
    void not_sent(const Frame& frame, const Peer& peer, SendFailure failure, Now now, Effects& effects);

    /// Time has reached `next_wake()`.
    void wake(Now now, Effects& effects);

    /// When `wake` has something to do; TimePoint::max() when nothing is.
    [[nodiscard]] TimePoint next_wake() const noexcept {
        TimePoint next = next_round_ < next_sync_ ? next_round_ : next_sync_;
        next = sync_.deadline() < next ? sync_.deadline() : next;
        next = session_.deadline() < next ? session_.deadline() : next;
        next = tree_ && tree_->pushes.next_deadline() < next ? tree_->pushes.next_deadline() : next;
        next = tree_ && tree_->receipts && tree_->receipts->next_due() < next ? tree_->receipts->next_due() : next;
        next = overlay_ && overlay_->due() < next ? overlay_->due() : next;
        return scheduler_ && scheduler_->next_deadline() < next ? scheduler_->next_deadline() : next;
    }

    /// This message comes soon: what is known of its name is fetched from memory meanwhile, and its id checked together
    /// with another one's.
    void expect(const Message& message) noexcept {
        seen_.prefetch(message.key());
        upcoming_ = message;
    }
    /// The same for the memory that a frame needs, in steps, from 0 to 4, with some time between them.
    void expect(const Frame& frame, const Peer& from, unsigned step) const noexcept;

    /// Whether a message of that key was taken before.
    [[nodiscard]] bool has_seen(const MessageId& key) const noexcept { return seen_.contains(key); }

    /// The messages held.
    [[nodiscard]] const MessageCache& cache() const noexcept { return cache_; }
    [[nodiscard]] const SeenSet& seen() const noexcept { return seen_; }
    /// Names of messages that this node misses and knows a holder of.
    [[nodiscard]] std::size_t names_wanted() const noexcept { return scheduler_ ? scheduler_->size() : 0; }
    [[nodiscard]] const Config& config() const noexcept { return *config_; }
    [[nodiscard]] const Peer& self() const noexcept { return self_; }
    [[nodiscard]] const PeerList& peers() const noexcept { return peers_; }

    /// The counters, with the gauges filled in.
    [[nodiscard]] Statistics statistics() const noexcept;

   private:
    // Inputs by kind of frame (engine/intake.hpp, engine/repair.hpp, engine/reconcile.hpp).
    Receipt on(Push& push, const Peer& from, Now now, Effects& effects);
    Receipt on(Provide& provide, const Peer& from, Now now, Effects& effects);
    Receipt on(Announce& announce, const Peer& from, Now now, Effects& effects);
    Receipt on(Request& request, const Peer& from, Now now, Effects& effects);
    Receipt on(NotFound& not_found, const Peer& from, Now now, Effects& effects);
    Receipt on(SyncRequest& request, const Peer& from, Now now, Effects& effects);
    Receipt on(SyncIds& page, const Peer& from, Now now, Effects& effects);
    Receipt on(Reconcile& frame, const Peer& from, Now now, Effects& effects);
    Receipt on(Acknowledge& frame, const Peer& from, Now now, Effects& effects);
    Receipt on(LinkControl& frame, const Peer& from, Now now, Effects& effects);

    // Messages (engine/intake.hpp).
    enum class Arrival : std::uint8_t { pushed, provided };
    Receipt take(Message message, Envelope envelope, const Route& route, const Peer& from, Arrival arrival, Now now,
                 Effects& effects);
    Receipt admit(Message message, Envelope envelope, const Route& route, const Peer& from, Arrival arrival, Now now,
                  Effects& effects);
    Message authenticate(Message message);
    bool is_wanted(const Message& message) const noexcept;
    void pass_on(const MessageId& name, Naming naming, const Peer& from, Now now, Effects& effects);
    std::optional<Refusal> check_admission(const Message& message, Envelope envelope, Arrival arrival,
                                           Now now) const noexcept;
    std::optional<Refusal> check_shape(const Message& message) const noexcept;
    std::optional<Refusal> check_time(const Message& message, bool wanted, Now now) const noexcept;
    bool within_share(const Message& message, const Peer& from, Now now);
    void hold(const Message& message, Envelope outgoing, const Route& route, const Peer& source, Now now);
    void push(const Message& message, Envelope outgoing, const Peer& from, Effects& effects);
    Receipt refuse(Refusal reason) noexcept {
        statistics_.refused[static_cast<std::size_t>(reason)] +=
            detail::planted(detail::Defect::count_refusals_twice) ? 2 : 1;
        return {Disposition::refused, reason};
    }

    // Trees (engine/tree.hpp, engine/tree_repair.hpp).
    TreeState& tree();
    [[nodiscard]] Duration rescue_grace();
    void note_lateness(const MessageId& key, Now now);
    void forward(const Message& message, Envelope outgoing, const Route& route, const Peer& from, Now now,
                 Effects& effects);
    [[nodiscard]] Route own_route() const noexcept;
    [[nodiscard]] bool is_direct() const noexcept;
    [[nodiscard]] bool lists(std::string_view node_id) const noexcept;
    [[nodiscard]] std::uint32_t view() const noexcept;
    [[nodiscard]] std::size_t degree_for(std::size_t payload_size) const noexcept;
    void delegate(const typename PushLedger::Entry& task, std::uint64_t hole, Now now, Effects& effects);
    void push_leaves(const typename PushLedger::Entry& task, std::size_t first, Now now, Effects& effects);
    void count_pushes(Envelope outgoing, std::size_t count) noexcept;
    void try_again(typename PushLedger::Entry entry, Now now, Effects& effects);
    void wait_for(typename PushLedger::Entry entry, Now now);
    [[nodiscard]] Route route_to(Slice slice, bool acknowledge, std::uint8_t copy);
    [[nodiscard]] Duration patience_with(const Peer& peer);
    [[nodiscard]] Duration lateness_of(const Peer& peer, Now now);
    [[nodiscard]] bool is_suspect(const Peer& peer, Now now) const noexcept;
    void suspect(const Peer& peer, Now now);
    void take_over(const MessageId& key, Envelope envelope, const Route& route, const Peer& from, Now now,
                   Effects& effects);
    void take_branch(const MessageId& key, const Route& route, const Peer& from, Now now, Effects& effects);
    void has_already(const MessageId& key, const Peer& peer);
    void acknowledge(const MessageId& key, std::uint8_t copy, const Peer& to, Effects& effects);
    void expire_pushes(Now now, Effects& effects);
    void give_branch_to_others(typename PushLedger::Entry& entry, Now now, Effects& effects);
    void push_not_sent(const Push& push, const Peer& peer, Now now, Effects& effects);
    void pushes_failed(const Peer& peer, Now now, Effects& effects);

    ReceiptKeeper receipts() noexcept { return ReceiptKeeper(*this); }  // engine/receipts.hpp

    // Overlays (engine/overlay.hpp).
    OverlayState& overlay(Now now);
    [[nodiscard]] bool uses_overlay() const noexcept;
    [[nodiscard]] std::uint32_t link_of(const Peer& peer) const noexcept;
    void say(const Peer& peer, LinkControl control, Effects& effects);
    bool heeds_link_control(PeerState& state, Now now) const noexcept;
    void herald(OriginKey origin, const MessageId& name, LinkMask except, Effects& effects);
    void heralded(const LinkControl& frame, std::uint32_t link, Now now, Effects& effects);
    void doubt_silent_neighbours(Now now, Effects& effects);
    void grafted(const LinkControl& frame, std::uint32_t link, Now now, Effects& effects);
    void carry_out(typename OriginTrees::TreeChange change, OriginKey origin, Effects& effects);
    [[nodiscard]] Duration wait_for_payload(std::uint32_t link, OriginKey origin) const noexcept;
    LinkMask first_copy(const Message& message, bool retrieved, const Peer& from, Now now, Effects& effects);
    void further_copy(const Message& message, bool retrieved, const Peer& from, Now now, Effects& effects);
    void spread_over_links(const Message& message, Envelope outgoing, const Peer& from, LinkMask untold, Now now,
                           Effects& effects);
    void announce_over(LinkMask lazy, const MessageId& name, Now now);
    void push_over(LinkMask links, const Message& message, Envelope outgoing, Now now, Effects& effects);
    void share_round_trip(std::uint32_t link, Now now);
    bool announced_over(std::uint32_t link, const MessageId& name, Now now);
    void ask_for_overdue(Now now, Effects& effects);
    void tend_overlay(Now now, Effects& effects);
    void neighbour_failed(const Peer& peer, Now now);
    void not_sent_over(const Frame& frame, const Peer& peer, SendFailure failure, Now now);

    // Repair (engine/repair.hpp).
    [[nodiscard]] Peer placed(const Peer& from) const noexcept;
    void want(const MessageId& name, Naming naming, const Peer& holder, Now now, Duration grace = Duration::zero());
    void send_requests(Now now, Effects& effects);
    void announce_round(Now now, Effects& effects);
    void announce_to(const Peer& peer, const std::vector<MessageId>& names, Effects& effects);
    void start_sync(Now now, Effects& effects);
    void start_listing(const Peer& partner, Now now, Effects& effects);
    [[nodiscard]] Peer next_partner() noexcept;
    void drop_outdated(Now now);
    void schedule_first_sync(Now now);
    // Set reconciliation (engine/reconcile.hpp).
    void start_reconcile(const Peer& partner, Now now, Effects& effects);
    void open_session(const Peer& partner, Now now, Effects& effects);
    [[nodiscard]] bool is_sync_put_off(Now now);
    [[nodiscard]] Duration sync_wait(bool seeking) noexcept;
    [[nodiscard]] Peer longest_unheard(Now now) noexcept;
    void probe(const Peer& partner, Now now, Effects& effects);
    bool end_probe(const SyncIds& page, const Peer& from, Now now, Effects& effects);
    void take_reply(const Reconcile& frame, const Peer& from, Now now, Effects& effects);
    void answer_reconcile(const Reconcile& frame, const Peer& from, Now now, Effects& effects);
    void announce_slots(const std::vector<std::uint32_t>& slots, const Peer& to, Effects& effects);
    void abandon_reconcile() noexcept;
    void reconcile_soon(Now now);
    [[nodiscard]] bool is_late(const Message& message, Now now) const noexcept;
    void hold_late(const Message& message, Envelope outgoing, const Peer& source, Now now);
    void note_language(const Frame& frame, const Peer& from, Now now);
    bool heeds_announce(PeerState& state, std::size_t names, Now now) const noexcept;
    [[nodiscard]] bool knows(const MessageId& name, Naming naming) const noexcept {
        return seen_.contains(name) || (naming == Naming::ids && seen_.contains(alias_of(name)));
    }

    /// What the duplicate memory files a foreign id under, beside the key of its message: a name that no digest will have.
    [[nodiscard]] static MessageId alias_of(MessageId id) noexcept {
        for (auto& byte : id.bytes) {
            byte ^= std::byte{0xa5};
        }
        return id;
    }

    std::shared_ptr<const Config> config_;
    Peer self_;
    Random random_;
    PeerList peers_;
    SeenSet seen_;        ///< Keys of all messages taken and not dropped since; aliases of foreign ids.
    MessageCache cache_;  ///< A subset of what is in `seen_`.
    PeerTable peer_states_;
    Box<ValidationQueue> validations_;  ///< Made when the first message comes.
    LazyPush lazy_;
    AntiEntropy sync_;
    ReconcileSession session_;
    std::unique_ptr<Reconciler> reconciler_;  ///< Listens to `cache_`.
    std::uint32_t sync_cursor_{0};            ///< Where in `peers_` the last partner of anti-entropy stands.
    bool running_{false};
    bool reliable_{false};
    bool knows_part_only_{false};
    Box<RequestScheduler> scheduler_;         ///< Made when the first name is wanted.
    Box<AnswerLedger> answers_;               ///< Made when the first request comes.
    Box<TreeState> tree_;                     ///< Made when the first message goes along one.
    Box<OverlayState> overlay_;               ///< Made when this node uses one, or a neighbour does.
    TimePoint next_round_{TimePoint::max()};  ///< Armed while there is something to announce.
    TimePoint next_sync_{TimePoint::max()};   ///< Armed while running with anti-entropy on.
    WallTime last_timestamp_{};
    WallTime born_{};   ///< When this process started: older messages may have been counted in an earlier life.
    Message upcoming_;  ///< What `expect` told of, until it was looked at.
    Counters statistics_;
};
using Engine = BasicEngine<OnUse>;

}  // namespace lattice::inline v0
