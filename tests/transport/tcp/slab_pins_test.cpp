#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/transport/tcp/slab.hpp>
#include <lattice/transport/tcp/slab_pins.hpp>

#include "support/catch.hpp"

using namespace lattice;
using tcp::Slab;
using tcp::SlabPins;

TEST_CASE("pins count slabs as a list of frames would, in whatever order they leave") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        LATTICE_SHOW(seed);
        Random random(seed);
        SlabPins pins;
        Slab current = Slab::allocate(16);
        std::vector<std::pair<std::uint64_t, Slab>> frames;
        for (int step = 0; step < 2'000; ++step) {
            if (random.below(5) == 0) {
                current = Slab::allocate(16);
            }
            if (random.below(2) == 0) {
                frames.emplace_back(pins.pin(current), current);
                CHECK(pins.is_newest(current));
            } else if (!frames.empty()) {
                const std::size_t gone = random.below(frames.size());
                pins.unpin(frames[gone].first, 1);
                frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(gone));
            }
            std::map<const void*, int> held;
            for (const auto& [number, slab] : frames) {
                ++held[slab.identity()];
            }
            REQUIRE(pins.pinned() == held.size());
        }
    }
}
