#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/neighbours.hpp>
#include <lattice/core/origin_trees.hpp>
#include <lattice/core/sightings.hpp>

#include "support/names.hpp"

namespace lattice::test {

/// What a model of an overlay is made of.
struct OverlaySetting {
    std::size_t nodes{1000};
    std::size_t dials{20};  ///< Peers that each node knows; they know it too.
    NeighbourBounds bounds{};
    Duration latency_min{std::chrono::milliseconds{10}};  ///< One way, fixed per pair, the same both ways.
    Duration latency_max{std::chrono::milliseconds{150}};
    double jitter{0};                 ///< Each frame takes up to so much longer, as a share of the latency.
    double loss{0};                   ///< Of every frame. With loss, each payload is acknowledged and resent.
    std::size_t acknowledgements{1};  ///< Sent for one payload.
    std::uint64_t seed{1};
};

/// What a run of the model measured; messages before the mark do not count.
struct OverlayFigures {
    std::uint64_t messages{};
    std::uint64_t deliveries{};
    std::uint64_t payloads{};
    std::uint64_t announces{};  ///< Ids.
    std::uint64_t control{};    ///< Grafts, prunes, requests.
    std::uint64_t link_steps{};
    std::vector<Duration> times;  ///< Ascending.
    std::size_t hops_max{};       ///< Last delivery hop, the mean over messages of which is `hops_sum` / `messages`.
    double hops_sum{};

    [[nodiscard]] double per_delivery(std::uint64_t count) const {
        return static_cast<double>(count) / static_cast<double>(deliveries);
    }
    /// Milliseconds until that share of the deliveries.
    [[nodiscard]] double time(double share) const {
        const auto rank = static_cast<std::size_t>(share * static_cast<double>(times.size()));
        return std::chrono::duration<double, std::milli>(times[std::min(rank, times.size() - 1)]).count();
    }
};

/// Nodes that consist of Neighbours, OriginTrees and Sightings, and the frames between them: what an engine would do with
/// these parts, and nothing else. Deterministic by its seed.
class OverlayModel {
   public:
    explicit OverlayModel(const OverlaySetting& setting) : setting_(setting), random_(setting.seed) {
        for (std::size_t i = 0; i < setting.nodes; ++i) {
            peers_.emplace_back(std::to_string(i));
            nodes_.push_back(std::make_unique<Node>(setting.bounds, random_));
        }
        std::vector<std::vector<Peer>> known(setting.nodes);
        for (std::size_t i = 0; i < setting.nodes; ++i) {
            for (std::size_t dial = 0; dial < setting.dials; ++dial) {
                const auto other = static_cast<std::size_t>(random_.below(setting.nodes));
                if (other != i && std::find(known[i].begin(), known[i].end(), peers_[other]) == known[i].end()) {
                    known[i].push_back(peers_[other]);
                    known[other].push_back(peers_[i]);
                }
            }
        }
        for (std::size_t i = 0; i < setting.nodes; ++i) {
            nodes_[i]->neighbours.know(PeerList(known[i]), peers_[i], now_, random_);
            tend(static_cast<Index>(i));
        }
    }

    /// Lets everything happen that happens until then.
    void run_until(TimePoint end) {
        while (!events_.empty() && events_.top().time <= end) {
            const Event event = events_.top();
            events_.pop();
            now_ = event.time;
            play(event);
        }
        now_ = end;
    }
    void run_for(Duration length) { run_until(now_ + length); }

    /// The node publishes a message now.
    void publish(std::uint32_t node) {
        const auto message = static_cast<std::uint32_t>(messages_.size());
        messages_.push_back({name(message), origin_key(peers_[node].id()), now_, 0});
        for (auto& other : nodes_) {
            other->has.push_back(0);
            other->hops.push_back(1);
            other->heralded.push_back(0);
        }
        nodes_[node]->has[message] = 1;
        if (nodes_[node]->trees.heralds(origin_key(peers_[node].id()), nodes_[node]->neighbours.links(), now_)) {
            herald(node, message, no_link);
        }
        spread(node, message, no_link, 0, 0);
    }

