#include <chrono>

#include <lattice/sim/clock.hpp>
#include <lattice/sim/transport.hpp>

#include "conformance/catch.hpp"
#include "conformance/peer_source_conformance.hpp"
#include "conformance/transport_conformance.hpp"

using namespace lattice;
using namespace lattice::sim;

namespace {

/// Two ends of a simulated network, for the suite.
class Fixture {
   public:
    Fixture() {
        network_.set_nodes(2);
        network_.set_link({});
    }

    SimTransport& first() { return ends_[0]; }
    SimTransport& second() { return ends_[1]; }
    Peer first_peer() { return peers_[0]; }
    Peer second_peer() { return peers_[1]; }
    Peer nobody() { return Peer("n7", address_of(7)); }
    SimClock& clock() { return clock_; }

    void on_executor(Callback<void()> job) { job(); }

    bool run_until(Callback<bool()> condition, Duration within) {
        const Duration end = timeline_.now() + within;
        while (!condition()) {
            const auto event = timeline_.next(end);
            if (!event) {
                timeline_.advance_to(end);
                return condition();
            }
            happen(*event);
        }
        return true;
    }

   private:
    void happen(const Event& event) {
        if (static_cast<EventKind>(event.kind) == EventKind::timer) {
            if (auto due = timeline_.take(event)) {
                due->callback();
            }
            return;
        }
        network_.arrive(event.slot, [&](NodeIndex from, Frame frame) {
            if (ends_[event.node].is_open()) {
                ends_[event.node].receive(peers_[from], std::move(frame));
            }
        });
    }

    Timeline timeline_;
    Network network_{timeline_, 1};
    SimClock clock_{timeline_, 0};
    SimTransport ends_[2]{SimTransport(network_, 0), SimTransport(network_, 1)};
    Peer peers_[2]{Peer("n0", address_of(0)), Peer("n1", address_of(1))};
};

}  // namespace

TEST_CASE("The simulated transport keeps the rules of a Transport", "[sim]") {
    conformance::check(conformance::transport_rules<Fixture>());
}
