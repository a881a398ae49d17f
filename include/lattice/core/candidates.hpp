#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <lattice/core/on_use.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/peer_sampling.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// A peer that could be a neighbour.
struct Candidate {
    enum class Waits : std::uint8_t { nothing, echo, welcome };

    Peer peer;
    Duration round_trip{};  ///< The shortest that was measured; zero: none.
    TimePoint asked{};      ///< When the last frame went out.
    TimePoint not_before{TimePoint::min()};
    Waits waits_for{Waits::nothing};
    std::uint8_t silences{0};  ///< In a row.
    std::uint8_t refusals{0};
    bool kept{false};  ///< Was asked to be kept though it may be far.

    [[nodiscard]] bool measured() const noexcept { return round_trip != Duration::zero(); }
    [[nodiscard]] bool waits() const noexcept { return waits_for != Waits::nothing; }
    [[nodiscard]] bool joining() const noexcept { return waits_for == Waits::welcome; }

    void ask(Waits what, bool keep, TimePoint now) noexcept {
        waits_for = what;
        kept = keep;
        asked = now;
    }

    void answered(TimePoint now) noexcept {
        const Duration took = now - asked;
        round_trip = !measured() || took < round_trip ? took : round_trip;
        waits_for = Waits::nothing;
        silences = 0;
    }

    /// Not again soon, and each time later.
    void put_off(TimePoint now) noexcept {
        constexpr Duration first = std::chrono::seconds{2};
        not_before = now + first * (1 << refusals);
        refusals = static_cast<std::uint8_t>(refusals + (refusals < 8 ? 1 : 0));
    }
};

/// The peers that neighbours are chosen from, with what is known of each: a bounded sample of a list that may be long.
template <typename T>
class BasicCandidates {
   public:
    static constexpr Duration answer_timeout = std::chrono::seconds{1};  ///< Twice around the earth, and a bit.
    static constexpr std::uint8_t silences_max = 4;

    /// Those of `list` that are here stay, with what was measured; random ones of the others fill up to `most`.
    void know(const PeerList& list, const Peer& self, std::size_t most, Random& random) {
        constexpr std::size_t short_list = 1'024;  // In a longer one it is not looked up who is still there.
        if (list.size() <= short_list) {
            drop_if([&](const Candidate& candidate) { return !contains(list, candidate.peer); });
        }
        if (all_.size() < most) {
            std::vector<Peer> fresh;
            sample_peers(list, most - all_.size(), random, fresh,
                         [&](const Peer& peer) { return !(peer == self) && find(peer) == nullptr; });
            for (Peer& peer : fresh) {
                all_.emplace_back().peer = std::move(peer);
            }
        }
    }

    /// Forgets the peer.
    void drop(const Peer& peer) {
        drop_if([&](const Candidate& candidate) { return candidate.peer == peer; });
    }

    /// Whoever did not answer in time is free to be asked again, or is forgotten after some such times: `lost(peer)`.
    template <typename Lost>
    void give_up_on_silent(TimePoint now, Lost&& lost) {
        for (Candidate& candidate : all_) {
            if (candidate.waits() && candidate.asked + answer_timeout <= now) {
                candidate.waits_for = Candidate::Waits::nothing;
                ++candidate.silences;
            }
        }
        drop_if([&](const Candidate& candidate) {
            if (candidate.silences < silences_max) {
                return false;
            }
            lost(candidate.peer);
            return true;
        });
    }

    /// The peer's, made when there is none.
    Candidate& of(const Peer& peer) {
        Candidate* known = find(peer);
        if (known == nullptr) {
            known = &all_.emplace_back();
            known->peer = peer;
        }
        return *known;
    }

    [[nodiscard]] Candidate* find(const Peer& peer) noexcept {
        for (Candidate& candidate : all_) {
            if (candidate.peer == peer) {
                return &candidate;
            }
        }
        return nullptr;
    }

    /// One of those for which `eligible(candidate)` holds, each equally likely, or null.
    template <typename Eligible>
    [[nodiscard]] Candidate* any(Random& random, Eligible&& eligible) {
        Candidate* chosen = nullptr;
        std::uint64_t passed = 0;
        for (Candidate& candidate : all_) {
            if (eligible(candidate) && random.below(++passed) == 0) {
                chosen = &candidate;
            }
        }
        return chosen;
    }

    /// The nearest of those that were measured and for which `eligible(candidate)` holds, or null.
    template <typename Eligible>
    [[nodiscard]] Candidate* nearest(Eligible&& eligible) {
        Candidate* chosen = nullptr;
        for (Candidate& candidate : all_) {
            const bool nearer = chosen == nullptr || candidate.round_trip < chosen->round_trip;
            chosen = candidate.measured() && nearer && eligible(candidate) ? &candidate : chosen;
        }
        return chosen;
    }

    [[nodiscard]] auto begin() noexcept { return all_.begin(); }
    [[nodiscard]] auto end() noexcept { return all_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

   private:
    static bool contains(const PeerList& list, const Peer& peer) noexcept {
        for (const Peer& listed : list) {
            if (listed == peer) {
                return true;
            }
        }
        return false;
    }

    template <typename Unwanted>
    void drop_if(Unwanted&& unwanted) {
        std::size_t left = 0;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            if (!unwanted(all_[i])) {
                if (left != i) {
                    all_[left] = std::move(all_[i]);
                }
                ++left;
            }
        }
        all_.resize(left);
    }

    std::vector<Dependent<Candidate, T>> all_;  ///< No two of one peer.
};
using Candidates = BasicCandidates<OnUse>;

}  // namespace lattice::inline v0
