// The host is built on Asio: the protocol joins its io_context, and the host's handlers call it without any lock.
#include <chrono>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <lattice/clock/asio.hpp>
#include <lattice/lattice.hpp>
#include <lattice/peers/callback.hpp>
#include <lattice/transport/memory.hpp>

using namespace std::chrono_literals;

int main() {
    asio::io_context io;
    lattice::AsioClock clock{io};  // with several threads in io.run(): lattice::BasicAsioClock{asio::make_strand(io)}
    lattice::MemoryNetwork network{clock};
    lattice::MemoryTransport transport_a(network, lattice::Peer("a", "memory:a"));
    lattice::MemoryTransport transport_b(network, lattice::Peer("b", "memory:b"));

    // The host's discovery is a function that returns who is active now.
    const auto active = [] {
        return std::vector<lattice::Peer>{lattice::Peer("a", "memory:a"), lattice::Peer("b", "memory:b")};
    };
    lattice::CallbackPeers peers_a(active);
    lattice::CallbackPeers peers_b(active);

    std::random_device entropy;  // in production, chance comes from outside
    lattice::Config config;
    config.node_id = "a";
    lattice::GossipProtocol a(transport_a, clock, peers_a, config, entropy());
    config.node_id = "b";
    lattice::GossipProtocol b(transport_b, clock, peers_b, config, entropy());

    int heard = 0;
    b.register_handler<std::string>("tick", [&](const std::string& text) {
        std::cout << "b hears \"" << text << "\"\n";
        if (++heard == 3) {
            io.stop();
        }
    });
    a.start();  // nothing runs the io_context yet, so this thread may use what belongs to it
    b.start();

    // A handler of the host's is on the protocol's thread: the outcome of a broadcast is known at once.
    asio::steady_timer timer(io);
    timer.expires_after(10ms);
    timer.async_wait([&](const asio::error_code&) {
        std::cout << "from the host's timer: " << name_of(a.broadcast("tick", std::string("one")).status) << "\n";
    });

    // Any other thread may broadcast too: the message is posted.
    std::thread other([&] {
        std::cout << "from a thread: " + std::string(name_of(a.broadcast("tick", std::string("two")).status)) + "\n";
        a.broadcast("tick", std::string("three"));
    });

    io.run_for(10s);
    other.join();
    return heard == 3 ? 0 : 1;
}
