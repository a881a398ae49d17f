// The host knows who is alive: its registry becomes a peer source in a few lines. A node that leaves the registry is
// gossiped to no more; one that joins is brought up to date.
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <lattice/clock/manual.hpp>
#include <lattice/lattice.hpp>
#include <lattice/transport/memory.hpp>

using namespace std::chrono_literals;

// What the host has anyway: names, addresses, and listeners who want to know of changes.
struct Registry {
    std::map<std::string, std::string> members;
    std::vector<std::pair<const void*, lattice::Callback<void()>>> listeners;

    void changed() {
        for (auto& listener : listeners) {
            listener.second();
        }
    }
};

// A peer source needs `peers`, and nothing else. `on_change` is for those that can tell when the list has changed; the
// others are asked again every second.
class RegistryPeers {
   public:
    explicit RegistryPeers(Registry& registry) : registry_(registry) {}

    std::vector<lattice::Peer> peers() const {
        std::vector<lattice::Peer> list;
        for (const auto& [name, address] : registry_.members) {
            list.emplace_back(name, address);  // this node is in it too; the protocol leaves it out
        }
        return list;
    }

    void on_change(lattice::Callback<void()> changed) {
        std::erase_if(registry_.listeners, [this](const auto& listener) { return listener.first == this; });
        if (changed) {
            registry_.listeners.emplace_back(this, std::move(changed));
        }
    }

   private:
    Registry& registry_;
};
static_assert(lattice::NotifyingPeerSource<RegistryPeers>);

using Transport = lattice::MemoryTransport<lattice::ManualClock>;

struct Node {
    Node(lattice::MemoryNetwork<lattice::ManualClock>& network, lattice::ManualClock& clock, Registry& registry,
         const std::string& name, std::uint64_t seed)
        : transport(network, lattice::Peer(name, "memory:" + name)),
          peers(registry),
          protocol(transport, clock, peers, config_of(name), seed) {
        protocol.register_handler<std::string>("news", [this](const std::string& text) { news.push_back(text); });
        protocol.start();
    }

    static lattice::Config config_of(const std::string& name) {
        lattice::Config config;
        config.node_id = name;
        return config;
    }

    std::vector<std::string> news;
    Transport transport;
    RegistryPeers peers;
    lattice::GossipProtocol<Transport, lattice::ManualClock, RegistryPeers> protocol;
};

int main() {
    lattice::ManualClock clock;
    lattice::MemoryNetwork network{clock};
    Registry registry{{{"ada", "memory:ada"}, {"bea", "memory:bea"}}, {}};
    Node ada(network, clock, registry, "ada", 1);
    Node bea(network, clock, registry, "bea", 2);

    ada.protocol.broadcast("news", std::string("first"));
    clock.advance(1s);
    std::cout << "bea has " << bea.news.size() << " piece of news\n";

    registry.members["cleo"] = "memory:cleo";
    registry.changed();
    Node cleo(network, clock, registry, "cleo", 3);
    clock.advance(5s);
    std::cout << "cleo, who came later, has " << cleo.news.size() << "\n";
    return bea.news.size() == 1 && cleo.news == bea.news ? 0 : 1;
}
