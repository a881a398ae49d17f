/// What the TCP transport and the protocol on it do on loopback, beside the least that moves the same bytes. One publisher,
/// 8 or 32 other nodes, payloads of 256 and 1,024 bytes; each figure comes from the same run as the floor above it.
///
///     lattice-bench-tcp_bench [seconds per measurement] [nodes] [payload bytes] [row]
///
/// Rows: floor, transport, process, idler, tls, zstd, thread, overload.
///
/// Columns: messages delivered per second; processor time per delivered message, all processes; time from broadcast to the
/// last node at 2,000 messages a second; bytes on the wire per byte of payload delivered; whether all arrived.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "bench/tcp/board.hpp"
#include "bench/tcp/cluster.hpp"
#include "bench/tcp/floor.hpp"

namespace {

using namespace lattice_bench;

struct Figures {
    double per_second{0};
    double cpu_us{0};
    double wire_ratio{0};
    double p50_us{0};
    double p99_us{0};
    double p999_us{0};
    double complete{0};  ///< Share of the deliveries that should have been.
};

std::uint64_t delivered(const Board& board) {
    std::uint64_t sum = 0;
    for (const auto& node : board.nodes) {
        sum += node.delivered;
    }
    return sum;
}

std::uint64_t bytes_sent(const Board& board) {
    std::uint64_t sum = 0;
    for (const auto& node : board.nodes) {
        sum += node.bytes_sent;
    }
    return sum;
}

double percentile(const std::vector<double>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

/// Waits until everything published has arrived, if that comes to pass.
void settle(const Board& board, const Setup& setup) {
    wait_for([&] { return delivered(board) >= board.nodes[0].published * setup.nodes; }, std::chrono::seconds{10});
}

void measure_flood(const Processes& processes, Board& board, const Setup& setup, double seconds, Figures& figures) {
    board.command = Command::flood;
    pause(std::chrono::milliseconds{500});
    const std::uint64_t delivered_before = delivered(board);
    const std::uint64_t bytes_before = bytes_sent(board);
    const double cpu_before = processes.cpu_seconds();
    const std::uint64_t begin = nanoseconds();
    pause(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1e3)));
    const auto count = static_cast<double>(delivered(board) - delivered_before);
    figures.cpu_us = (processes.cpu_seconds() - cpu_before) * 1e6 / count;
    figures.per_second = count * 1e9 / static_cast<double>(nanoseconds() - begin);
    figures.wire_ratio =
        static_cast<double>(bytes_sent(board) - bytes_before) / (count * static_cast<double>(setup.payload_size));
    board.command = Command::idle;
    pause(std::chrono::milliseconds{100});
    settle(board, setup);
    const std::uint64_t published = board.nodes[0].published;
    figures.complete =
        published == 0 ? 1 : static_cast<double>(delivered(board)) / static_cast<double>(published * setup.nodes);
}

void measure_latency(Board& board, const Setup& setup, double seconds, Figures& figures) {
    board.command = Command::paced;
    pause(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1e3)));
    board.command = Command::idle;
    pause(std::chrono::milliseconds{100});
    settle(board, setup);
    std::vector<double> microseconds;
    const std::size_t warm_up = 200;
    for (std::size_t i = warm_up; i < board.timed_count; ++i) {
        microseconds.push_back(static_cast<double>(board.last_at[i] - board.published_at[i]) / 1e3);
    }
    std::sort(microseconds.begin(), microseconds.end());
    figures.p50_us = percentile(microseconds, 0.5);
    figures.p99_us = percentile(microseconds, 0.99);
    figures.p999_us = percentile(microseconds, 0.999);
}

template <typename Start>
Figures measure(const Setup& setup, double seconds, Start start) {
    const SharedBoard board;
    Figures figures;
    {
        Processes processes;
        start(processes, *board);
        if (!wait_for([&] { return board->connected == setup.nodes + setup.idlers(); })) {
            std::fprintf(stderr, "the nodes did not connect\n");
            return figures;
        }
        measure_flood(processes, *board, setup, seconds, figures);
        measure_latency(*board, setup, seconds, figures);
        board->command = Command::quit;
    }
    return figures;
}

