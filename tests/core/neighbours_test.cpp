#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <lattice/core/neighbours.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

/// Nodes whose frames about links take their time, in order of arrival.
class Town {
   public:
    Town(std::size_t nodes, std::size_t known, std::uint64_t seed) : random_(seed), seed_(seed), nodes_(nodes) {
        for (std::size_t i = 0; i < nodes; ++i) {
            peers_.emplace_back(std::to_string(i));
        }
        for (std::size_t i = 0; i < nodes; ++i) {
            std::vector<Peer> list;
            for (std::size_t j = 0; j < known; ++j) {
                list.push_back(peers_[static_cast<std::size_t>(random_.below(nodes))]);
            }
            nodes_[i].know(PeerList(list), peers_[i], now_, random_);
        }
    }

    void run_for(Duration length, double loss = 0) {
        const TimePoint end = now_ + length;
        const auto sender = [&](std::size_t from) {
            return [this, from, loss](const Peer& to, LinkStep step) { send(from, index_of(to), step, loss); };
        };
        while (true) {
            std::size_t due = 0;
            for (std::size_t i = 0; i < nodes_.size(); ++i) {
                due = nodes_[i].due() < nodes_[due].due() ? i : due;
            }
            const auto first = std::min_element(flying_.begin(), flying_.end(),
                                                [](const Frame& a, const Frame& b) { return a.time < b.time; });
            const TimePoint next = first == flying_.end() ? TimePoint::max() : first->time;
            if (std::min(next, nodes_[due].due()) > end) {
                break;
            }
            if (nodes_[due].due() <= next) {
                now_ = std::max(now_, nodes_[due].due());
                nodes_[due].tend(now_, random_, sender(due));
                continue;
            }
            const Frame frame = *first;
            flying_.erase(first);
            now_ = frame.time;
            if (!is_down(frame.to)) {
                nodes_[frame.to].heard(peers_[frame.from], frame.step, now_, sender(frame.to));
            }
        }
        now_ = end;
    }

    void take_down(std::size_t node) {
        down_.push_back(node);
        nodes_[node] = Neighbours();
        for (Neighbours& other : nodes_) {
            other.failed(peers_[node], now_);
        }
    }

    [[nodiscard]] Duration latency(std::size_t a, std::size_t b) const {
        Random pair(seed_ + 1'000'003 * std::max(a, b) + std::min(a, b));
        return 5ms + Duration{static_cast<Duration::rep>(pair.below(100'000'000))};
    }

    /// Whether all links stand on both sides.
    [[nodiscard]] bool symmetric() const {
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            bool all = true;
            for_each_link(nodes_[i].links(), [&](std::uint32_t link) {
                all = all && nodes_[index_of(nodes_[i].peer(link))].find(peers_[i]) != no_link;
            });
            if (!all) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] std::size_t reachable_from(std::size_t start) const {
        std::vector<std::size_t> found{start};
        for (std::size_t at = 0; at < found.size(); ++at) {
            for_each_link(nodes_[found[at]].links(), [&](std::uint32_t link) {
                const std::size_t other = index_of(nodes_[found[at]].peer(link));
                if (std::find(found.begin(), found.end(), other) == found.end()) {
                    found.push_back(other);
                }
            });
        }
        return found.size();
    }

    [[nodiscard]] Duration mean_latency() const {
        Duration sum{};
        std::int64_t links = 0;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            for_each_link(nodes_[i].links(), [&](std::uint32_t link) {
                sum += latency(i, index_of(nodes_[i].peer(link)));
                ++links;
            });
        }
        return sum / links;
    }

    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> degrees() const {
        std::pair<std::uint32_t, std::uint32_t> bounds{99, 0};
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (!is_down(i)) {
                bounds.first = std::min(bounds.first, nodes_[i].size());
                bounds.second = std::max(bounds.second, nodes_[i].size());
            }
        }
        return bounds;
    }

    [[nodiscard]] std::size_t frames() const { return frames_; }
    Neighbours& operator[](std::size_t node) { return nodes_[node]; }

   private:
    struct Frame {
        TimePoint time;
        std::size_t from;
        std::size_t to;
        LinkStep step;
    };

    [[nodiscard]] bool is_down(std::size_t node) const {
        return std::find(down_.begin(), down_.end(), node) != down_.end();
    }
    [[nodiscard]] static std::size_t index_of(const Peer& peer) { return std::stoul(std::string(peer.id())); }

    void send(std::size_t from, std::size_t to, LinkStep step, double loss) {
        ++frames_;
        if (random_.unit() >= loss) {
            flying_.push_back({now_ + latency(from, to), from, to, step});
        }
    }

    TimePoint now_{1h};
    Random random_;
    std::uint64_t seed_;
    std::vector<Peer> peers_;
    std::vector<Neighbours> nodes_;
    std::vector<Frame> flying_;
    std::vector<std::size_t> down_;
    std::size_t frames_{0};
};

}  // namespace

