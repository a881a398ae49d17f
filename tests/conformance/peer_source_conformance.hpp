#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <lattice/core/callback.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/peer_source.hpp>

#include "conformance/rules.hpp"

/// Every row of the table of the concept PeerSource, for any model, and of NotifyingPeerSource for those that are one.
///
/// To check a source of your own, describe how a test changes the world that it watches:
///
///     struct MyFixture {
///         MySource& source();                          // the same one at every call; at first it knows nobody
///         void become(std::vector<Peer> alive);        // from now on these peers are alive; returns when the source has
///                                                      // had the chance to notice, callbacks included
///     };
///     TEST_CASE("my source keeps the rules") { conformance::check(conformance::peer_source_rules<MyFixture>()); }
///
/// A fixture is made anew for every rule; all is done on the thread of the test.
namespace lattice::conformance {

namespace peer_checks {

/// What a list says, whatever its order and doubled entries.
template <typename List>
std::set<std::string> content(const List& peers) {
    std::set<std::string> entries;
    for (const Peer& peer : peers) {
        entries.insert(std::string(peer.id()) + "@" + std::string(peer.address()));
    }
    return entries;
}

inline std::vector<Peer> three() { return {Peer{"a", "at:1"}, Peer{"b", "at:2"}, Peer{"c", "at:3"}}; }

template <typename F>
std::string knows_nobody_at_first() {
    F fixture;
    return expect(content(fixture.source().peers()).empty(), "it named somebody");
}

template <typename F>
std::string gives_who_is_alive() {
    F fixture;
    fixture.become(three());
    return expect(content(fixture.source().peers()) == content(three()), "it gave other peers");
}

template <typename F>
std::string follows_changes() {
    F fixture;
    const std::vector<std::vector<Peer>> worlds = {three(), {Peer{"b", "at:2"}}, {}, {Peer{"d", "at:4"}}, three()};
    for (const auto& world : worlds) {
        fixture.become(world);
        if (content(fixture.source().peers()) != content(world)) {
            return "it gave another list than that of " + std::to_string(world.size()) + " peers";
        }
    }
    return {};
}

template <typename F>
std::string notices_a_move() {
    F fixture;
    fixture.become({Peer{"a", "at:1"}});
    (void)fixture.source().peers();
    fixture.become({Peer{"a", "at:9"}});
    return expect(content(fixture.source().peers()) == std::set<std::string>{"a@at:9"}, "it kept the old address");
}

template <typename F>
std::string repeats_itself() {
    F fixture;
    fixture.become(three());
    const auto first = fixture.source().peers();
    for (int i = 0; i < 10; ++i) {
        const auto again = fixture.source().peers();
        if (content(again) != content(first)) {
            return "it gave another list though nothing had changed";
        }
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(again)>, PeerList>) {
            if (!again.same_as(first)) {
                return "it gave another PeerList object though nothing had changed";
            }
        }
    }
    return {};
}

template <typename F>
std::string lists_outlive_changes() {
    F fixture;
    fixture.become(three());
    const auto held = fixture.source().peers();
    fixture.become({});
    (void)fixture.source().peers();
    return expect(content(held) == content(three()), "a list that was given out has changed");
}

template <typename F>
std::string tells_of_changes() {
    F fixture;
    int calls = 0;
    bool was_old = false;
    fixture.source().on_change([&] {
        ++calls;
        was_old = content(fixture.source().peers()) != content(three());
    });
    const int calls_before = calls;
    fixture.become(three());
    return first_of({expect(calls_before == 0, "it told of a change before there was one"),
                     expect(calls > 0, "it did not tell"), expect(!was_old, "the list was the old one when it told")});
}

template <typename F>
std::string stops_telling() {
    F fixture;
    int calls = 0;
    fixture.source().on_change([&] { ++calls; });
    fixture.source().on_change(nullptr);
    fixture.become(three());
    return first_of({expect(calls == 0, "it told nevertheless"),
                     expect(content(fixture.source().peers()) == content(three()), "it stopped noticing")});
}

template <typename F>
std::string callback_may_end_itself() {
    F fixture;
    int calls = 0;
    std::string text(64, 'x');  // on the heap, so that a use after destruction is seen by a sanitizer
    fixture.source().on_change([&, text] {
        fixture.source().on_change(nullptr);
        calls += static_cast<int>(text.size()) / 64;
    });
    fixture.become(three());
    fixture.become({});
    return expect(calls == 1, "it was called " + std::to_string(calls) + " times");
}

}  // namespace peer_checks

/// The rules of the concept PeerSource, tried on the source of a `Fixture`.
template <typename Fixture>
Rules peer_source_rules() {
    using Source = std::remove_reference_t<decltype(std::declval<Fixture&>().source())>;
    static_assert(PeerSource<Source>, "Fixture::source() gives a reference to a model of lattice::PeerSource");
    namespace checks = peer_checks;
    Rules rules = {
        {"a source whose world is empty knows nobody", checks::knows_nobody_at_first<Fixture>},
        {"peers gives the ids and addresses of who is alive", checks::gives_who_is_alive<Fixture>},
        {"peers follows every change", checks::follows_changes<Fixture>},
        {"a peer that moves is given with its new address", checks::notices_a_move<Fixture>},
        {"peers gives the same while nothing has changed", checks::repeats_itself<Fixture>},
        {"a list that was given out never changes", checks::lists_outlive_changes<Fixture>},
    };
    if constexpr (NotifyingPeerSource<Source>) {
        rules.push_back({"on_change tells when the list has changed", checks::tells_of_changes<Fixture>});
        rules.push_back({"an empty on_change ends the telling", checks::stops_telling<Fixture>});
        rules.push_back({"a callback of on_change may end itself", checks::callback_may_end_itself<Fixture>});
    }
    return rules;
}

}  // namespace lattice::conformance
