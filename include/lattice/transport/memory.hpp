#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/codec/binary.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/clock.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/time.hpp>
#include <lattice/core/transport.hpp>

namespace lattice::inline v0 {

/// One frame on its way from one node of a MemoryNetwork to another.
struct MemoryPacket {
    TimePoint time{};  ///< When it was sent.
    Peer from;
    Peer to;
    Frame frame;         ///< As it was sent.
    std::size_t size{};  ///< Bytes in binary form.
};

/// What a MemoryNetwork does with a packet.
struct MemoryFate {
    std::size_t copies{1};  ///< How many arrive; 0 loses it.
    Duration delay{};       ///< On top of MemoryOptions::latency.

    static MemoryFate lost() noexcept { return {0, {}}; }
};

struct MemoryOptions {
    /// Between sending and arrival; zero still arrives by a callback of the clock, never within `send`.
    Duration latency{};
    /// Packets on their way from one node to another; more are told busy. The items of a real send queue per peer.
    std::size_t queue_max{2'048};
    /// Frames beyond these get lost in decoding, as they do on real links.
    WireLimits limits{};
};

/// A network inside one process, for tests, demonstrations and examples: nodes find each other by address, and every frame
/// crosses it in binary form, so that what would not survive a real link does not survive here.
///
/// It is perfect until told otherwise: frames between two nodes arrive in order, once. `decide` loses, doubles, delays and
/// reorders; `cut` and `partition` lose without a word, as networks do. A frame to a node that exists but is closed is lost
/// and reported to the sender as `failed`; an address that nobody has is `unreachable` at once.
///
/// Ownership: the clock outlives it; transports and it may go in any order.
/// Threads: all calls on the clock's executor, which all nodes of one network share.
template <Clock C>
class MemoryNetwork {
   public:
    explicit MemoryNetwork(C& clock, MemoryOptions options = {}) : hub_(std::make_shared<Hub>(clock, options)) {}

    /// Asks `fate(packet)` for every packet that a cut has not lost. It must not send. An empty one ends that.
    void decide(Callback<MemoryFate(const MemoryPacket&)> fate) { hub_->fate = std::move(fate); }

    /// Delivery takes so long from now on.
    void set_latency(Duration latency) noexcept { hub_->options.latency = latency; }

    /// Loses what is sent from `a` to `b` or back from now on, until `heal`.
    void cut(const Peer& a, const Peer& b) {
        cut_one_way(a, b);
        cut_one_way(b, a);
    }
    void cut_one_way(const Peer& from, const Peer& to) { hub_->way(from, to).cut = true; }

    /// From now on, until `heal`, these nodes reach each other only, and the others do too.
    void partition(const std::vector<Peer>& side) { hub_->far_side = side; }

    /// Undoes every cut and partition.
    void heal() {
        for (auto& way : hub_->ways) {
            way.second.cut = false;
        }
        hub_->far_side.clear();
    }

    /// From now on keeps every packet that is taken for sending, whatever its fate, in `log`; or stops keeping.
    void record(bool on) noexcept { hub_->recording = on; }
    [[nodiscard]] const std::vector<MemoryPacket>& log() const noexcept { return hub_->log; }
    void clear_log() noexcept { hub_->log.clear(); }

    /// Packets that no frame could be decoded from: beyond MemoryOptions::limits.
    [[nodiscard]] std::size_t undecodable() const noexcept { return hub_->undecodable; }

   private:
    template <Clock>
    friend class MemoryTransport;

    using Events = std::shared_ptr<TransportEvents>;  // shared, because a callback may close its own transport
    using FromTo = std::pair<std::string, std::string>;

    /// What there is between two nodes, in one direction.
    struct Way {
        std::size_t packets{0};  ///< Under way.
        bool cut{false};
    };

    /// What transports and packets on their way refer to.
    struct Hub : std::enable_shared_from_this<Hub> {
        Hub(C& the_clock, const MemoryOptions& the_options) : clock(the_clock), options(the_options) {}

