// Three networks of nodes on loopback, over real HTTP: what gossip does, told as it happens. The exit status is 0 only if
// every delivery that must happen was seen.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <lattice/node.hpp>

#include "losing_transport.hpp"
#include "stage.hpp"

namespace {

using Json = nlohmann::json;
using Links = std::vector<std::pair<std::size_t, std::size_t>>;

const Json proof = {{"proof_id", "proof_12345"}, {"transaction", "transfer(alice, bob, 100)"}};

/// Nodes with HTTP servers of their own, at ports that were free, all started; linked ones know each other.
std::vector<std::unique_ptr<lattice::Node<>>> make_network(Stage& stage, const std::vector<std::string>& names,
                                                           const Links& links) {
    std::vector<std::unique_ptr<lattice::Node<>>> nodes;
    for (const std::string& name : names) {
        nodes.push_back(std::make_unique<lattice::Node<>>(lattice::NodeOptions{.id = name, .io = &stage.io()}));
        stage.watch(*nodes.back(), name);
    }
    std::vector<std::vector<lattice::Peer>> known(nodes.size());
    for (const auto& [a, b] : links) {
        known[a].emplace_back(nodes[b]->id(), nodes[b]->http_address());
        known[b].emplace_back(nodes[a]->id(), nodes[a]->http_address());
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        nodes[i]->set_peers(lattice::PeerList(known[i]));
        nodes[i]->start();
        std::printf("  %s serves %s and knows", names[i].c_str(), nodes[i]->http_address().c_str());
        for (const lattice::Peer& peer : known[i]) {
            std::printf(" %s", std::string(peer.id()).c_str());
        }
        std::printf("\n");
    }
    return nodes;
}

/// The first node broadcasts the proof; whether each other one got it, once.
bool spread(Stage& stage, const std::vector<std::unique_ptr<lattice::Node<>>>& nodes) {
    std::printf("\n  %s broadcasts %s\n", nodes.front()->id().c_str(), proof.dump().c_str());
    stage.begin();
    nodes.front()->post("proof", proof);
    const bool complete = stage.play_until_seen(nodes.size() - 1);
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        std::size_t times = 0;
        for (const Sighting& sighting : stage.seen()) {
            times += sighting.node == nodes[i]->id() ? 1 : 0;
        }
        if (times != 1) {
            std::printf("  FAILED: %s got it %zu times\n", nodes[i]->id().c_str(), times);
            return false;
        }
    }
    std::printf("  all %zu have it after %.2f ms\n", nodes.size(), stage.elapsed());
    print_statistics_head();
    for (const auto& node : nodes) {
        print_statistics(node->id(), node->statistics());
    }
    return complete;
}

bool basic_propagation() {
    std::printf("1. Basic propagation: three nodes, each knows the others\n");
    Stage stage;
    return spread(stage, make_network(stage, {"alice", "bob", "carol"}, {{0, 1}, {0, 2}, {1, 2}}));
}

bool epidemic_spread() {
    std::printf("\n2. Epidemic spread: five nodes, partly connected\n");
    Stage stage;
    const auto nodes =
        make_network(stage, {"node0", "node1", "node2", "node3", "node4"}, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}});
    const bool complete = spread(stage, nodes);
    std::printf("\n  hop 0: node0\n");
    for (unsigned hop = 1; hop <= nodes.front()->with_protocol([](auto& p) { return p.config().message_ttl; }); ++hop) {
        std::string names;
        for (const Sighting& sighting : stage.seen()) {
            names += sighting.hops == hop ? " " + sighting.node : "";
        }
        if (!names.empty()) {
            std::printf("  hop %u:%s\n", hop, names.c_str());
        }
    }
    std::printf("\n  the tree that the proof grew:\n  node0\n");
    print_tree(stage.seen(), "node0");
    return complete;
}

/// A node put together by hand, because its transport is not one that Node brings.
struct LosingNode {
    LosingNode(Stage& stage, const std::string& name)
        : clock(stage.io()), http(clock, {.node_id = name}), protocol(transport, clock, peers, settings(name), 1) {
        stage.watch(protocol, name);
    }

    /// Without announcements, so that nothing but anti-entropy can repair.
    static lattice::Config settings(const std::string& name) {
        lattice::Config config;
        config.node_id = name;
        config.enable_pull = false;
        config.anti_entropy_interval = std::chrono::milliseconds{500};
        return config;
    }

    lattice::AsioClock clock;
    lattice::HttpTransport http;
    LosingTransport<lattice::HttpTransport> transport{http};
    lattice::FixedPeers peers;
    lattice::GossipProtocol<LosingTransport<lattice::HttpTransport>, lattice::AsioClock, lattice::FixedPeers> protocol;
};

bool anti_entropy() {
    std::printf("\n3. Anti-entropy: two nodes; a proof is lost in transit, and comparing what they hold recovers it\n");
    Stage stage;
    LosingNode alice(stage, "alice");
    LosingNode bob(stage, "bob");
    alice.peers.replace({lattice::Peer("bob", bob.http.address())});
    bob.peers.replace({lattice::Peer("alice", alice.http.address())});
    alice.protocol.start();
    bob.protocol.start();

    std::printf("\n  alice broadcasts %s\n", proof.dump().c_str());
    stage.begin();
    alice.protocol.broadcast("proof", proof);
    const bool complete = stage.play_until_seen(1);
    std::printf("  pushes lost on the way: %zu\n", alice.transport.lost());
    print_statistics_head();
    print_statistics("alice", alice.protocol.statistics());
    print_statistics("bob", bob.protocol.statistics());
    if (!complete || stage.seen().front().node != "bob" || !stage.seen().front().retrieved ||
        alice.transport.lost() != 1) {
        std::printf("  FAILED: bob did not recover the lost proof\n");
        return false;
    }
    std::printf("\n  bob recovered it after %.2f ms\n", stage.elapsed());
    return true;
}

}  // namespace

int main(int count, char**) {
    if (count > 1) {
        std::printf(
            "usage: lattice-demo\n\nPlays three scenarios over HTTP on loopback. Exit status 0: all went well.\n");
        return 2;
    }
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    try {
        const bool first = basic_propagation();
        const bool second = epidemic_spread();
        const bool third = anti_entropy();
        const bool all = first && second && third;
        std::printf("\n%s\n", all ? "All expected deliveries were seen." : "FAILED: deliveries are missing.");
        return all ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lattice-demo: %s\n", error.what());
        return 1;
    }
}