    /// Messages from here on count.
    void mark() {
        counted_from_ = messages_.size();
        figures_ = {};
    }

    [[nodiscard]] OverlayFigures figures() const {
        OverlayFigures figures = figures_;
        figures.messages = messages_.size() - counted_from_;
        for (std::size_t i = counted_from_; i < messages_.size(); ++i) {
            figures.hops_sum += static_cast<double>(messages_[i].hops);
            figures.hops_max = std::max(figures.hops_max, messages_[i].hops);
        }
        std::sort(figures.times.begin(), figures.times.end());
        return figures;
    }

    /// The node is gone; its neighbours' transports notice after `noticed`.
    void crash(std::uint32_t node, Duration noticed) {
        nodes_[node]->up = false;
        schedule(noticed, {.to = node, .kind = Kind::crashed});
    }

    [[nodiscard]] const Neighbours& neighbours(std::uint32_t node) const { return nodes_[node]->neighbours; }
    [[nodiscard]] Duration latency(std::uint32_t a, std::uint32_t b) const {
        Random pair(setting_.seed * 0x9e3779b97f4a7c15U + (std::uint64_t{std::max(a, b)} << 32U) + std::min(a, b));
        const auto span = static_cast<std::uint64_t>((setting_.latency_max - setting_.latency_min).count());
        return setting_.latency_min + Duration{static_cast<Duration::rep>(pair.below(span + 1))};
    }

   private:
    using Index = std::uint32_t;

    [[nodiscard]] static Index index_of(const Peer& peer) {
        return static_cast<Index>(std::stoul(std::string(peer.id())));
    }
    enum class Kind : std::uint8_t {
        link,
        payload,
        provide,
        acknowledge,
        announce,
        herald,
        request,
        graft,
        prune,
        resend,
        overdue,
        tend,
        crashed
    };

    struct Event {
        TimePoint time{};
        std::uint64_t order{};
        Index to{};
        Index from{};
        std::uint32_t message{};
        OriginKey origin{};
        std::uint16_t hops{};
        std::uint16_t tries{};
        Kind kind{};
        LinkStep step{};
        bool wanted{};
        bool operator<(const Event& other) const {
            return time != other.time ? time > other.time : order > other.order;
        }
    };
    struct Sent {
        std::uint32_t message;
        Index to;
    };
    struct Node {
        Node(NeighbourBounds bounds, Random& random) : neighbours(bounds), sightings(random) {}
        Neighbours neighbours;
        OriginTrees trees;
        Sightings sightings;
        std::vector<std::uint8_t> has;
        std::vector<std::uint16_t> hops;
        std::vector<std::uint8_t> heralded;
        std::vector<Sent> unacknowledged;
        TimePoint armed{TimePoint::max()};
        TimePoint tending{TimePoint::max()};
        bool up{true};
    };
    struct Published {
        MessageId name;
        OriginKey origin;
        TimePoint time;
        std::size_t hops;
    };

    void schedule(Duration after, Event event) {
        event.time = now_ + after;
        event.order = order_++;
        events_.push(event);
    }

    void send(Index from, Index to, Event event) {
        if (event.message >= counted_from_ || event.kind == Kind::link) {
            count(event.kind);
        }
        if (setting_.loss > 0 && random_.unit() < setting_.loss) {
            return;
        }
        event.to = to;
        event.from = from;
        const Duration base = latency(from, to);
        const auto extra =
            static_cast<Duration::rep>(random_.unit() * setting_.jitter * static_cast<double>(base.count()));
        schedule(base + Duration{setting_.jitter > 0 ? extra : 0}, event);
    }

    void count(Kind kind) {
        if (kind == Kind::payload || kind == Kind::provide) {
            ++figures_.payloads;
        } else if (kind == Kind::announce || kind == Kind::herald) {
            ++figures_.announces;
        } else if (kind == Kind::graft || kind == Kind::prune || kind == Kind::request) {
            ++figures_.control;
        } else if (kind == Kind::link) {
            ++figures_.link_steps;
        }
    }

    auto step_sender(Index from) {
        return [this, from](const Peer& peer, LinkStep step) {
            send(from, index_of(peer), {.kind = Kind::link, .step = step});
        };
    }