/// A host thread that offers ten times what the cluster did at its best, and does not listen to what it is told.
void measure_overload(const Setup& setup, double seconds) {
    const SharedBoard board;
    Processes processes;
    start_cluster(processes, *board, setup);
    if (!wait_for([&] { return board->connected == setup.nodes + setup.idlers(); })) {
        return;
    }
    const auto per_second = [&](Command command) {
        board->command = command;
        pause(std::chrono::milliseconds{500});
        const std::uint64_t before = delivered(*board);
        pause(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1e3)));
        return static_cast<double>(delivered(*board) - before) / seconds;
    };
    const double best = per_second(Command::flood);
    board->offered_per_second = static_cast<std::uint64_t>(10 * best / static_cast<double>(setup.nodes));
    const std::uint64_t published = board->nodes[0].published;
    const double overloaded = per_second(Command::overload);
    std::printf(
        "| %2zu | %5zu | overload: %.0f %% of the best, %.0f/s offered, %.1f %% told, %.1f MiB queued at most |\n",
        setup.nodes, setup.payload_size, overloaded * 100 / best,
        static_cast<double>(board->nodes[0].published - published) / (seconds + 0.5),
        static_cast<double>(board->nodes[0].told_busy) * 100 /
            static_cast<double>(board->nodes[0].published - published),
        static_cast<double>(board->nodes[0].queued_max) / (1 << 20));
    std::fflush(stdout);
    board->command = Command::quit;
}

void print(const Setup& setup, const char* what, const Figures& f) {
    std::printf("| %2zu | %5zu | %-26s | %9.0f | %6.3f | %6.0f | %6.0f | %7.0f | %6.3f | %7.3f%% |\n", setup.nodes,
                setup.payload_size, what, f.per_second, f.cpu_us, f.p50_us, f.p99_us, f.p999_us, f.wire_ratio,
                f.complete * 100);
    std::fflush(stdout);
}

void run(std::size_t nodes, std::size_t payload_size, double seconds, const std::string& only) {
    Setup setup;
    setup.nodes = nodes;
    setup.payload_size = payload_size;
    const auto wanted = [&](const char* name) { return only.empty() || only == name; };
    const auto cluster = [&](const char* name, const char* what, const Setup& how) {
        if (wanted(name)) {
            print(how, what, measure(how, seconds, [&](Processes& processes, Board& board) {
                      start_cluster(processes, board, how);
                  }));
        }
    };
    if (wanted("floor")) {
        print(setup, "floor: epoll, writev", measure(setup, seconds, [&](Processes& processes, Board& board) {
                  start_floor(processes, board, nodes, payload_size + 64);
              }));
    }
    Setup other = setup;
    other.part = Setup::Part::transport;
    cluster("transport", "transport alone", other);
    cluster("process", "nodes, a process each", setup);
    other = setup;
    other.idler = Setup::Idler::reads_nothing;
    cluster("idler", "  + one that reads nothing", other);
    other = setup;
    other.link = Setup::Link::tls;
    cluster("tls", "  over TLS 1.3", other);
    other.link = Setup::Link::zstd;
    cluster("zstd", "  compressed by zstd", other);
    other = setup;
    other.spread = Setup::Spread::a_thread_each;
    cluster("thread", "nodes, a thread each", other);
    if (wanted("overload")) {
        measure_overload(setup, seconds);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
    const std::size_t nodes = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
    const std::size_t payload = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 0;
    const std::string only = argc > 4 ? argv[4] : "";
    std::printf(
        "|  n | bytes | what                       | delivered/s | CPU us | p50 us | p99 us | p99.9 us | wire | all "
        "|\n");
    std::printf("|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for (const std::size_t n : {std::size_t{8}, std::size_t{32}}) {
        for (const std::size_t size : {std::size_t{256}, std::size_t{1'024}}) {
            if ((nodes == 0 || n == nodes) && (payload == 0 || size == payload)) {
                run(n, size, seconds, only);
            }
        }
    }
}
