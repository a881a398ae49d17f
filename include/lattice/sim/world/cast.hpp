#pragma once

#include <lattice/sim/world/declaration.hpp>

// The world's half that is set up before a play, and that brings processes to life and to their end.

namespace lattice::inline v0::sim {

inline World::World(std::uint64_t seed)
    : seed_(seed), network_(timeline_, seed), replay_("(the same program with seed " + std::to_string(seed) + ")") {
    configure({});
}

inline World::~World() = default;

/// Settings that nodes may share: each is told apart by its Peer, so the name in them is anybody's.
inline std::shared_ptr<const Config> World::checked(Config config) {
    config.node_id = "n";
    if (const auto error = validate(config)) {
        throw *error;
    }
    return std::make_shared<const Config>(std::move(config));
}

inline World& World::configure(Config config) {
    config_ = checked(std::move(config));
    return *this;
}

inline World& World::configure_each(Callback<void(NodeIndex, Config&)> adjust) {
    adjust_ = std::move(adjust);
    return *this;
}

inline World& World::on_boot(Callback<void(NodeIndex, Protocol&)> boot) {
    boot_ = std::move(boot);
    return *this;
}

inline World& World::nodes(std::size_t count) {
    const NodeIndex first = size();
    nodes_off(count);
    for (NodeIndex node = first; node < size(); ++node) {
        start(node);
    }
    return *this;
}

inline World& World::nodes_off(std::size_t count) {
    const NodeIndex first = size();
    nodes_.reserve(first + count);
    for (std::size_t i = 0; i < count; ++i) {
        nodes_.push_back(std::make_unique<Node>(timeline_, network_, static_cast<NodeIndex>(first + i)));
    }
    network_.set_nodes(size());
    ledger_.set_nodes(size());
    everybody_learns(first);
    return *this;
}

inline void World::everybody_learns(NodeIndex first_new) {
    std::vector<Peer> everyone(everyone_.begin(), everyone_.end());
    everyone.reserve(size());
    for (NodeIndex node = first_new; node < size(); ++node) {
        everyone.emplace_back(node_id_of(node), address_of(node));
    }
    const PeerList before = std::exchange(everyone_, PeerList(std::move(everyone)));
    for (NodeIndex node = 0; node < size(); ++node) {
        if (node >= first_new || nodes_[node]->peers.peers().same_as(before)) {
            nodes_[node]->peers.set(everyone_);
        }
    }
}

inline World& World::link(LinkModel link) {
    network_.set_link(std::move(link));
    return *this;
}

inline World& World::acquaint(NodeIndex node, const std::vector<NodeIndex>& known) {
    std::vector<Peer> peers;
    peers.reserve(known.size());
    for (const NodeIndex each : known) {
        peers.push_back(everyone_[each]);
    }
    nodes_[node]->peers.set(PeerList(std::move(peers)));
    return *this;
}

inline World& World::make_hostile(NodeIndex node, std::vector<Misdeed> deeds) {
    crash(node);
    Node& target = *nodes_[node];
    target.power = Node::Power::hostile;
    target.hostile = std::make_unique<Hostile>(
        network_, target.clock, node, size(), mixed(seed_, 0x40000000U + node), std::move(deeds),
        [this, node](const Message& message) { ledger_.add(message, node, now(), Ledger::Source::injected); });
    beat(node);
    return *this;
}

/// A hostile node acts, and will again.
inline void World::beat(NodeIndex node) {
    if (nodes_[node]->power != Node::Power::hostile) {
        return;
    }
    nodes_[node]->hostile->beat();
    timeline_.plan(now() + Hostile::interval, [this, node] { beat(node); });
}

inline World& World::watch_with(std::unique_ptr<Checker> checker) {
    if (checkers_.empty()) {
        network_.watch([this](NodeIndex from, NodeIndex to, const Frame& frame) {
            for (const auto& each : checkers_) {
                each->sent(*this, from, to, frame);
            }
        });
    }
    checkers_.push_back(std::move(checker));
    return *this;
}

/// Makes a process with an empty memory.
inline void World::boot(NodeIndex node) {
    Node& target = *nodes_[node];
    auto config = config_;
    if (adjust_) {
        Config own = *config_;
        adjust_(node, own);
        config = checked(std::move(own));
    }
    target.protocol.emplace(target.transport, target.clock, target.peers, std::move(config), everyone_[node],
                            mixed(mixed(seed_, node), target.life));
    target.protocol->register_default_handler(
        [this, node](const Delivery& delivery) { note_delivery(node, delivery); });
    if (boot_) {
        boot_(node, *target.protocol);
    }
    for (const auto& checker : checkers_) {
        checker->booted(*this, node);
    }
}

inline World& World::start(NodeIndex node) {
    Node& target = *nodes_[node];
    if (target.power != Node::Power::off || target.hostile) {
        return *this;
    }
    if (!target.protocol) {
        boot(node);
    }
    target.power = Node::Power::on;
    target.protocol->start();
    return *this;
}

inline World& World::stop(NodeIndex node) {
    Node& target = *nodes_[node];
    resume(node);
    if (target.power == Node::Power::on) {
        target.protocol->stop();
        target.power = Node::Power::off;
    }
    return *this;
}

inline World& World::crash(NodeIndex node) {
    Node& target = *nodes_[node];
    resume(node);
    target.power = Node::Power::off;
    target.transport.close();
    target.peers.on_change({});
    target.protocol.reset();
    target.clock.begin_life(++target.life);
    return *this;
}

inline World& World::pause(NodeIndex node) {
    Node& target = *nodes_[node];
    if (target.power == Node::Power::on) {
        target.power = Node::Power::paused;
        ++target.pauses;
    }
    return *this;
}

inline World& World::pause_for(NodeIndex node, Duration time) {
    pause(node);
    timeline_.schedule(now() + time, node, EventKind::resume, 0, nodes_[node]->pauses);
    return *this;
}

inline World& World::resume(NodeIndex node) {
    Node& target = *nodes_[node];
    if (target.power != Node::Power::paused) {
        return *this;
    }
    target.power = Node::Power::on;
    std::size_t kept = 0;
    for (const Held& held : held_) {
        if (held.node == node) {
            const Event& event = held.event;
            timeline_.schedule(now(), node, static_cast<EventKind>(event.kind), event.slot, event.check);
        } else {
            held_[kept++] = held;
        }
    }
    held_.resize(kept);
    return *this;
}

}  // namespace lattice::inline v0::sim
