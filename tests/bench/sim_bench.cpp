// What the simulator costs: events per second, memory per idle node, small worlds per second, an hour of a thousand nodes, and,
// with --million, a broadcast to a million nodes. With --brief everything is small, to see that it runs. With --receipts,
// instead, what receipts cost and how soon they tell.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include <lattice/sim/campaign.hpp>
#include <lattice/sim/spread.hpp>

namespace {

using namespace lattice;
using namespace lattice::sim;
using namespace std::chrono_literals;

/// Time since it was made: of the processor, which other programs on the machine do not lengthen, and of the wall.
class Stopwatch {
   public:
    [[nodiscard]] double seconds() const { return cpu() - cpu_start_; }
    [[nodiscard]] double wall_seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

   private:
    static double cpu() {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        const auto of = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        return of(usage.ru_utime) + of(usage.ru_stime);
    }

    double cpu_start_{cpu()};
    std::chrono::steady_clock::time_point start_{std::chrono::steady_clock::now()};
};

/// Memory in use now, MiB.
double resident() {
    std::ifstream file("/proc/self/statm");
    long all = 0;
    long used = 0;
    file >> all >> used;
    return static_cast<double>(used) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576.0;
}

/// The most memory that was ever in use, MiB.
double peak() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

/// The queue alone: `pending` events, each replaced by a later one when it comes.
void bench_queue(std::uint64_t pending, std::uint64_t events) {
    EventQueue queue;
    Random random(1);
    for (std::uint64_t i = 0; i < pending; ++i) {
        queue.push({random.below(50'000'000), 0, 0, 0, 0});
    }
    const Stopwatch watch;
    for (std::uint64_t i = 0; i < events; ++i) {
        const auto event = queue.pop(std::numeric_limits<std::uint64_t>::max());
        queue.push({event->time + 1 + random.below(50'000'000), 0, 0, 0, 0});
    }
    std::printf("queue, %8llu pending           %8.2f M events/s\n", static_cast<unsigned long long>(pending),
                static_cast<double>(events) / watch.seconds() / 1e6);
}

Config rumor() {
    Config config;
    config.dissemination = Config::Dissemination::rumor;
    config.message_ttl = ceiling::hops;
    config.enable_pull = false;
    config.enable_anti_entropy = false;
    return config;
}

/// A stream of messages through a world that fits the processor's caches: the engine's own pace.
void bench_events(std::size_t nodes, int messages) {
    World world(1);
    LinkModel link;
    link.latency = Latency::uniform(10ms, 50ms);
    world.configure(rumor()).link(link).keep_deliveries(false).nodes(nodes);
    const Stopwatch watch;
    for (int i = 0; i < messages; ++i) {
        world.try_broadcast(static_cast<NodeIndex>(i) % world.size(), "bench", std::to_string(i));
        world.run_for(20ms);
    }
    world.run_until_quiet(10s);
    std::printf("full engine, %6zu nodes          %8.2f M events/s (%llu deliveries)\n", nodes,
                static_cast<double>(world.events()) / watch.seconds() / 1e6,
                static_cast<unsigned long long>(world.deliveries()));
}

void bench_idle_memory(std::size_t nodes) {
    const double before = resident();
    World world(1);
    world.configure(rumor()).nodes(nodes);
    world.run_for(1s);
    std::printf("idle node, world included        %8.0f B (engine object %zu B, protocol object %zu B)\n",
                (resident() - before) * 1048576 / static_cast<double>(nodes), sizeof(Engine), sizeof(Protocol));
}

void bench_small_worlds(std::uint64_t worlds) {
    const Stopwatch watch;
    std::uint64_t events = 0;
    for (std::uint64_t seed = 0; seed < worlds; ++seed) {
        FaultPlan plan = FaultPlan::draw(seed);
        plan.nodes = 16;
        plan.messages = 200;
        plan.joining = plan.joining < 8 ? plan.joining : 8;
        plan.hostile.clear();
        plan.hostile.emplace_back(5, std::vector<Misdeed>{Misdeed::mutation, Misdeed::id_flood, Misdeed::replay});
        plan.classes = (1U << fault_kinds) - 1;
        plan.classes &= ~(1U << static_cast<unsigned>(Fault::small_caches));
        events += Campaign(std::move(plan)).run().events;
    }
    std::printf("small worlds, all faults         %8.1f worlds/s (%.0f events each)\n",
                static_cast<double>(worlds) / watch.seconds(),
                static_cast<double>(events) / static_cast<double>(worlds));
}

void bench_long_run(std::size_t nodes, Duration time) {
    World world(1);
    LinkModel link;
    link.latency = Latency::uniform(10ms, 50ms);
    world.link(link).keep_deliveries(false).nodes(nodes);
    const Stopwatch watch;
    std::uint64_t messages = 0;
    for (Duration at{}; at < time; at += 100ms, ++messages) {
        world.try_broadcast(static_cast<NodeIndex>(messages * 7 % nodes), "bench", std::to_string(messages));
        world.run_for(100ms);
    }
    const double seconds = watch.seconds();
    std::printf(
        "%6zu nodes, 10 messages/s       %8.1f x real time (%.1f s for %lld s; %.2f M events/s; %.4f of deliveries)\n",
        nodes, static_cast<double>(time / 1s) / seconds, seconds, static_cast<long long>(time / 1s),
        static_cast<double>(world.events()) / seconds / 1e6,
        static_cast<double>(world.deliveries()) / static_cast<double>(messages * (nodes - 1)));
}

void bench_broadcast(std::size_t nodes, const char* mode, const Config& config) {
    const Stopwatch watch;
    SpreadSetting setting;
    setting.nodes = nodes;
    setting.config = config;
    setting.link.latency = Latency::uniform(10ms, 50ms);
    setting.limit = 60s;
    World world(setting.seed);
    prepare(world, setting);
    const double booted = watch.seconds();
    const Spread spread = play_spread(world, setting);
    const double seconds = watch.seconds();
    std::printf(
        "%8zu nodes, %-18s %8.1f s (%.1f s of the wall), of these %.1f s to boot; coverage %.7f; %llu events, %.2f "
        "M/s; %.0f MiB at most\n",
        nodes, mode, seconds, watch.wall_seconds(), booted, spread.coverage(),
        static_cast<unsigned long long>(spread.events), static_cast<double>(spread.events) / (seconds - booted) / 1e6,
        peak());
    std::fflush(stdout);
}

/// A message for which its publisher wants a receipt that so great a part of the others have it, or none: what it took.
struct Receipted {
    double frames;  ///< Without payload, per node.
    double bytes;   ///< Of these.
    Duration spread;
    Duration told;
    std::uint32_t reached;
};

Receipted play_receipt(const SpreadSetting& setting, double part) {
    World world(setting.seed);
    prepare(world, setting);
    world.run_for(5s);
    const Traffic before = world.network().traffic();
    const Duration start = world.now();
    Receipted played{};
    BroadcastOptions options;
    if (part > 0) {
        options.receipt = ReceiptGoal{.fraction = part, .timeout = setting.limit};
        options.receipted = [&](const ReceiptOutcome& outcome) {
            played.told = world.now() - start;
            played.reached = outcome.reached;
        };
    }
    const auto id =
        world.node(0).protocol->broadcast("note", std::string(setting.payload_size, 'x'), std::move(options)).id;
    world.run_for(5s);
    const Traffic traffic = since(before, world.network().traffic());
    played.frames = static_cast<double>(traffic.control_frames()) / static_cast<double>(setting.nodes);
    played.bytes = static_cast<double>(traffic.control_bytes()) / static_cast<double>(setting.nodes);
    world.run_for(setting.limit);
    for (NodeIndex node = 1; node < world.size(); ++node) {
        played.spread = std::max(played.spread, world.ledger().arrival(*world.ledger().find(id), node).time - start);
    }
    return played;
}

void bench_receipts(std::size_t nodes, const char* mode, Config config, double loss) {
    SpreadSetting setting;
    setting.nodes = nodes;
    setting.config = std::move(config);
    setting.config.gossip_interval = 250ms;
    setting.config.enable_anti_entropy = false;
    setting.link.latency = Latency::uniform(25ms, 75ms).fixed_per_link();
    setting.link.loss = loss;
    setting.warm_up = 3s;
    setting.rehearsals = 3;
    setting.limit = 20s;
    const Receipted none = play_receipt(setting, 0);
    std::printf("%6zu nodes, %-8s %2.0f %% lost:", nodes, mode, 100 * loss);
    Receipted last{};
    for (const double part : {0.5, 0.95, 1.0}) {
        last = play_receipt(setting, part);
        std::printf(" %3.0f %% told after %lld ms (%u known),", 100 * part, static_cast<long long>(last.told / 1ms),
                    last.reached);
    }
    std::printf(" all have it after %lld ms; %+.2f frames, %+.1f bytes per node\n",
                static_cast<long long>(last.spread / 1ms), last.frames - none.frames, last.bytes - none.bytes);
    std::fflush(stdout);
}

void bench_receipts() {
    Config overlay;
    overlay.dissemination = Config::Dissemination::overlay;
    Config rumors;
    rumors.dissemination = Config::Dissemination::rumor;
    rumors.fanout = 6;
    for (const double loss : {0.0, 0.1}) {
        for (const std::size_t nodes : {std::size_t{30}, std::size_t{1'000}, std::size_t{10'000}}) {
            bench_receipts(nodes, "tree", Config{}, loss);
        }
        bench_receipts(1'000, "overlay", overlay, loss);
        bench_receipts(1'000, "rumor", rumors, loss);
    }
}

}  // namespace

int main(int count, char** values) {
    const std::string_view option = count > 1 ? values[1] : "";
    const bool brief = option == "--brief";
    if (option == "--receipts") {
        bench_receipts();
        return 0;
    }
    bench_queue(1'000, brief ? 10'000 : 5'000'000);
    bench_queue(brief ? 10'000 : 3'000'000, brief ? 10'000 : 5'000'000);
    bench_idle_memory(brief ? 1'000 : 100'000);
    bench_events(brief ? 50 : 200, brief ? 20 : 5'000);
    bench_small_worlds(brief ? 2 : 100);
    bench_long_run(brief ? 50 : 1'000, brief ? 10s : 600s);
    Config wide = rumor();
    wide.fanout = 20;
    Config repaired = rumor();
    repaired.enable_pull = true;
    Config tree;
    tree.enable_anti_entropy = false;
    bench_broadcast(brief ? 1'000 : 100'000, "rumor, fanout 20", wide);
    bench_broadcast(brief ? 1'000 : 100'000, "push-pull", repaired);
    bench_broadcast(brief ? 1'000 : 100'000, "tree", tree);
    if (option == "--million") {
        bench_broadcast(1'000'000, "tree", tree);
        bench_broadcast(1'000'000, "push-pull", repaired);
        bench_broadcast(1'000'000, "rumor, fanout 20", wide);
    }
}