    void play(const Event& event) {
        Node& node = *nodes_[event.to];
        if (!node.up && event.kind != Kind::crashed) {
            return;
        }
        const std::uint32_t link = node.neighbours.find(peers_[event.from]);
        switch (event.kind) {
            case Kind::link:
                node.neighbours.heard(peers_[event.from], event.step, now_, step_sender(event.to));
                return links_changed(event.to);
            case Kind::payload:
            case Kind::provide:
                return take(event, link);
            case Kind::acknowledge:
                return acknowledged(node, event.message, event.from);
            case Kind::announce:
                return announced(event, link);
            case Kind::herald:
                return heralded(event, link);
            case Kind::request:
                if (node.has[event.message] != 0 && !is_under_way(node, event.message, event.from)) {
                    transmit(event.to, event.from,
                             {.message = event.message, .hops = node.hops[event.message], .kind = Kind::provide});
                }
                return;
            case Kind::graft:
                node.trees.on_graft(event.origin, link);
                if (event.wanted && node.has[event.message] != 0 && !is_under_way(node, event.message, event.from)) {
                    transmit(event.to, event.from,
                             {.message = event.message, .hops = node.hops[event.message], .kind = Kind::payload});
                }
                return;
            case Kind::prune:
                return node.trees.on_prune(event.origin, link);
            case Kind::resend:
                return resend(event);
            case Kind::overdue:
                return overdue(event.to);
            case Kind::tend:
                node.tending = TimePoint::max();
                return tend(event.to);
            case Kind::crashed:
                return crashed(event.to);
        }
    }

    void tend(Index index) {
        nodes_[index]->neighbours.tend(now_, random_, step_sender(index));
        links_changed(index);
    }

    void links_changed(Index index) {
        Node& node = *nodes_[index];
        for_each_link(node.neighbours.take_closed(), [&](std::uint32_t link) { node.trees.link_closed(link); });
        if (node.neighbours.due() < node.tending) {
            node.tending = std::max(now_, node.neighbours.due());
            schedule(node.tending - now_, {.to = index, .kind = Kind::tend});
        }
    }

    void crashed(Index index) {
        for (Index other = 0; other < nodes_.size(); ++other) {
            if (nodes_[other]->up) {
                nodes_[other]->neighbours.failed(peers_[index], now_);
                links_changed(other);
            }
        }
    }

    /// Sends a payload, again and again until it is acknowledged where frames get lost.
    void transmit(Index from, Index to, Event event) {
        if (setting_.loss > 0) {
            nodes_[from]->unacknowledged.push_back({event.message, to});
            Event again = event;
            again.to = from;
            again.from = to;
            again.tries = static_cast<std::uint16_t>(event.kind == Kind::provide ? 1 : 0);
            again.kind = Kind::resend;
            schedule(latency(from, to) * 41 / 20, again);
        }
        send(from, to, event);
    }

    void resend(Event event) {
        Node& node = *nodes_[event.to];
        const auto sent = std::find_if(node.unacknowledged.begin(), node.unacknowledged.end(), [&](const Sent& one) {
            return one.message == event.message && one.to == event.from;
        });
        if (sent == node.unacknowledged.end()) {
            return;
        }
        const Index to = event.from;
        send(event.to, to,
             {.message = event.message,
              .hops = event.hops,
              .kind = event.tries % 2 == 1 ? Kind::provide : Kind::payload});
        event.tries = static_cast<std::uint16_t>(event.tries + 2);
        if (event.tries < 40) {
            schedule(latency(event.to, to) * 41 / 20, event);
        }
    }

    static bool is_under_way(const Node& node, std::uint32_t message, Index to) {
        return std::any_of(node.unacknowledged.begin(), node.unacknowledged.end(),
                           [&](const Sent& one) { return one.message == message && one.to == to; });
    }

    static void acknowledged(Node& node, std::uint32_t message, Index from) {
        std::erase_if(node.unacknowledged, [&](const Sent& one) { return one.message == message && one.to == from; });
    }

