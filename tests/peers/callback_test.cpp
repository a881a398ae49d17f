#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <lattice/peers/callback.hpp>

#include "conformance/catch.hpp"
#include "conformance/peer_source_conformance.hpp"
#include "support/catch.hpp"

using namespace lattice;

namespace {

struct CallbackPeersFixture {
    std::vector<Peer> world;
    CallbackPeers callback{[this] { return world; }};

    CallbackPeers& source() { return callback; }
    void become(std::vector<Peer> alive) { world = std::move(alive); }
};

TEST_CASE("CallbackPeers keeps the rules of a PeerSource", "[peers][conformance]") {
    conformance::check(conformance::peer_source_rules<CallbackPeersFixture>());
}

TEST_CASE("CallbackPeers holds on to the last list while its function throws", "[peers]") {
    bool fails = true;
    CallbackPeers source([&]() -> std::vector<Peer> {
        if (fails) {
            throw std::runtime_error("discovery is down");
        }
        return {Peer{"a", "at:1"}};
    });
    CHECK(source.peers().empty());
    CHECK(source.failures() == 1);

    fails = false;
    const PeerList known = source.peers();
    REQUIRE(known.size() == 1);

    fails = true;
    CHECK(source.peers().same_as(known));
    CHECK(source.peers().same_as(known));
    CHECK(source.failures() == 3);
}

TEST_CASE("CallbackPeers takes functions of every kind", "[peers]") {
    struct Discovery {
        PeerList known{std::vector<Peer>{Peer{"a"}}};
        [[nodiscard]] PeerList operator()() const { return known; }
    } const discovery;
    const std::function<std::vector<Peer>()> function = [] { return std::vector<Peer>{Peer{"b"}}; };

    CHECK(CallbackPeers(discovery).peers().same_as(discovery.known));
    CHECK(CallbackPeers(std::ref(discovery)).peers().same_as(discovery.known));
    CHECK(CallbackPeers(function).peers().size() == 1);
    CHECK(CallbackPeers(+[] { return std::vector<Peer>{}; }).peers().empty());
}

TEST_CASE("CallbackPeers passes doubled peers on; the protocol leaves them out", "[peers]") {
    CallbackPeers source([] { return std::vector<Peer>{Peer{"a"}, Peer{"a"}, Peer{"me"}}; });
    CHECK(source.peers().size() == 3);
}

}  // namespace

TEST_CASE("CallbackPeers is all of the network unless it says otherwise", "[peers]") {
    CallbackPeers peers([] { return PeerList(); });
    CHECK_FALSE(is_partial(peers));
    peers.declare_partial();
    CHECK(is_partial(peers));
    CHECK_FALSE(is_partial(NoPeers{}));
}