        SendStatus carry(const Peer& from, const Peer& to, const Frame& frame, const Bytes& encoded) {
            if (nodes.find(to.address()) == nodes.end()) {
                return SendStatus::unreachable;
            }
            Way& taken = way(from, to);
            if (taken.packets >= options.queue_max) {
                return SendStatus::busy;
            }
            const MemoryPacket packet{clock.now(), from, to, frame, encoded.size()};
            const bool lost = taken.cut || is_far(from) != is_far(to);
            const MemoryFate decided = lost ? MemoryFate::lost() : fate ? fate(packet) : MemoryFate{};
            for (std::size_t copy = 0; copy < decided.copies; ++copy) {
                ++taken.packets;
                dispatch(packet, encoded, options.latency + decided.delay);
            }
            if (recording) {
                log.push_back(packet);
            }
            return SendStatus::sent;
        }

        void dispatch(const MemoryPacket& packet, const Bytes& encoded, Duration delay) {
            auto arrival = [weak = this->weak_from_this(), from = packet.from, to = packet.to, encoded] {
                if (const auto hub = weak.lock()) {
                    hub->arrive(from, to, encoded);
                }
            };
            if (delay > Duration::zero()) {
                clock.run_at(packet.time + delay, std::move(arrival));
            } else {
                clock.post(std::move(arrival));
            }
        }

        void arrive(const Peer& from, const Peer& to, const Bytes& encoded) {
            --way(from, to).packets;
            if (const Events receiver = events_of(to)) {
                Decoded decoded = decode(encoded.view(), options.limits);
                if (decoded.status != DecodeStatus::frame) {
                    ++undecodable;
                } else if (receiver->received) {
                    receiver->received(from, std::move(decoded.frame));
                }
            } else if (const Events sender = events_of(from); sender && sender->failed) {
                sender->failed(to);
            }
        }

        Way& way(const Peer& from, const Peer& to) { return ways[FromTo(from.address(), to.address())]; }

        [[nodiscard]] bool is_far(const Peer& peer) const noexcept {
            for (const Peer& far : far_side) {
                if (far.address() == peer.address()) {
                    return true;
                }
            }
            return false;
        }

        [[nodiscard]] Events events_of(const Peer& peer) const {
            const auto node = nodes.find(peer.address());
            return node == nodes.end() ? nullptr : node->second;
        }

        C& clock;
        MemoryOptions options;
        Callback<MemoryFate(const MemoryPacket&)> fate;
        std::map<std::string, Events, std::less<>> nodes;  ///< By address; null while closed.
        std::map<FromTo, Way> ways;
        std::vector<Peer> far_side;  ///< One side of a partition.
        bool recording{false};
        std::vector<MemoryPacket> log;
        std::size_t undecodable{0};
    };

    std::shared_ptr<Hub> hub_;
};

/// One node's Transport on a MemoryNetwork. The node exists as long as this does; it receives between `open` and `close`.
template <Clock C>
class MemoryTransport {
   public:
    /// `self` is what others see as the sender; its address is what they send to. Throws std::invalid_argument when the
    /// address is empty or taken.
    MemoryTransport(MemoryNetwork<C>& network, Peer self) : hub_(network.hub_), self_(std::move(self)) {
        if (self_.address().empty() || !hub_->nodes.emplace(self_.address(), nullptr).second) {
            throw std::invalid_argument("MemoryTransport: the address '" + std::string(self_.address()) +
                                        "' is empty or taken");
        }
    }
    MemoryTransport(const MemoryTransport&) = delete;
    MemoryTransport& operator=(const MemoryTransport&) = delete;
    ~MemoryTransport() { hub_->nodes.erase(hub_->nodes.find(self_.address())); }

    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        const Bytes encoded = encode(frame);
        for (std::size_t i = 0; i < peers.size(); ++i) {
            statuses[i] = hub_->carry(self_, peers[i], frame, encoded);
        }
    }

    void open(TransportEvents events) { put(std::make_shared<TransportEvents>(std::move(events))); }
    void close() { put(nullptr); }

    [[nodiscard]] const Peer& self() const noexcept { return self_; }

   private:
    /// The old callbacks are destroyed last, because their destruction may close or open again.
    void put(std::shared_ptr<TransportEvents> events) { hub_->nodes.find(self_.address())->second.swap(events); }

    std::shared_ptr<typename MemoryNetwork<C>::Hub> hub_;
    Peer self_;
};

}  // namespace lattice::inline v0
