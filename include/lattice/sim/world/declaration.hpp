#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/codec/binary.hpp>
#include <lattice/core/config.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/sim/checker.hpp>
#include <lattice/sim/foresight.hpp>
#include <lattice/sim/ledger.hpp>
#include <lattice/sim/network.hpp>
#include <lattice/sim/node.hpp>
#include <lattice/sim/timeline.hpp>
#include <lattice/sim/trace.hpp>

namespace lattice::inline v0::sim {

/// An expectation that failed, with the seed and the command that show it again.
class Violation : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

/// A network of nodes in one thread and in virtual time: the real protocol on simulated clocks and links.
///
/// A scenario reads like a play: the cast, what happens to it, what is expected in the end.
///
///     World world(42);
///     world.nodes(8).link({.latency = Latency::uniform(10ms, 50ms), .loss = 0.2});
///     world.stop(3);
///     const auto proof = world.broadcast(0, "proof", "transfer(alice, bob, 100)");
///     world.run_for(5s);
///     world.start(3);
///     world.run_for(60s);
///     world.expect_everyone_has(proof);
///
/// Everything follows from the seed and the scenario: two runs are equal event for event, with any compiler, and
/// `trace()` proves it. Not for several threads; handlers and hooks may call back into the world.
class World {
   public:
    explicit World(std::uint64_t seed);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // The cast.

    /// Settings of nodes that boot from now on; node_id is not used. Throws ConfigError.
    World& configure(Config config);
    /// Called for each node that boots, to give it settings of its own.
    World& configure_each(Callback<void(NodeIndex, Config&)> adjust);
    /// Called with each node's protocol before it starts, in every life: the place for validators and handlers of types.
    /// A handler of the host's own replaces the one that tells the world of deliveries: it calls `note_delivery`.
    World& on_boot(Callback<void(NodeIndex, Protocol&)> boot);
    /// Adds nodes that know everybody, and starts them. Whoever knew everybody also learns of them.
    World& nodes(std::size_t count);
    /// Adds nodes that are off.
    World& nodes_off(std::size_t count);
    /// How frames fare on every link.
    World& link(LinkModel link);
    /// That node knows these from now on, and no others.
    World& acquaint(NodeIndex node, const std::vector<NodeIndex>& known);
    /// Something hostile takes the node's place, for good; `crash` puts it off.
    World& make_hostile(NodeIndex node, std::vector<Misdeed> deeds);
    /// Adds a checker, which watches from now on.
    World& watch_with(std::unique_ptr<Checker> checker);

    // The play.

    /// The node's host broadcasts. Throws Violation when the protocol refuses.
    MessageIndex broadcast(NodeIndex node, std::string_view type, std::string_view payload,
                           const PublishOptions& options = {});
    /// As `broadcast`; a refusal is returned, as nothing.
    std::optional<MessageIndex> try_broadcast(NodeIndex node, std::string_view type, std::string_view payload,
                                              const PublishOptions& options = {});
    /// The node's process ends in order and keeps what it knows.
    World& stop(NodeIndex node);
    /// The node's process dies and forgets everything.
    World& crash(NodeIndex node);
    /// The node runs: for the first time, again after `stop` with what it knew, or after `crash` with nothing.
    World& start(NodeIndex node);
    World& pause(NodeIndex node);
    World& pause_for(NodeIndex node, Duration time);
    World& resume(NodeIndex node);
    /// From now on everything from one node to another gets lost.
    World& drop(NodeIndex from, NodeIndex to);
    World& partition(Partition partition);
    /// Undoes every fault of the network; nodes stay as they are.
    World& heal();
    /// Something happens later, at a time since the beginning.
    World& at(Duration time, Callback<void()> happens);
    World& run_for(Duration time) { return run_until(now() + time); }
    World& run_until(Duration time);
    /// Runs until nothing is to happen any more, at most for `limit`. Nodes with anti-entropy on are never quiet.
    World& run_until_quiet(Duration limit);
    /// Runs until everybody who is up has the message, at most for `limit`. Returns whether they have.
    bool run_until_everyone_has(MessageIndex message, Duration limit);

    // What is expected; each throws Violation when it is not so.

    World& expect(bool holds, std::string_view what);
    World& expect_has(NodeIndex node, MessageIndex message);
    World& expect_has_not(NodeIndex node, MessageIndex message);
    /// Every honest node that is up.
    World& expect_everyone_has(MessageIndex message);
    World& expect_nobody_else_has(MessageIndex message);
    /// No checker has seen a violation.
    World& expect_no_violation();

