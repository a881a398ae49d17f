// The host has an event loop of its own, here one around poll(2), and one thread. The protocol lives on it: the loop becomes
// a clock with the help of TimerQueue, and gossip runs between the host's own events.
#include <chrono>
#include <cstddef>
#include <deque>
#include <iostream>
#include <string>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include <lattice/clock/timer_queue.hpp>
#include <lattice/lattice.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/transport/memory.hpp>

class HostLoop {
   public:
    // What a clock has. Everything happens on one thread, so that `post` needs no lock; a host whose other threads post
    // guards the queue and wakes the loop up, through a pipe for instance.
    lattice::TimePoint now() const { return std::chrono::steady_clock::now(); }
    lattice::WallTime wall() const {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
    lattice::TimerId run_at(lattice::TimePoint time, lattice::Callback<void()> callback) {
        return timers_.add(time, std::move(callback));
    }
    void cancel(lattice::TimerId id) { timers_.cancel(id); }
    void post(lattice::Callback<void()> callback) { posted_.push_back(std::move(callback)); }
    bool on_executor() const { return true; }

    // One turn of the loop: whatever is ready, else wait for the host's descriptor or the next timer. Returns whether the
    // descriptor can be read.
    bool turn(int descriptor) {
        for (auto left = posted_.size(); left > 0; --left) {
            auto callback = std::move(posted_.front());
            posted_.pop_front();
            callback();
        }
        while (auto callback = timers_.take_due(now())) {
            callback();
        }
        pollfd watched{descriptor, POLLIN, 0};
        return poll(&watched, 1, posted_.empty() ? wait() : 0) > 0;
    }

   private:
    // Milliseconds until the next timer, rounded up; -1 is for ever.
    int wait() const {
        const auto next = timers_.next();
        if (!next) {
            return -1;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now()).count();
        return left < 0 ? 0 : static_cast<int>(left < 60'000 ? left : 60'000);
    }

    lattice::TimerQueue timers_;
    std::deque<lattice::Callback<void()>> posted_;
};
static_assert(lattice::Clock<HostLoop>);

int main() {
    HostLoop loop;
    lattice::MemoryNetwork network{loop};
    lattice::FixedPeers peers_a{lattice::Peer("b", "memory:b")};
    lattice::FixedPeers peers_b{lattice::Peer("a", "memory:a")};
    lattice::MemoryTransport transport_a(network, lattice::Peer("a", "memory:a"));
    lattice::MemoryTransport transport_b(network, lattice::Peer("b", "memory:b"));
    lattice::Config config;
    config.node_id = "a";
    lattice::GossipProtocol a(transport_a, loop, peers_a, config, 1);
    config.node_id = "b";
    lattice::GossipProtocol b(transport_b, loop, peers_b, config, 2);
    std::string heard;
    b.register_handler<std::string>("reading", [&](const std::string& text) { heard = text; });
    a.start();
    b.start();

    // The host's own business: a sensor writes a line, the loop reads and broadcasts it.
    int sensor[2];
    if (pipe(sensor) != 0 || write(sensor[1], "21 degrees", 10) != 10) {
        return 1;
    }
    const auto deadline = loop.now() + std::chrono::seconds{10};
    while (heard.empty() && loop.now() < deadline) {
        char line[64];
        if (loop.turn(sensor[0])) {
            const auto size = read(sensor[0], line, sizeof line);
            a.broadcast("reading", std::string(line, size > 0 ? static_cast<std::size_t>(size) : 0));
        }
    }
    std::cout << "b hears \"" << heard << "\"\n";
    return heard == "21 degrees" ? 0 : 1;
}
