#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <lattice/codec/encode.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/sim/chance.hpp>
#include <lattice/sim/latency.hpp>
#include <lattice/sim/partition.hpp>
#include <lattice/sim/slab.hpp>
#include <lattice/sim/timeline.hpp>
#include <lattice/sim/traffic.hpp>

namespace lattice::inline v0::sim {

/// How frames fare between any two nodes.
struct LinkModel {
    Latency latency{};
    Probability loss{};         ///< A frame is lost.
    Probability duplication{};  ///< A frame comes twice, each after a time of its own.
    Probability reordering{};   ///< A frame is held back by up to `reorder_by`, so that later ones overtake it.
    Duration reorder_by{std::chrono::milliseconds{100}};
    /// Whether frames of one link keep their order apart from `reordering`, as over TCP. Costs memory per used link.
    enum class Order : std::uint8_t { any, kept } order{Order::any};
    /// Whether the sender is told when a frame finds its peer down, as TCP's reset does.
    enum class Failures : std::uint8_t { silent, told } failures{Failures::silent};
};

/// The address of a node in a world: its index in decimal digits, short enough that no string allocates.
inline std::string address_of(NodeIndex node) { return std::to_string(node); }

/// The node that a peer's address names, if it is the address of one.
inline std::optional<NodeIndex> node_at(std::string_view address) noexcept {
    NodeIndex node = 0;
    const auto [end, error] = std::from_chars(address.data(), address.data() + address.size(), node);
    const bool whole = error == std::errc{} && end == address.data() + address.size();
    return whole ? std::optional(node) : std::nullopt;
}

/// The links between all nodes of a world: decides what happens to each frame and when it arrives.
///
/// Every fault is off in a new network. All chance comes from one generator, drawn in the order of sending.
class Network {
   public:
    /// Bytes that wait at a line's sender before `send` says busy, in time at its rate.
    static constexpr Duration line_queue_max = std::chrono::seconds{2};

    /// A frame on its way; shared by all copies of it.
    struct InFlight {
        Frame frame;
        NodeIndex from{};
        std::uint32_t copies{};
    };

    /// Told of every frame before its fate is decided.
    using Watch = Callback<void(NodeIndex from, NodeIndex to, const Frame& frame)>;

    /// A copy of a frame that is under way, or was lost.
    struct Journey {
        NodeIndex from;
        NodeIndex to;
        const Frame& frame;
        Duration departure;
        std::optional<Duration> arrival;  ///< Absent: lost.
    };
    using Follow = Callback<void(const Journey&)>;

    Network(Timeline& timeline, std::uint64_t seed) : timeline_(timeline), seed_(seed), random_(mixed(seed, 1)) {}

    void set_nodes(NodeIndex nodes) noexcept { nodes_ = nodes; }
    void set_link(LinkModel link) { link_ = std::move(link); }
    [[nodiscard]] const LinkModel& link() const noexcept { return link_; }
    LinkModel& link() noexcept { return link_; }

    /// Whether transports say that what they took arrives (see the Transport concept). True or not: links lose what they lose.
    void claim_reliability(bool on) noexcept { claims_reliability_ = on; }
    [[nodiscard]] bool claims_reliability() const noexcept { return claims_reliability_; }

    /// Cuts the network; several cuts may stand at once.
    void cut(Partition partition) {
        partition.settle(mixed(seed_, random_.next()), nodes_);
        partitions_.push_back(std::move(partition));
    }
    /// Undoes every cut, clog and slowness, and makes links perfect but for their latency.
    void heal() {
        mend_cuts();
        lines_.clear();
        link_.loss = link_.duplication = link_.reordering = Probability{};
    }
    void mend_cuts() {
        partitions_.clear();
        clogs_.clear();
        silent_.clear();
    }

    /// Holds back everything from one node to another until a time, then lets it all through.
    void clog(NodeIndex from, NodeIndex to, Duration until) { clogs_.push_back({from, to, until}); }

    /// From now on everything from one node to another gets lost.
    void silence(NodeIndex from, NodeIndex to) { silent_.push_back({from, to}); }

    /// Bytes per second that a node can send; 0 for no bound.
    void limit_bandwidth(NodeIndex node, std::uint64_t bytes_per_second) {
        line(node).bytes_per_second = bytes_per_second;
    }
    /// Everything to and from this node takes longer.
    void slow_down(NodeIndex node, Duration by) { line(node).delay = by; }

    void watch(Watch watch) { watch_ = std::move(watch); }
    /// Tells of every copy of a frame what became of it, for those who draw it.
    void follow(Follow follow) { follow_ = std::move(follow); }

    /// What SimTransport::send does.
    void send(NodeIndex from, const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        Sending sending{from, frame, encoded_size(frame), none};
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const auto to = node_at(peers[i].address());
            if (!to || *to >= nodes_) {
                ++traffic_.unaddressed;
                statuses[i] = SendStatus::unreachable;
                continue;
            }
            statuses[i] = route(sending, *to);
        }
    }

    /// Sends one frame to one node.
    SendStatus send_to(NodeIndex from, NodeIndex to, const Frame& frame) {
        Sending sending{from, frame, encoded_size(frame), none};
        return route(sending, to);
    }

