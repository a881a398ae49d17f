#include <string>
#include <utility>
#include <vector>

#include <lattice/core/peer_source.hpp>
#include <lattice/peers/fixed.hpp>

#include "conformance/peer_source_conformance.hpp"
#include "support/catch.hpp"

using namespace lattice;

/// The suite for peer sources finds what is wrong with sources that are wrong on purpose, and blames nothing else.
namespace {

template <typename SpoiltSource>
struct Fixture {
    SpoiltSource stored;

    SpoiltSource& source() { return stored; }
    void become(std::vector<Peer> alive) { stored.become(std::move(alive)); }
};

template <typename SpoiltSource>
std::vector<std::string> found() {
    return conformance::broken(conformance::peer_source_rules<Fixture<SpoiltSource>>());
}

/// A source that is right, to be spoilt in one respect by each of those below.
struct Spoilable {
    [[nodiscard]] PeerList peers() const { return inner.peers(); }
    void on_change(Callback<void()> changed) { inner.on_change(std::move(changed)); }
    void become(std::vector<Peer> alive) { inner.replace(std::move(alive)); }

    FixedPeers inner;
};

struct NamesItsSeed : Spoilable {
    NamesItsSeed() { become({Peer{"seed", "at:0"}}); }
};

struct ForgetsAddresses : Spoilable {
    void become(const std::vector<Peer>& alive) {
        std::vector<Peer> bare;
        for (const auto& peer : alive) {
            bare.emplace_back(std::string(peer.id()));
        }
        inner.replace(std::move(bare));
    }
};

struct NeverForgets : Spoilable {
    void become(const std::vector<Peer>& alive) {
        all.insert(all.end(), alive.begin(), alive.end());
        inner.replace(all);
    }
    std::vector<Peer> all;
};

struct MakesNewLists : Spoilable {
    [[nodiscard]] PeerList peers() const {
        return PeerList(std::vector<Peer>(inner.peers().begin(), inner.peers().end()));
    }
};

struct TellsTooEarly : Spoilable {
    void on_change(Callback<void()> callback) { changed = std::move(callback); }
    void become(std::vector<Peer> alive) {
        if (changed) {
            auto call = std::move(changed);
            call();
        }
        inner.replace(std::move(alive));
    }
    Callback<void()> changed;
};

struct NeverTells : Spoilable {
    void on_change(Callback<void()>) {}
};

struct NeverStopsTelling : Spoilable {
    void on_change(Callback<void()> callback) {
        if (callback) {
            inner.on_change(std::move(callback));
        }
    }
};

using Found = std::vector<std::string>;

TEST_CASE("The peer source suite has nothing against a source that is right", "[conformance]") {
    CHECK(found<Spoilable>() == Found{});
}

TEST_CASE("The peer source suite finds what is wrong with a source", "[conformance]") {
    CHECK(found<NamesItsSeed>() == Found{"a source whose world is empty knows nobody"});
    CHECK(found<ForgetsAddresses>() ==
          Found{"peers gives the ids and addresses of who is alive", "peers follows every change",
                "a peer that moves is given with its new address", "a list that was given out never changes",
                "on_change tells when the list has changed", "an empty on_change ends the telling"});
    CHECK(found<NeverForgets>() ==
          Found{"peers follows every change", "a peer that moves is given with its new address"});
    CHECK(found<MakesNewLists>() == Found{"peers gives the same while nothing has changed"});
    CHECK(found<TellsTooEarly>() == Found{"on_change tells when the list has changed"});
    CHECK(found<NeverTells>() ==
          Found{"on_change tells when the list has changed", "a callback of on_change may end itself"});
    CHECK(found<NeverStopsTelling>() ==
          Found{"an empty on_change ends the telling", "a callback of on_change may end itself"});
}

}  // namespace
