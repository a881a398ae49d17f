/// What the HTTP transport costs beside the library that it is built on: the same clients, the same request of 1 KiB of
/// JSON, answered by a bare cpp-httplib server and by HttpTransport, which also decodes the message, checks it against all
/// bounds, hashes it and hands it to the executor for a verdict. Rounds alternate, so that both see the same machine.
///
///     lattice-bench-http_bench [rounds] [seconds per round]

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include <lattice/clock/asio.hpp>

#include "transport/http/fixture.hpp"

namespace {

using namespace lattice_test;
using Clock = std::chrono::steady_clock;

std::string request_text() {
    std::string payload = R"({"transaction":{"from":"alice","to":"bob","amount":100},"memo":")";
    payload += std::string(1'024 - payload.size() - 2, 'm') + "\"}";
    const std::string body = encode_json(make_message(payload), {5, 1}, "client");
    return "POST /api/gossip HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Reads one answer; the buffer holds nothing else, as requests are not pipelined.
bool read_answer(int fd) {
    char buffer[4096];
    std::size_t size = 0;
    while (size < sizeof buffer) {
        if (!http::wait_for(fd, POLLIN, http::socket_time() + 10s)) {
            return false;
        }
        const ssize_t n = ::recv(fd, buffer + size, sizeof buffer - size, 0);
        if (n <= 0) {
            return false;
        }
        size += static_cast<std::size_t>(n);
        const std::string_view text(buffer, size);
        const std::size_t end = text.find("\r\n\r\n");
        const std::size_t length = text.find("Content-Length: ");
        if (end != std::string_view::npos && length != std::string_view::npos &&
            size >= end + 4 + static_cast<std::size_t>(std::atoi(buffer + length + 16))) {
            return status_of(text) == 200;
        }
    }
    return false;
}

struct Load {
    double per_second{0};
    double p50_us{0};
    double p99_us{0};
    double cpu_us{0};  ///< Both ends, per request.
};

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Load run(std::uint16_t port, std::size_t connections, double seconds) {
    const std::string request = request_text();
    std::vector<std::vector<double>> times(connections);
    std::vector<std::thread> clients;
    const double cpu_before = cpu_seconds();
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (std::size_t i = 0; i < connections; ++i) {
        clients.emplace_back([&, i] {
            RawSocket socket(port);
            for (auto now = Clock::now(); now < end;) {
                if (!socket.send(request) || !read_answer(socket.fd())) {
                    std::fprintf(stderr, "a request failed\n");
                    std::exit(1);
                }
                const auto after = Clock::now();
                times[i].push_back(std::chrono::duration<double, std::micro>(after - now).count());
                now = after;
            }
        });
    }
    for (std::thread& client : clients) {
        client.join();
    }
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    const double cpu = cpu_seconds() - cpu_before;
    std::vector<double> all;
    for (const auto& part : times) {
        all.insert(all.end(), part.begin(), part.end());
    }
    std::sort(all.begin(), all.end());
    const auto count = static_cast<double>(all.size());
    return {count / elapsed, all[all.size() / 2], all[all.size() * 99 / 100], 1e6 * cpu / count};
}

/// cpp-httplib as its own examples use it, with the settings that make it fast.
class PlainServer {
   public:
    PlainServer() {
        server_.set_tcp_nodelay(true);
        server_.set_keep_alive_max_count(1U << 30U);
        server_.new_task_queue = [] { return new httplib::ThreadPool(16); };
        server_.Post("/api/gossip", [](const httplib::Request&, httplib::Response& response) {
            response.set_content(R"({"status":"accepted"})", "application/json");
        });
        port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) {
            std::this_thread::yield();
        }
    }
    ~PlainServer() {
        server_.stop();
        thread_.join();
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

   private:
    httplib::Server server_;
    std::uint16_t port_{0};
    std::thread thread_;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void compare(const char* title, std::uint16_t plain, std::uint16_t ours, std::size_t connections, int rounds,
             double seconds) {
    std::vector<double> rates[2];
    std::vector<double> p50[2];
    std::vector<double> p99[2];
    std::vector<double> cpu[2];
    for (int round = 0; round < rounds; ++round) {
        for (int which = 0; which < 2; ++which) {
            const Load load = run(which == 0 ? plain : ours, connections, seconds);
            rates[which].push_back(load.per_second);
            p50[which].push_back(load.p50_us);
            p99[which].push_back(load.p99_us);
            cpu[which].push_back(load.cpu_us);
        }
    }
    std::printf("%s\n", title);
    const char* names[2] = {"cpp-httplib", "HttpTransport"};
    for (int which = 0; which < 2; ++which) {
        std::printf("  %-14s %8.0f requests/s   p50 %6.1f us   p99 %7.1f us   CPU of both ends %5.1f us\n",
                    names[which], median(rates[which]), median(p50[which]), median(p99[which]), median(cpu[which]));
    }
    std::printf("  ratio          %8.2f              %6.2f          %7.2f                      %5.2f\n",
                median(rates[1]) / median(rates[0]), median(p50[1]) / median(p50[0]), median(p99[1]) / median(p99[0]),
                median(cpu[1]) / median(cpu[0]));
}

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
    const double seconds = argc > 2 ? std::atof(argv[2]) : 1.0;
    PlainServer plain;
    auto clock = AsioClock::with_own_thread(CallbackThreads::callers);
    HttpTransport transport(clock, options_named("bench"));
    clock.dispatch([&] { transport.open({[](const Peer&, Frame) { return Receipt{}; }, [](const Peer&) {}}); });
    compare("POST 1 KiB JSON, 8 kept connections", plain.port(), transport.port(), 8, rounds, seconds);
    compare("POST 1 KiB JSON, 1 kept connection", plain.port(), transport.port(), 1, rounds, seconds);
    clock.stop();
    return 0;
}
