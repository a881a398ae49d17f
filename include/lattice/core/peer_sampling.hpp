#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <lattice/core/peer.hpp>
#include <lattice/core/random.hpp>

namespace lattice::inline v0 {

/// Appends up to `count` distinct random peers of `list` for which `eligible(peer)` holds, each such set equally likely.
///
/// When few of many are asked for, indices are drawn until enough fit, so that the cost does not grow with the network; else,
/// or when hardly any peer is eligible, the list is walked (reservoir sampling, Vitter 1985, algorithm R). Doubles in the
/// list count once.
template <typename Eligible>
void sample_peers(const PeerList& list, std::size_t count, Random& random, std::vector<Peer>& chosen,
                  Eligible&& eligible) {
    const std::size_t first = chosen.size();
    const auto is_chosen = [&](const Peer& peer) {
        for (std::size_t i = first; i < chosen.size(); ++i) {
            if (chosen[i] == peer) {
                return true;
            }
        }
        return false;
    };
    constexpr std::size_t short_list = 12;
    if (list.size() > short_list && count < list.size() / 3) {
        for (std::size_t tries = 16 + 8 * count; tries != 0 && chosen.size() - first < count; --tries) {
            const Peer& peer = list[static_cast<std::size_t>(random.below(list.size()))];
            if (eligible(peer) && !is_chosen(peer)) {
                chosen.push_back(peer);
            }
        }
        constexpr std::size_t long_list = 4'096;  // Rather a few too few than to walk so many for each message.
        if (chosen.size() - first == count || list.size() > long_list) {
            return;
        }
        chosen.resize(first);
    }
    std::size_t passed = 0;
    for (const Peer& peer : list) {
        if (!eligible(peer) || is_chosen(peer)) {
            continue;
        }
        ++passed;
        if (chosen.size() - first < count) {
            chosen.push_back(peer);
        } else if (const auto place = static_cast<std::size_t>(random.below(passed)); place < count) {
            chosen[first + place] = peer;
        }
    }
}

}  // namespace lattice::inline v0