    /// Passes a message on: payload along the tree, announcements to the others that are not known to have it.
    void spread(Index index, std::uint32_t message, std::uint32_t from, LinkMask holders, std::uint16_t hops) {
        Node& node = *nodes_[index];
        const LinkMask links = node.neighbours.links();
        const LinkMask eager =
            node.trees.eager(messages_[message].origin, links, from) & ~(node.heralded[message] ? 0 : holders);
        const auto next = static_cast<std::uint16_t>(hops + 1);
        for_each_link(eager, [&](std::uint32_t link) {
            transmit(index, index_of(node.neighbours.peer(link)),
                     {.message = message, .hops = next, .kind = Kind::payload});
        });
        node.hops[message] = next;
        if (node.heralded[message] == 0)
            for_each_link(links & ~eager & ~mask_of(from) & ~holders, [&](std::uint32_t link) {
                send(index, index_of(node.neighbours.peer(link)),
                     {.message = message, .hops = next, .kind = Kind::announce});
            });
    }

    [[nodiscard]] Duration margin(const Node& node, std::uint32_t link) const {
        const Duration least = std::chrono::milliseconds{1};
        return link == no_link ? least : std::max(least, 4 * node.neighbours.deviation(link));
    }

    void take(const Event& event, std::uint32_t link) {
        Node& node = *nodes_[event.to];
        const Published& message = messages_[event.message];
        if (setting_.loss > 0) {
            for (std::size_t i = 0; i < setting_.acknowledgements; ++i) {
                send(event.to, event.from, {.message = event.message, .kind = Kind::acknowledge});
            }
        }
        acknowledged(node, event.message, event.from);
        const auto came = event.kind == Kind::provide ? OriginTrees::Came::provided : OriginTrees::Came::pushed;
        const std::uint32_t parent = node.trees.parent(message.origin);
        const bool pushed = came == OriginTrees::Came::pushed;
        if (node.has[event.message] != 0) {
            Duration since{};
            std::uint32_t pusher = no_link;
            if (link == parent && pushed) {
                pusher = node.sightings.repeated(message.name, now_, since);
                node.sightings.late_by(since);
            }
            return change(event, node.trees.on_duplicate(message.origin, link, came, pusher));
        }
        node.has[event.message] = 1;
        if (event.message >= counted_from_) {
            ++figures_.deliveries;
            figures_.times.push_back(now_ - message.time);
        }
        messages_[event.message].hops = std::max<std::size_t>(message.hops, event.hops);
        const LinkMask holders = node.heralded[event.message] != 0 ? 0 : node.sightings.announcers(message.name);
        const std::uint32_t stray = pushed && link != parent && parent != no_link ? link : no_link;
        const bool expected = pushed && link == parent && node.trees.proven(message.origin);
        const Sightings::Arrival arrival = node.sightings.arrived(message.name, stray, now_);
        if (expected) {
            node.sightings.late_by(arrival.since);
        }
        change(event, node.trees.on_first(message.origin, link, came));
        if (expected && arrival.sign.link != no_link) {
            change(event, node.trees.on_parents_herald(message.origin, arrival.sign, margin(node, link)));
        }
        spread(event.to, event.message, link, holders, event.hops);
    }

    void change(const Event& event, OriginTrees::TreeChange change) {
        Node& node = *nodes_[event.to];
        const OriginKey origin = messages_[event.message].origin;
        if (change.graft != no_link) {
            send(event.to, index_of(node.neighbours.peer(change.graft)),
                 {.message = event.message, .origin = origin, .kind = Kind::graft});
        }
        if (change.prune != no_link) {
            send(event.to, index_of(node.neighbours.peer(change.prune)),
                 {.message = event.message, .origin = origin, .kind = Kind::prune});
        }
    }

    void announced(const Event& event, std::uint32_t link) {
        Node& node = *nodes_[event.to];
        acknowledged(node, event.message, event.from);
        if (node.has[event.message] != 0 || link == no_link) {
            return;
        }
        node.sightings.announced(messages_[event.message].name, link, now_, wait(node, link));
        arm(event.to);
    }