    /// The frame of an event that is due. `use(from, Frame)` gets it; the last copy is moved, the others are shared.
    template <typename Use>
    void arrive(std::uint32_t slot, Use&& use) {
        InFlight& flight = flights_[slot];
        const NodeIndex from = flight.from;
        if (--flight.copies == 0) {
            use(from, std::move(flights_.remove(slot).frame));
        } else {
            use(from, Frame(flight.frame));
        }
    }
    /// Looks at a frame in flight.
    [[nodiscard]] const InFlight& flight(std::uint32_t slot) const noexcept { return flights_[slot]; }

    /// The time that a frame would take between two nodes now.
    Duration draw_latency(NodeIndex from, NodeIndex to) { return link_.latency.draw(random_, seed_, from, to); }

    Traffic& traffic() noexcept { return traffic_; }
    [[nodiscard]] const Traffic& traffic() const noexcept { return traffic_; }
    [[nodiscard]] std::size_t in_flight() const noexcept { return flights_.size(); }

    /// Whether a frame from one node to another would get lost in a cut now.
    [[nodiscard]] bool is_cut(NodeIndex from, NodeIndex to) const noexcept {
        for (const auto& [a, b] : silent_) {
            if (a == from && b == to) {
                return true;
            }
        }
        return std::any_of(partitions_.begin(), partitions_.end(),
                           [&](const Partition& each) { return each.cuts(from, to, timeline_.now()); });
    }

   private:
    static constexpr std::uint32_t none = 0xffffffffU;

    struct Sending {
        NodeIndex from;
        const Frame& frame;
        std::size_t bytes;
        std::uint32_t slot;  ///< Where the frame is kept once a copy of it is under way.
    };
    struct Line {
        Duration delay{};
        std::uint64_t bytes_per_second{0};
        Duration free_at{};
    };
    struct Clog {
        NodeIndex from;
        NodeIndex to;
        Duration until;
    };

    Line& line(NodeIndex node) {
        if (lines_.size() <= node) {
            lines_.resize(std::max<std::size_t>(nodes_, node + 1U));
        }
        return lines_[node];
    }

    SendStatus route(Sending& sending, NodeIndex to) {
        if (watch_) {
            watch_(sending.from, to, sending.frame);
        }
        Duration departure = timeline_.now();
        if (sending.from < lines_.size() && !queue_at_line(lines_[sending.from], sending.bytes, departure)) {
            ++traffic_.refused;
            return SendStatus::busy;
        }
        ++traffic_.frames[sending.frame.index()];
        traffic_.bytes[sending.frame.index()] += sending.bytes;
        if ((!partitions_.empty() || !silent_.empty()) && is_cut(sending.from, to)) {
            ++traffic_.cut;
            tell(sending, to, departure, std::nullopt);
        } else if (link_.loss.happens(random_)) {
            ++traffic_.lost;
            tell(sending, to, departure, std::nullopt);
        } else {
            put_on_its_way(sending, to, departure);
            if (link_.duplication.happens(random_)) {
                ++traffic_.duplicated;
                put_on_its_way(sending, to, departure);
            }
        }
        return SendStatus::sent;
    }

    /// Lets the frame wait for the ones before it on the sender's line; false when too much waits there.
    [[nodiscard]] bool queue_at_line(Line& line, std::size_t bytes, Duration& departure) const noexcept {
        if (line.bytes_per_second == 0) {
            return true;
        }
        const Duration start = std::max(line.free_at, departure);
        if (start - departure > line_queue_max) {
            return false;
        }
        line.free_at = start + Duration{static_cast<std::int64_t>(bytes * 1'000'000'000U / line.bytes_per_second)};
        departure = line.free_at;
        return true;
    }

    void put_on_its_way(Sending& sending, NodeIndex to, Duration departure) {
        if (sending.slot == none) {
            sending.slot = flights_.insert({sending.frame, sending.from, 0});
        }
        ++flights_[sending.slot].copies;
        const Duration at = arrival(sending.from, to, departure);
        timeline_.schedule(at, to, EventKind::frame, sending.slot);
        tell(sending, to, departure, at);
    }

    void tell(const Sending& sending, NodeIndex to, Duration departure, std::optional<Duration> at) {
        if (follow_) {
            follow_({sending.from, to, sending.frame, departure, at});
        }
    }

    Duration arrival(NodeIndex from, NodeIndex to, Duration departure) {
        Duration at = departure + draw_latency(from, to);
        for (const NodeIndex end : {from, to}) {
            if (end < lines_.size()) {
                at += lines_[end].delay;
            }
        }
        for (const Clog& clog : clogs_) {
            if (clog.from == from && clog.to == to) {
                at = std::max(at, clog.until);
            }
        }
        if (link_.order == LinkModel::Order::kept) {
            Duration& last = last_arrival_[(std::uint64_t{from} << 32U) | to];
            last = at = std::max(at, last);
        }
        if (link_.reordering.happens(random_)) {
            at += draw_uniform(random_, Duration::zero(), link_.reorder_by);
        }
        return at;
    }

    Timeline& timeline_;
    std::uint64_t seed_;
    bool claims_reliability_{false};
    Random random_;
    NodeIndex nodes_{0};
    LinkModel link_;
    std::vector<Partition> partitions_;
    std::vector<Clog> clogs_;
    std::vector<std::pair<NodeIndex, NodeIndex>> silent_;
    std::vector<Line> lines_;                                   ///< Empty as long as no node is slow or bounded.
    std::unordered_map<std::uint64_t, Duration> last_arrival_;  ///< By link; looked up, never walked.
    Slab<InFlight> flights_;
    Watch watch_;
    Follow follow_;
    Traffic traffic_;
};

}  // namespace lattice::inline v0::sim
