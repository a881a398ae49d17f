#pragma once

#include <cstddef>
#include <cstdint>

#include <lattice/core/peer.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/route.hpp>

namespace lattice::inline v0 {

/// The peers of a list that stand in a slice: `size` places of PeerList::ring() from number `start` on, round its end.
struct RingRange {
    std::size_t start{0};
    std::size_t size{0};
};

inline RingRange range_of(const PeerList& peers, Slice slice) noexcept {
    const auto ring = peers.ring();
    const auto first_at_least = [&](std::uint64_t position) {
        std::size_t low = 0;
        std::size_t high = ring.size();
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (ring[middle].position < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    };
    const std::size_t start = first_at_least(slice.first);
    const std::size_t end = first_at_least(slice.last);
    return {start, slice.first <= slice.last ? end - start : ring.size() - start + end};
}

/// Divides the work of reaching a slice: a tree of its own for every message, grown by whoever forwards it, from nothing but
/// the list of peers. Each child is handed a part of the slice, sends on to the nodes of that part, and so on; nobody is
/// in two parts, so that each node gets the payload once, in log_degree(n) hops. Load is spread over the nodes, since every
/// parent draws its children anew.
///
/// Calls `child(peer, part)` for at most `degree` peers. In a slice of at most `degree` peers all are children, with empty
/// parts. In a greater one each of `degree` equal runs of the ring gets a child out of it: of a few drawn at random the one
/// with the least `cost(peer)`, and the run is its part. Only peers with `eligible(peer)` become children. Peers that this
/// node does not know are reached when some node on the way does.
template <typename Eligible, typename Cost, typename Child>
void delegate_slice(const PeerList& peers, Slice slice, std::size_t degree, Random& random, Eligible&& eligible,
                    Cost&& cost, Child&& child) {
    constexpr std::size_t drawn = 3;  // The best of three has half the latency of one, where latencies are known.
    const RingRange range = range_of(peers, slice);
    const auto ring = peers.ring();
    const auto place = [&](std::size_t number) -> const PeerList::Place& {
        const std::size_t at = range.start + number;
        return ring[at < ring.size() ? at : at - ring.size()];
    };
    const std::size_t runs = range.size < degree ? range.size : degree;
    for (std::size_t run = 0; run < runs; ++run) {
        const std::size_t first = range.size * run / runs;
        const std::size_t count = range.size * (run + 1) / runs - first;
        const Peer* chosen = nullptr;
        auto least = decltype(cost(*chosen)){};
        const auto consider = [&](const Peer& peer) {
            if (!eligible(peer)) {
                return;
            }
            const auto its = count == 1 ? decltype(least){} : cost(peer);
            if (chosen == nullptr || its < least) {
                chosen = &peer;
                least = its;
            }
        };
        for (std::size_t i = 0; i < drawn && count > drawn; ++i) {
            consider(peers[place(first + static_cast<std::size_t>(random.below(count))).index]);
        }
        const std::size_t start = static_cast<std::size_t>(random.below(count));
        for (std::size_t i = 0; i < count && chosen == nullptr; ++i) {
            consider(peers[place(first + (start + i) % count).index]);
        }
        if (chosen == nullptr) {
            continue;
        }
        const std::uint64_t begin = run == 0 ? slice.first : place(first).position;
        const std::uint64_t end = run + 1 == runs ? slice.last : place(first + count).position;
        child(*chosen, count == 1 ? Slice{} : Slice{begin, end});
    }
}

/// The two arcs of a slice that a hole at `position` leaves. A slice that does not reach the position is the first of them.
struct Arcs {
    Slice before;
    Slice behind;

    static Arcs around(std::uint64_t position, Slice slice) noexcept {
        if (!slice.contains(position)) {
            return {slice, {}};
        }
        return {{slice.first, position}, {position + 1, slice.last}};
    }
};

}  // namespace lattice::inline v0