    void herald(Index index, std::uint32_t message, std::uint32_t from) {
        Node& node = *nodes_[index];
        node.heralded[message] = 1;
        for_each_link(node.neighbours.links() & ~mask_of(from), [&](std::uint32_t link) {
            send(index, index_of(node.neighbours.peer(link)),
                 {.message = message, .origin = messages_[message].origin, .kind = Kind::herald});
        });
    }

    void heralded(const Event& event, std::uint32_t link) {
        Node& node = *nodes_[event.to];
        if (link == no_link) {
            return;
        }
        const MessageId& wanted = messages_[event.message].name;
        const bool here = node.has[event.message] != 0;
        if (!here && node.sightings.heralded(wanted, event.origin, link, now_, wait(node, link, event.origin))) {
            if (node.trees.on_herald(event.origin, link)) {
                send(event.to, event.from,
                     {.message = event.message, .origin = event.origin, .kind = Kind::graft, .wanted = true});
            }
            herald(event.to, event.message, link);
        }
        if (link == node.trees.parent(event.origin)) {
            const FirstSign sign = node.sightings.compare(wanted, now_);
            if (sign.link != no_link) {
                change(event, node.trees.on_parents_herald(event.origin, sign, margin(node, link)));
            }
        }
        arm(event.to);
    }

    /// Where frames get lost, a graft of a parent that has not brought anything yet is repeated soon.
    [[nodiscard]] Duration wait(const Node& node, std::uint32_t link, OriginKey origin = 0) const {
        if (setting_.loss > 0 && origin != 0 && !node.trees.proven(origin)) {
            return node.neighbours.round_trip(link) * 5 / 4;
        }
        const Duration least = std::max<Duration>(std::chrono::milliseconds{20}, node.neighbours.round_trip(link));
        return node.sightings.patience(least, std::chrono::seconds{2});
    }

    void arm(Index index) {
        Node& node = *nodes_[index];
        if (node.sightings.next_deadline() < node.armed) {
            node.armed = node.sightings.next_deadline();
            schedule(node.armed - now_, {.to = index, .kind = Kind::overdue});
        }
    }

    void overdue(Index index) {
        Node& node = *nodes_[index];
        node.armed = TimePoint::max();
        node.sightings.overdue(now_, [&](const Sightings::Overdue& overdue) {
            const std::uint32_t message = number_of(overdue.name);
            const std::uint32_t parent = overdue.origin == 0 ? no_link : node.trees.parent(overdue.origin);
            std::uint32_t link = parent;
            if (node.has[message] != 0) {
                return TimePoint::max();
            }
            if (parent != no_link && !node.trees.proven(overdue.origin) && overdue.reminders < 8) {
                send(index, index_of(node.neighbours.peer(parent)),
                     {.message = message, .origin = overdue.origin, .kind = Kind::graft, .wanted = true});
            } else {
                link = nth_link(overdue.announcers & node.neighbours.links(), overdue.reminders);
                if (link == no_link) {
                    return TimePoint::max();
                }
                send(index, index_of(node.neighbours.peer(link)), {.message = message, .kind = Kind::request});
            }
            return now_ + node.neighbours.round_trip(link) * 5 / 4 + std::chrono::milliseconds{20};
        });
        arm(index);
    }

    [[nodiscard]] std::uint32_t number_of(const MessageId& wanted) const {
        std::uint32_t message = static_cast<std::uint32_t>(messages_.size()) - 1;
        while (messages_[message].name != wanted) {
            --message;
        }
        return message;
    }

    static std::uint32_t nth_link(LinkMask mask, std::uint32_t turn) {
        if (mask == 0) {
            return no_link;
        }
        for (turn %= static_cast<std::uint32_t>(std::popcount(mask)); turn != 0; --turn) {
            mask &= mask - 1;
        }
        return static_cast<std::uint32_t>(std::countr_zero(mask));
    }

    OverlaySetting setting_;
    Random random_;
    TimePoint now_{std::chrono::hours{1}};
    std::vector<Peer> peers_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::vector<Published> messages_;
    std::size_t counted_from_{0};
    OverlayFigures figures_;
    std::priority_queue<Event> events_;
    std::uint64_t order_{0};
};

}  // namespace lattice::test
