// The host has a way to carry bytes already: a message bus with topics. Making it a transport takes three functions; the
// codec turns frames into bytes and back.
#include <chrono>
#include <cstddef>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <lattice/clock/manual.hpp>
#include <lattice/codec/binary.hpp>
#include <lattice/lattice.hpp>
#include <lattice/peers/fixed.hpp>

using namespace std::chrono_literals;

// What the host has anyway.
struct Bus {
    using Subscriber = std::function<void(const std::string& sender, const lattice::Bytes& content)>;
    std::map<std::string, Subscriber> topics;
    std::size_t bytes{0};

    bool publish(const std::string& topic, const std::string& sender, const lattice::Bytes& content) {
        const auto found = topics.find(topic);
        if (found != topics.end()) {
            bytes += content.size();
            found->second(sender, content);
        }
        return found != topics.end();
    }
};

class BusTransport {
   public:
    BusTransport(Bus& bus, lattice::ManualClock& clock, std::string topic)
        : bus_(bus), clock_(clock), topic_(std::move(topic)) {}

    // Says at once for every peer what it can; never waits, never calls back.
    void send(const lattice::Frame& frame, std::span<const lattice::Peer> peers,
              std::span<lattice::SendStatus> statuses) {
        const lattice::Bytes content = lattice::encode(frame);  // once, however many peers
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const bool known = bus_.publish(std::string(peers[i].address()), topic_, content);
            statuses[i] = known ? lattice::SendStatus::sent : lattice::SendStatus::unreachable;
        }
    }

    void open(lattice::TransportEvents events) {
        events_ = std::make_shared<lattice::TransportEvents>(std::move(events));
        bus_.topics[topic_] = [this](const std::string& sender, const lattice::Bytes& content) {
            // This runs within the sender's `send`, so it must not call the protocol: the clock does that, right after.
            clock_.post([events = std::weak_ptr(events_), sender, content] {
                lattice::Decoded decoded = lattice::decode(content.view());
                const auto receiver = events.lock();
                if (receiver && decoded.status == lattice::DecodeStatus::frame) {
                    receiver->received(lattice::Peer(sender, sender), std::move(decoded.frame));
                }
            });
        };
    }

    void close() {
        bus_.topics.erase(topic_);
        events_.reset();
    }

   private:
    Bus& bus_;
    lattice::ManualClock& clock_;
    std::string topic_;
    std::shared_ptr<lattice::TransportEvents> events_;
};
static_assert(lattice::Transport<BusTransport>);

int main() {
    Bus bus;
    lattice::ManualClock clock;
    BusTransport east(bus, clock, "east");
    BusTransport west(bus, clock, "west");
    lattice::FixedPeers both{lattice::Peer("east", "east"), lattice::Peer("west", "west")};
    lattice::FixedPeers both_again = both;  // each protocol has its own source, because it listens to its changes

    lattice::Config config;
    config.node_id = "east";
    lattice::GossipProtocol sender(east, clock, both, config, 1);
    config.node_id = "west";
    lattice::GossipProtocol receiver(west, clock, both_again, config, 2);
    std::string heard;
    receiver.register_handler<std::string>("word", [&](const std::string& text) { heard = text; });
    sender.start();
    receiver.start();

    sender.broadcast("word", std::string("over the bus"));
    clock.advance(1s);
    std::cout << "west hears \"" << heard << "\"; the bus carried " << bus.bytes << " bytes\n";
    return heard == "over the bus" ? 0 : 1;
}
