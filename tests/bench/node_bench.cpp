/// How long a message takes to every node of a network over HTTP: nodes in one process, each with a thread and a server of
/// its own, all linked to all. One message at a time, 1 KiB of JSON.
///
///     lattice-bench-node_bench [--messages N] [--nodes N] [--fanout N] [--ttl HOPS]
///
/// What is left out has the library's default.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <lattice/node.hpp>

namespace {

using Clock = std::chrono::steady_clock;

/// Counts arrivals, and wakes who waits for the last of them.
class Arrivals {
   public:
    void add() {
        const std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_one();
    }
    bool wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds{60}, [&] { return count_ >= count; });
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t count_{0};
};

double cpu_microseconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

double at_quantile(const std::vector<double>& sorted, double quantile) {
    return sorted[static_cast<std::size_t>(quantile * static_cast<double>(sorted.size() - 1))];
}

struct Setup {
    std::size_t messages{1'000};
    std::size_t nodes{8};
    std::size_t fanout{lattice::Config{}.fanout};
    std::size_t ttl{lattice::Config{}.message_ttl};
};

/// Nothing when the arguments are not pairs of a known name and a number from 1 on.
std::optional<Setup> setup_from(int count, char** arguments) {
    Setup setup;
    const std::pair<std::string_view, std::size_t*> options[] = {
        {"--messages", &setup.messages}, {"--nodes", &setup.nodes}, {"--fanout", &setup.fanout}, {"--ttl", &setup.ttl}};
    for (int i = 1; i < count; i += 2) {
        const auto* found = std::find_if(std::begin(options), std::end(options),
                                         [&](const auto& option) { return option.first == arguments[i]; });
        const std::size_t value = i + 1 < count ? std::strtoul(arguments[i + 1], nullptr, 10) : 0;
        if (found == std::end(options) || value == 0) {
            return std::nullopt;
        }
        *found->second = value;
    }
    return setup;
}

}  // namespace

int main(int count, char** arguments) {
    const auto setup = setup_from(count, arguments);
    if (!setup) {
        std::fprintf(stderr, "usage: %s [--messages N] [--nodes N] [--fanout N] [--ttl HOPS]\n", arguments[0]);
        return 2;
    }
    const auto [messages, size, fanout, ttl] = *setup;

    Arrivals arrivals;
    std::vector<std::unique_ptr<lattice::Node<>>> nodes;
    std::vector<lattice::Peer> peers;
    for (std::size_t i = 0; i < size; ++i) {
        lattice::NodeOptions options{.id = "node" + std::to_string(i)};
        options.config.fanout = fanout;
        options.config.message_ttl = static_cast<std::uint8_t>(ttl);
        options.config.limits.messages_per_second = 0;
        nodes.push_back(std::make_unique<lattice::Node<>>(options));
        nodes.back()->register_default_handler([&](const lattice::Delivery&) { arrivals.add(); });
        peers.emplace_back(nodes.back()->id(), nodes.back()->http_address());
    }
    for (const auto& node : nodes) {
        node->set_peers(lattice::PeerList(peers));
        node->start();
    }
    const nlohmann::json payload = {{"memo", std::string(1'000, 'm')}};
    std::vector<double> milliseconds;
    double cpu = 0;
    constexpr std::size_t warm_up = 50;
    for (std::size_t i = 0; i < warm_up + messages; ++i) {
        cpu = i == warm_up ? cpu_microseconds() : cpu;
        const auto began = Clock::now();
        nodes[i % size]->broadcast("proof", payload);
        if (!arrivals.wait_for((i + 1) * (size - 1))) {
            std::printf("a message did not reach every node\n");
            return 1;
        }
        if (i >= warm_up) {
            milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
        }
    }
    cpu = cpu_microseconds() - cpu;
    std::sort(milliseconds.begin(), milliseconds.end());
    std::printf(
        "%zu nodes, fanout %zu, ttl %zu, %zu messages: to the last node p50 %.2f ms, p99 %.2f ms, most %.2f ms; "
        "%.0f us CPU per delivery\n",
        size, fanout, ttl, messages, at_quantile(milliseconds, 0.5), at_quantile(milliseconds, 0.99),
        milliseconds.back(), cpu / static_cast<double>(messages * (size - 1)));
    return 0;
}
