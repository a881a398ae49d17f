// What the engine costs per message, beside the floor: one look-up and insertion of the id in a hash set, and one copy of
// the payload. 100,000 ids are remembered in both. Read the ratio of one run, not the absolute figures.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <unordered_set>
#include <vector>

#include <benchmark/benchmark.h>

#include <lattice/core/engine.hpp>

#include "../support/names.hpp"

namespace {

std::size_t allocations = 0;

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace lattice;
using namespace std::chrono_literals;

constexpr std::size_t remembered = 100'000;
constexpr std::size_t batch = 4'096;

struct NameHash {
    std::size_t operator()(const MessageId& name) const noexcept { return name.word(0); }
};

/// A node that remembers 100,000 ids, without a transport. It knows 50 peers and tells 3 of them, or a few and tells all.
struct Node {
    explicit Node(bool direct = false) : engine(settings(direct), Peer("self"), 1) {
        engine.rely_on_transport(true);
        std::vector<Peer> peers;
        for (int i = 0; i < (direct ? 7 : 50); ++i) {
            peers.emplace_back("peer-" + std::to_string(i), "null://");
        }
        engine.start(now);
        engine.peers_changed(PeerList(std::move(peers)), now);
        for (std::size_t i = 0; i < remembered; ++i) {
            receive(fresh(256), true);
        }
    }

    static std::shared_ptr<const Config> settings(bool direct = false) {
        Config config;
        config.node_id = "self";
        config.dissemination = direct ? Config::Dissemination::tree : Config::Dissemination::rumor;
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        config.limits.horizon = 24h;
        return std::make_shared<const Config>(config);
    }

    /// A message as it comes out of a decoder: allocated, unchecked.
    Message fresh(std::size_t size) {
        payload.resize(size);
        std::memcpy(payload.data(), &++serial, sizeof serial);
        MessageFields fields;
        fields.type = "proof";
        fields.origin = "origin-1";
        fields.payload = as_bytes(payload);
        fields.timestamp = now.wall;
        return Message::claimed(Message::content_hash(fields), fields);
    }

    void receive(Message message, bool conclude) {
        effects.clear();
        engine.receive(from, Push{std::move(message), {5, 1}}, now, effects);
        if (conclude && !effects.offers.empty()) {
            engine.conclude(effects.offers.back().ticket, Conclusion::accepted, now, effects);
        }
        if (++received % 5'000 == 0) {
            now.time += 500ms;
            engine.wake(now, effects);
        }
    }

    Now now{TimePoint{1h}, WallTime{1'700'000'000s}};
    Engine engine;
    Effects effects;
    Peer from{"peer-7", "null://"};
    std::string payload;
    std::uint64_t serial{0};
    std::uint64_t received{0};
};

void floor_set_and_copy(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    std::unordered_set<MessageId, NameHash> seen;
    std::uint64_t serial = 0;
    while (seen.size() < remembered) {
        seen.insert(test::name(++serial));
    }
    const std::string payload(size, 'x');
    std::vector<MessageId> names(batch);
    for (auto _ : state) {
        state.PauseTiming();
        for (auto& name : names) {
            name = test::name(++serial);
        }
        state.ResumeTiming();
        for (const auto& name : names) {
            if (seen.find(name) == seen.end()) {
                seen.insert(name);
                Bytes copy{std::string_view(payload)};
                benchmark::DoNotOptimize(copy);
            }
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void receive_new(benchmark::State& state) {
    Node node;
    const auto size = static_cast<std::size_t>(state.range(0));
    std::vector<Message> messages(batch);
    std::size_t before = 0;
    std::size_t counted = 0;
    for (auto _ : state) {
        state.PauseTiming();
        for (auto& message : messages) {
            message = node.fresh(size);
        }
        before = allocations;
        state.ResumeTiming();
        for (auto& message : messages) {
            node.receive(std::move(message), true);
        }
        state.PauseTiming();
        counted += allocations - before;
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
    state.counters["allocations"] =
        static_cast<double>(counted) / static_cast<double>(state.iterations() * static_cast<std::int64_t>(batch));
}

void receive_duplicate(benchmark::State& state) {
    Node node;
    std::vector<Message> messages(batch);
    for (auto& message : messages) {
        message = node.fresh(256);
        node.receive(message, true);
    }
    for (auto _ : state) {
        for (const auto& message : messages) {
            node.receive(message, true);
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}

void floor_look_up(benchmark::State& state) {
    Random random(1);
    SeenSet seen(24h, 1'000'000, random);
    std::vector<MessageId> names;
    for (std::uint64_t i = 0; i < remembered; ++i) {
        names.push_back(test::name(i));
        seen.insert(names.back(), {}, TimePoint{1h});
    }
    std::size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(seen.contains(names[at]));
        at = at + 7'919 < names.size() ? at + 7'919 : at + 7'919 - names.size();
    }
    state.counters["bytes_per_id"] = static_cast<double>(seen.footprint()) / static_cast<double>(remembered);
}

void broadcast_by(benchmark::State& state, bool direct) {
    Node node(direct);
    const std::string payload(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state) {
        node.effects.clear();
        node.now.wall += 1us;
        benchmark::DoNotOptimize(node.engine.publish("proof", as_bytes(payload), {}, node.now, node.effects));
        if (++node.received % 5'000 == 0) {
            node.now.time += 500ms;
            node.engine.wake(node.now, node.effects);
        }
    }
}

void broadcast_to_3_of_50(benchmark::State& state) { broadcast_by(state, false); }
void broadcast_to_all_of_7(benchmark::State& state) { broadcast_by(state, true); }

void idle_engine(benchmark::State& state) {
    const auto config = Node::settings();
    const Peer self("self");
    for (auto _ : state) {
        Engine engine(config, self, 1);
        benchmark::DoNotOptimize(engine);
    }
    state.counters["bytes"] = static_cast<double>(sizeof(Engine));
}

BENCHMARK(floor_set_and_copy)->Arg(256)->Arg(1024);
BENCHMARK(receive_new)->Arg(256)->Arg(1024);
BENCHMARK(floor_look_up);
BENCHMARK(receive_duplicate);
BENCHMARK(broadcast_to_3_of_50)->Arg(256)->Arg(1024);
BENCHMARK(broadcast_to_all_of_7)->Arg(256)->Arg(1024);
BENCHMARK(idle_engine);

}  // namespace

BENCHMARK_MAIN();
