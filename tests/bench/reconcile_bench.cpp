/// What reconciliation costs: bytes both ways, round trips, time of both sides and memory, for sets of n messages that
/// differ in d, half on each side; beside the information bound, all ids, and the targets.
///
///     lattice-bench-reconcile_bench [quick]
///
/// "expected": the initiator knows the order of magnitude, as after a former session with that peer. "cold": it knows
/// nothing. Medians over the runs; time is processor time of requests, replies, encoding and decoding, both sides
/// together. Then every strategy on the same sets, as README shows it.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
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

/// One strategy on sets that differ in d: medians of some sessions.
struct StrategyCost {
    double bytes{0}, times{0}, rounds{0}, found{0};

    /// Of `runs` sessions, each about other differences.
    StrategyCost(Nodes& nodes, std::size_t d, Strategy strategy, int runs) {
        Random random(d);
        Cost cost;
        double found_sum = 0;
        double rounds_sum = 0;
        for (int run = 0; run < runs; ++run) {
            nodes.differ(random, d);
            InitiatorOptions options;
            options.strategy = strategy;
            options.expected_difference = d;
            std::size_t total = 0;
            const auto start = processor_microseconds();
            Initiator initiator(options);
            for (auto step = Initiator::Step::again; step == Initiator::Step::again;) {
                const auto request_bytes = initiator.request(nodes.here);
                std::vector<std::byte> reply_bytes;
                const auto request = decode_request(request_bytes);
                encode(Responder(nodes.there, {std::size_t{1} << 30U}).answer(*request), request->from, reply_bytes);
                total += request_bytes.size() + reply_bytes.size();
                step = initiator.take(nodes.here, reply_bytes);
            }
            cost.times.push_back(processor_microseconds() - start);
            cost.bytes.push_back(static_cast<double>(total));
            found_sum += static_cast<double>(initiator.outcome().differences());
            rounds_sum += initiator.outcome().rounds;
        }
        bytes = median(cost.bytes);
        times = median(cost.times);
        rounds = rounds_sum / runs;
        found = found_sum / runs / static_cast<double>(d);
    }

    void print() const {
        if (found < 0.5) {
            std::printf(" no |");
        } else {
            std::printf(" %s, %.1f, %s%s |", scaled(bytes, "B").c_str(), rounds, scaled(times, "us").c_str(),
                        found < 0.999 ? " *" : "");
        }
    }

    /// Three digits and a unit: bytes, or microseconds.
    static std::string scaled(double value, const std::string& unit) {
        char text[32];
        const bool bytes = unit == "B";
        const char* names[] = {bytes ? " B" : " us", bytes ? " KB" : " ms", bytes ? " MB" : " s"};
        std::size_t scale = 0;
        for (; value >= 1'000 && scale < 2; ++scale) value /= 1'000;
        std::snprintf(text, sizeof text, value < 10 ? "%.1f%s" : "%.0f%s", value, names[scale]);
        return text;
    }
};

/// The table of README: every strategy forced, on the same sets.
void print_strategies(std::size_t n) {
    constexpr Strategy strategies[] = {Strategy::automatic, Strategy::sketch, Strategy::symbols, Strategy::bloom,
                                       Strategy::ids};
    std::printf(
        "\nn = %zu: bytes both ways, round trips, processor time of both sides; *: some are left to a next session\n",
        n);
    std::printf("| n | d | bound | automatic | sketch | symbols | Bloom filters | short ids | all ids |\n");
    std::printf("|---|---|---|---|---|---|---|---|---|\n");
    Random random(7);
    Nodes nodes(random, n);
    for (const std::size_t d :
         {std::size_t{1}, std::size_t{10}, std::size_t{100}, std::size_t{1'000}, std::size_t{10'000}}) {
        if (d > n) continue;
        std::printf("| %zu | %zu | %s |", n, d, StrategyCost::scaled(information_bound(d), "B").c_str());
        for (const Strategy strategy : strategies) {
            StrategyCost(nodes, d, strategy, n > 100'000 ? 7 : 15).print();
        }
        std::printf(" %s |\n", StrategyCost::scaled(32 * static_cast<double>(nodes.here.size()), "B").c_str());
    }
}

void print_bloom_filter() {
    Random random(11);
    std::vector<MessageId> ids(200'000);
    for (MessageId& id : ids) id = random_id(random);
    BloomFilter filter(BloomShape::for_rate(100'000, 0.01), Salt{random.next(), random.next()});
    const auto start = processor_microseconds();
    for (std::size_t i = 0; i < 100'000; ++i) filter.insert(ids[i]);
    const auto inserted = processor_microseconds();
    std::size_t present = 0;
    for (std::size_t i = 100'000; i < ids.size(); ++i) present += filter.may_contain(ids[i]) ? 1 : 0;
    std::printf(
        "\nBloom filter of 100,000 ids for a rate of 1 %%: %.2f bytes per id, insert %.3f us, look up %.3f us, wrongly "
        "present %.2f %%\n",
        static_cast<double>(filter.shape().bits()) / 8e5, (inserted - start) / 1e5,
        (processor_microseconds() - inserted) / 1e5, static_cast<double>(present) / 1e3);
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
    print_bloom_filter();
    for (const std::size_t n : {std::size_t{1'000}, std::size_t{100'000}, std::size_t{1'000'000}}) {
        if (!quick || n <= 1'000) print_strategies(n);
    }
}