    // What is to be seen.

    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    [[nodiscard]] Duration now() const noexcept { return timeline_.now(); }
    [[nodiscard]] NodeIndex size() const noexcept { return static_cast<NodeIndex>(nodes_.size()); }
    /// The fingerprint of everything that happened so far.
    [[nodiscard]] const TraceHash& trace() const noexcept { return trace_; }
    [[nodiscard]] std::uint64_t events() const noexcept { return events_; }
    [[nodiscard]] const Ledger& ledger() const noexcept { return ledger_; }
    Ledger& ledger() noexcept { return ledger_; }
    Network& network() noexcept { return network_; }
    [[nodiscard]] const Network& network() const noexcept { return network_; }
    Timeline& timeline() noexcept { return timeline_; }
    [[nodiscard]] Node& node(NodeIndex node) noexcept { return *nodes_[node]; }
    [[nodiscard]] const Node& node(NodeIndex node) const noexcept { return *nodes_[node]; }
    [[nodiscard]] const Peer& peer(NodeIndex node) const noexcept { return everyone_[node]; }
    [[nodiscard]] bool is_up(NodeIndex node) const noexcept {
        return nodes_[node]->power == Node::Power::on || nodes_[node]->power == Node::Power::paused;
    }
    /// Whether it is, or was before it was put off, something hostile.
    [[nodiscard]] bool is_hostile(NodeIndex node) const noexcept { return nodes_[node]->hostile != nullptr; }
    /// Whether the node's present process broadcast or delivered it.
    [[nodiscard]] bool has(NodeIndex node, MessageIndex message) const;
    /// Whether the node's present process broadcast it.
    [[nodiscard]] bool has_broadcast(NodeIndex node, const MessageId& key) const;
    /// Up and honest nodes that have it.
    [[nodiscard]] std::size_t count_with(MessageIndex message) const;
    [[nodiscard]] std::size_t count_up() const noexcept;
    /// The engine of a node that has one.
    [[nodiscard]] const Engine& engine(NodeIndex node) const noexcept;
    [[nodiscard]] const std::vector<std::string>& violations() const noexcept { return violations_; }

    /// For checkers: notes a violation. The first few are kept.
    void violated(std::string_view invariant, const std::string& what);
    /// For handlers of the host's own: counts as a delivery for the ledger, the checkers and `expect_...`.
    void note_delivery(NodeIndex node, const Delivery& delivery);
    /// For hosts' validators: tells the checkers that a node refused a message for good.
    void note_rejection(NodeIndex node, const Message& message);
    /// Runs every checker's final examination.
    World& examine();

    /// The command that shows this run again; it stands in every failure.
    World& replay_with(std::string command);
    /// Whether every frame goes through the binary codec and back, as over a wire. Off by default: it costs time.
    World& through_codec(bool on);
    /// Whether transports of nodes that start from now on claim to be reliable, as a host's may that knows no better: nothing is
    /// acknowledged then, and what links lose is found by anti-entropy. Off by default.
    World& claim_reliability(bool on);
    /// Whether deliveries are kept in the ledger. Worlds that run for long switch it off; `has` is then of no use.
    World& keep_deliveries(bool on);
    [[nodiscard]] std::uint64_t deliveries() const noexcept { return deliveries_; }

   private:
    static constexpr std::size_t violations_kept = 16;
    static constexpr std::uint64_t events_per_instant_max = 2'000'000;
    static constexpr Duration check_interval = std::chrono::seconds{1};

    struct Held {
        NodeIndex node;
        Event event;
    };

    static std::shared_ptr<const Config> checked(Config config);
    void look_ahead();
    void prefetch(const Event& event, unsigned step) const noexcept;
    void step(const Event& event);
    void dispatch(const Event& event);
    void deliver_frame(const Event& event);
    void hand_over(NodeIndex from, NodeIndex to, Frame&& frame);
    void run_timer(const Event& event);
    void tell_failure(const Event& event);
    [[nodiscard]] bool broadcast_in_this_life(NodeIndex node, MessageIndex message) const;
    void boot(NodeIndex node);
    void beat(NodeIndex node);
    void check_for_spinning();
    void run_checks();
    void everybody_learns(NodeIndex first_new);
    [[noreturn]] void fail(std::string_view what) const;
    void trace_event(const Event& event, std::uint64_t detail) noexcept;

    std::uint64_t seed_;
    Timeline timeline_;
    Foresight foresight_;
    Network network_;
    Ledger ledger_;
    TraceHash trace_;
    std::shared_ptr<const Config> config_;
    Callback<void(NodeIndex, Config&)> adjust_;
    Callback<void(NodeIndex, Protocol&)> boot_;
    std::vector<std::unique_ptr<Node>> nodes_;
    PeerList everyone_;
    std::vector<std::unique_ptr<Checker>> checkers_;
    std::vector<Held> held_;                     ///< What waits for paused nodes, in order.
    std::vector<std::uint32_t> broadcast_life_;  ///< By message: the life in which its origin broadcast it.
    std::vector<std::string> violations_;
    std::size_t violations_seen_{0};
    std::string replay_;
    Duration next_check_{check_interval};
    Duration instant_{-1};
    std::uint64_t events_at_instant_{0};
    std::uint64_t events_{0};
    std::uint64_t deliveries_{0};
    bool through_codec_{false};
    bool keep_deliveries_{true};
};

}  // namespace lattice::inline v0::sim
