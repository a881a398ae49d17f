/// What reconciliation costs: bytes both ways, round trips, time of both sides and memory, for sets of n messages that
/// differ in d, half on each side; beside the information bound, all ids, and the targets.
///
///     lattice-bench-reconcile_bench [quick]
///
/// "expected": the initiator knows the order of magnitude, as after a former session with that peer. "cold": it knows
/// nothing. Medians over the runs; time is processor time of requests, replies, encoding and decoding, both sides
/// together.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/reconcile/initiator.hpp>
#include <lattice/reconcile/responder.hpp>

namespace {

using namespace lattice;
using namespace lattice::reconcile;

constexpr Salt salt{1, 2};

MessageId random_id(Random& random) {
    MessageId id;
    for (std::size_t i = 0; i < 4; ++i) {
        const std::uint64_t word = random.next();
        std::memcpy(id.bytes.data() + 8 * i, &word, sizeof word);
    }
    return id;
}

/// Processor time of this process, which other programs on the machine do not add to.
double processor_microseconds() {
    std::timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

/// Two nodes with the same messages, to which differences are added and taken away again.
struct Nodes {
    SetSummary here{salt};
    SetSummary there{salt};
    std::vector<MessageId> difference;

    Nodes(Random& random, std::size_t shared) {
        for (std::size_t i = 0; i < shared; ++i) {
            const MessageId id = random_id(random);
            here.add(id, 0);
            there.add(id, 0);
        }
    }

    void differ(Random& random, std::size_t count) {
        for (std::size_t i = 0; i < difference.size(); ++i) {
            (i % 2 == 0 ? here : there).remove(difference[i], 1);
        }
        difference.clear();
        for (std::size_t i = 0; i < count; ++i) {
            difference.push_back(random_id(random));
            (i % 2 == 0 ? here : there).add(difference.back(), 1);
        }
    }
};

struct Cost {
    std::vector<double> bytes;
    std::vector<double> times;
    std::size_t one_round{0};
    std::size_t found{0};

    void session(const Nodes& nodes, const InitiatorOptions& options) {
        std::size_t total = 0;
        const auto start = processor_microseconds();
        Initiator initiator(options);
        for (auto step = Initiator::Step::again; step == Initiator::Step::again;) {
            const auto request_bytes = initiator.request(nodes.here);
            const auto request = decode_request(request_bytes);
            std::vector<std::byte> reply_bytes;
            encode(Responder(nodes.there).answer(*request), request->from, reply_bytes);
            total += request_bytes.size() + reply_bytes.size();
            step = initiator.take(nodes.here, reply_bytes);
        }
        times.push_back(processor_microseconds() - start);
        bytes.push_back(static_cast<double>(total));
        one_round += initiator.outcome().rounds == 1 ? 1 : 0;
        found += initiator.outcome().differences() == nodes.difference.size() ? 1 : 0;
    }

    [[nodiscard]] double mean_bytes() const {
        double sum = 0;
        for (const double value : bytes) sum += value;
        return sum / static_cast<double>(bytes.size());
    }
    [[nodiscard]] double one_round_percent() const {
        return 100.0 * static_cast<double>(one_round) / static_cast<double>(bytes.size());
    }
};

/// log2 of the number of sets of d numbers of 64 bits, in bytes.
double information_bound(std::size_t d) {
    const auto count = static_cast<double>(d);
    return (64 * count - std::lgamma(count + 1) / std::log(2.0)) / 8;
}

struct Target {
    std::size_t d;
    double bytes, goal, time;
};
constexpr Target targets[] = {{0, 80, 80, 50},
                              {1, 100, 40, 50},
                              {10, 250, 110, 100},
                              {100, 2'000, 1'300, 300},
                              {1'000, 18'000, 12'500, 2'000},
                              {10'000, 180'000, 123'000, 25'000}};

void print_sessions(std::size_t n, bool quick) {
    Random random(n);
    const auto start = processor_microseconds();
    Nodes nodes(random, n);
    const double build = processor_microseconds() - start;
    const auto held = static_cast<double>(nodes.here.size());
    std::printf("\nn = %zu: built in %.3f us per message and node, %.1f bytes per message; all ids: %.0f bytes\n", n,
                build / held / 2, static_cast<double>(nodes.here.bytes()) / held, 32 * held);
    // "found": how many sessions found every difference; Bloom filters, chosen when little is shared, leave some to the
    // next.
    std::printf("%8s |%9s |%9s %9s %6s %9s |%9s %9s %6s %9s |%9s %9s %9s | %s\n", "d", "bound", "expected", "mean",
                "1 trip", "us", "cold", "mean", "1 trip", "us", "must", "goal", "must us", "found");
    for (const Target& target : targets) {
        if (2 * target.d > 3 * n) continue;
        const std::size_t runs = (target.d <= 100 ? 400U : target.d <= 1'000 ? 100U : 21U) / (quick ? 10U : 1U) + 1;
        Cost expected;
        Cost cold;
        for (std::size_t run = 0; run < runs; ++run) {
            nodes.differ(random, target.d);
            InitiatorOptions options;
            cold.session(nodes, options);
            options.expected_difference = target.d == 0 ? 1 : target.d;
            expected.session(nodes, options);
        }
        std::printf("%8zu |%9.0f |%9.0f %9.0f %5.1f%% %9.1f |%9.0f %9.0f %5.1f%% %9.1f |%9.0f %9.0f %9.0f | %5.1f%%\n",
                    target.d, information_bound(target.d), median(expected.bytes), expected.mean_bytes(),
                    expected.one_round_percent(), median(expected.times), median(cold.bytes), cold.mean_bytes(),
                    cold.one_round_percent(), median(cold.times), target.bytes, target.goal, target.time,
                    50.0 * static_cast<double>(expected.found + cold.found) / static_cast<double>(runs));
    }
    nodes.differ(random, 0);
}

void print_strategies(std::size_t n) {
    struct Row {
        const char* name;
        Strategy strategy;
    };
    const Row rows[] = {{"sketch", Strategy::sketch},
                        {"symbols", Strategy::symbols},
                        {"bloom", Strategy::bloom},
                        {"ids", Strategy::ids}};
    std::printf("\nn = %zu, strategies forced: bytes (us); replies of any size\n%8s", n, "d");
    for (const Row& row : rows) std::printf(" | %22s", row.name);
    std::printf("\n");
    Random random(7);
    Nodes nodes(random, n);
    for (const std::size_t d : {std::size_t{1}, std::size_t{10}, std::size_t{100}, std::size_t{1'000}, n / 10, n}) {
        nodes.differ(random, d);
        std::printf("%8zu", d);
        for (const Row& row : rows) {
            Cost cost;
            for (int run = 0; run < 5; ++run) {
                InitiatorOptions options;
                options.strategy = row.strategy;
                options.expected_difference = d;
                std::size_t total = 0;
                const auto start = processor_microseconds();
                Initiator initiator(options);
                for (auto step = Initiator::Step::again; step == Initiator::Step::again;) {
                    const auto request_bytes = initiator.request(nodes.here);
                    std::vector<std::byte> reply_bytes;
                    const auto request = decode_request(request_bytes);
                    encode(Responder(nodes.there, {std::size_t{1} << 30U}).answer(*request), request->from,
                           reply_bytes);
                    total += request_bytes.size() + reply_bytes.size();
                    step = initiator.take(nodes.here, reply_bytes);
                }
                cost.times.push_back(processor_microseconds() - start);
                cost.bytes.push_back(static_cast<double>(total));
                cost.found = initiator.outcome().differences();
            }
            if (cost.found * 100 < d * 80) {
                std::printf(" | %22s", "does not find them");
            } else {
                std::printf(" | %12.0f (%7.0f)", median(cost.bytes), median(cost.times));
            }
        }
        std::printf("\n");
    }
}

void print_maintenance() {
    Random random(9);
    std::vector<MessageId> ids(100'000);
    for (MessageId& id : ids) id = random_id(random);
    std::vector<double> adds;
    std::vector<double> removals;
    for (int run = 0; run < 5; ++run) {
        SetSummary summary(salt);
        auto start = processor_microseconds();
        for (const MessageId& id : ids) summary.add(id, 0);
        adds.push_back(processor_microseconds() - start);
        start = processor_microseconds();
        for (const MessageId& id : ids) summary.remove(id, 0);
        removals.push_back(processor_microseconds() - start);
    }
    std::printf("\nmaintenance at 100,000 messages: add %.3f us, remove %.3f us (must: 1)%s\n", median(adds) / 1e5,
                median(removals) / 1e5, gf64::accelerated() ? "" : "; no carry-less multiplier on this processor");
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::strcmp(argv[1], "quick") == 0;
    for (const std::size_t n : {std::size_t{1'000}, std::size_t{100'000}, std::size_t{1'000'000}}) {
        if (!quick || n <= 100'000) print_sessions(n, quick);
    }
    print_maintenance();
    print_strategies(quick ? 10'000 : 100'000);
}
