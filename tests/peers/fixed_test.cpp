#include <string>
#include <utility>
#include <vector>

#include <lattice/peers/fixed.hpp>

#include "conformance/catch.hpp"
#include "conformance/peer_source_conformance.hpp"
#include "support/catch.hpp"

using namespace lattice;

namespace {

struct FixedPeersFixture {
    FixedPeers fixed;

    FixedPeers& source() { return fixed; }
    void become(std::vector<Peer> alive) { fixed.replace(std::move(alive)); }
};

TEST_CASE("FixedPeers keeps the rules of a PeerSource", "[peers][conformance]") {
    conformance::check(conformance::peer_source_rules<FixedPeersFixture>());
}

TEST_CASE("FixedPeers takes its list as literals, a vector or a shared list", "[peers]") {
    const FixedPeers literals{Peer{"a", "at:1"}, Peer{"b", "at:2"}};
    REQUIRE(literals.peers().size() == 2);
    CHECK(literals.peers()[1].address() == "at:2");

    const FixedPeers from_vector(std::vector<Peer>{Peer{"a"}});
    CHECK(from_vector.peers().size() == 1);

    const PeerList shared = literals.peers();
    const FixedPeers from_shared(shared);
    CHECK(from_shared.peers().same_as(shared));
}

TEST_CASE("FixedPeers is all of the network unless it says otherwise", "[peers]") {
    FixedPeers fixed{Peer{"a", "at:1"}};
    CHECK_FALSE(is_partial(fixed));
    fixed.declare_partial();
    CHECK(is_partial(fixed));
}

TEST_CASE("FixedPeers leaves doubled peers as they are given", "[peers]") {
    const FixedPeers fixed{Peer{"a", "at:1"}, Peer{"a", "at:2"}};
    CHECK(fixed.peers().size() == 2);
}

}  // namespace