TEST_CASE("neighbourhoods become symmetric, bounded, connected and near") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        LATTICE_SHOW(seed);
        Town town(120, 20, seed);
        town.run_for(20s);
        CHECK(town.symmetric());
        CHECK(town.degrees().first >= 6);
        CHECK(town.degrees().second <= NeighbourBounds{}.most);
        CHECK(town.reachable_from(0) == 120);
        CHECK(town.mean_latency() < 40ms);  // 55 ms if links were random.
    }
}

TEST_CASE("a settled neighbourhood says next to nothing") {
    Town town(120, 20, 4);
    town.run_for(120s);
    const std::size_t before = town.frames();
    town.run_for(600s);
    CHECK(town.frames() - before < 120 * 60);  // A frame in ten seconds: who was refused asks again, ever more rarely.
    CHECK(town.symmetric());
}

TEST_CASE("lost frames delay a neighbourhood, and do not leave it one-sided for long") {
    Town town(60, 20, 5);
    town.run_for(20s, 0.3);
    CHECK(town.reachable_from(0) == 60);
    CHECK(town.degrees().second <= NeighbourBounds{}.most);
}

TEST_CASE("failed neighbours are replaced") {
    Town town(100, 30, 6);
    town.run_for(20s);
    for (std::size_t node = 1; node <= 40; ++node) {
        town.take_down(node);
    }
    town.run_for(20s);
    CHECK(town.degrees().first >= 5);
    CHECK(town.reachable_from(0) == 60);
    CHECK(town.symmetric());
}

TEST_CASE("two nodes become neighbours, and idle") {
    Town town(2, 4, 7);
    town.run_for(10s);
    CHECK(town[0].size() == 1);
    CHECK(town[1].size() == 1);
    CHECK(town[0].due() == TimePoint::max());
    const std::uint32_t link = town[0].find(Peer("1"));
    REQUIRE(link != no_link);
    CHECK(town[0].round_trip(link) == 2 * town.latency(0, 1));
    CHECK(town[0].take_closed() == 0U);
    town[0].failed(Peer("1"), TimePoint(2h));
    CHECK(town[0].take_closed() == mask_of(link));
    CHECK(town[0].take_closed() == 0U);
    CHECK(town[0].links() == 0U);
}

TEST_CASE("round trips are smoothed") {
    Town town(2, 4, 7);
    town.run_for(10s);
    const std::uint32_t link = town[0].find(Peer("1"));
    const Duration before = town[0].round_trip(link);
    town[0].measured(link, before + 80ms);
    CHECK(town[0].round_trip(link) == before + 10ms);
    CHECK(town[0].jitter(link) == 80ms);
}

TEST_CASE("a welcome that nobody waits for, and any step of a stranger, changes nothing here") {
    Neighbours neighbours;
    std::vector<LinkStep> sent;
    const auto send = [&](const Peer&, LinkStep step) { sent.push_back(step); };
    neighbours.heard(Peer("stranger"), LinkStep::welcome, TimePoint(1s), send);
    neighbours.heard(Peer("stranger"), LinkStep::leave, TimePoint(1s), send);
    neighbours.heard(Peer("stranger"), LinkStep::refuse, TimePoint(1s), send);
    neighbours.heard(Peer("stranger"), LinkStep::echo, TimePoint(1s), send);
    CHECK(neighbours.links() == 0U);
    CHECK(sent == std::vector<LinkStep>{LinkStep::leave});
    neighbours.heard(Peer("stranger"), LinkStep::join, TimePoint(1s), send);
    CHECK(neighbours.size() == 1);
    CHECK(sent.back() == LinkStep::welcome);
}
