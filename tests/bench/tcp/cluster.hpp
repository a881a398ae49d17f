/// Nodes of this library for the TCP benchmark: node 0 publishes, the others count what is delivered to them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <lattice/clock/asio.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/transport/tcp.hpp>

#include "bench/tcp/board.hpp"

namespace lattice_bench {

using namespace std::chrono_literals;

struct Setup {
    std::size_t nodes{8};  ///< That get every message; the publisher is one more.
    std::size_t payload_size{256};
    bool one_process{false};
    bool repair{true};  ///< Announcements and anti-entropy on, as a node has them by default.
};

/// One node on an io_context of its own, until the board says quit.
class BenchNode {
   public:
    BenchNode(Board& board, const Setup& setup, std::size_t index)
        : board_(board),
          counters_(board.nodes[index]),
          setup_(setup),
          index_(index),
          transport_(io_, options(index)),
          protocol_(transport_, clock_, peers_, config(setup, index), 1 + index),
          payload_(setup.payload_size, 'p') {}

    void run() {
        const std::string address = transport_.address();
        board_.ports[index_] = static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
        ++board_.ready;
        if (!wait_for([&] { return board_.ready == setup_.nodes + 1; })) {
            return;
        }
        std::vector<lattice::Peer> peers;
        for (std::size_t i = 0; i <= setup_.nodes; ++i) {
            if (i != index_) {
                peers.emplace_back("node" + std::to_string(i), "tcp://127.0.0.1:" + std::to_string(board_.ports[i]));
            }
        }
        peers_.replace(peers);
        protocol_.register_handler("bench", [this](const lattice::Delivery& delivery) { delivered(delivery); });
        protocol_.start();
        if (index_ == 0) {
            for (const auto& peer : peers) {
                transport_.connect(peer);
            }
        }
        watch();
        io_.run();
    }

   private:
    static lattice::TcpOptions options(std::size_t index) {
        lattice::TcpOptions options;
        options.node_id = "node" + std::to_string(index);
        options.listen = "127.0.0.1:0";
        options.seed = 1 + index;
        options.connections_per_address = options.connections_max;
        return options;
    }

    /// Every receiver gets the message from the publisher itself, and forwards nothing.
    static lattice::Config config(const Setup& setup, std::size_t index) {
        lattice::Config config;
        config.node_id = "node" + std::to_string(index);
        config.fanout = setup.nodes;
        config.message_ttl = 1;
        config.enable_pull = setup.repair;
        config.enable_anti_entropy = setup.repair;
        config.message_cache_size = 10'000;
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        return config;
    }

    void delivered(const lattice::Delivery& delivery) {
        std::uint64_t number = 0;
        std::memcpy(&number, delivery.message.payload().data(), sizeof number);
        if (number != 0) {
            board_.arrived(number - 1);
        }
        counters_.delivered.store(counters_.delivered.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    /// Looks at the board now and then; each command is one state of the publisher.
    void watch() {
        const auto statistics = transport_.statistics();
        counters_.bytes_sent = statistics.bytes_sent;
        if (index_ == 0) {
            board_.connected = static_cast<std::uint32_t>(statistics.connections);
        }
        const Command command = board_.command;
        if (command == Command::quit) {
            protocol_.stop();
            return;
        }
        if (index_ == 0 && command != running_) {
            running_ = command;
            if (command == Command::flood || command == Command::overload) {
                asio::post(io_, [this] { flood(); });
            } else if (command == Command::paced) {
                next_ = clock_.now() + 1ms;
                number_ = 0;
                pace();
            }
        }
        clock_.run_at(clock_.now() + 5ms, [this] { watch(); });
    }

    bool publish(std::uint64_t number) {
        std::memcpy(payload_.data(), &number, sizeof number);
        const auto outcome = protocol_.broadcast("bench", lattice::Bytes(std::string_view(payload_)));
        ++counters_.published;
        const bool everywhere = outcome.peers == setup_.nodes;
        counters_.told_busy += everywhere ? 0 : 1;
        return everywhere;
    }

    /// As fast as it goes. A polite publisher stops while its queues hold much; an impolite one offers a fixed number of
    /// messages per turn whatever it is told.
    void flood() {
        if (running_ != Command::flood && running_ != Command::overload) {
            return;
        }
        const std::size_t queued = transport_.statistics().queued_bytes;
        if (queued > counters_.queued_max) {
            counters_.queued_max = queued;
        }
        if (running_ == Command::flood && queued > setup_.nodes * (256U << 10U)) {
            clock_.run_at(clock_.now() + 50us, [this] { flood(); });
            return;
        }
        for (int i = 0; i < 64; ++i) {
            publish(0);
        }
        asio::post(io_, [this] { flood(); });
    }

    /// 2,000 messages a second, each at its time.
    void pace() {
        if (running_ != Command::paced || number_ == timed_messages_max) {
            return;
        }
        while (next_ <= clock_.now() && number_ < timed_messages_max) {
            board_.published_at[number_] = nanoseconds();
            publish(++number_);
            board_.timed_count = static_cast<std::uint32_t>(number_);
            next_ += 500us;
        }
        clock_.run_at(next_, [this] { pace(); });
    }

    Board& board_;
    NodeCounters& counters_;
    Setup setup_;
    std::size_t index_;
    asio::io_context io_{1};
    lattice::AsioClock clock_{io_};
    lattice::TcpTransport transport_;
    lattice::FixedPeers peers_;
    lattice::GossipProtocol<lattice::TcpTransport, lattice::AsioClock, lattice::FixedPeers> protocol_;
    std::string payload_;
    Command running_{Command::idle};
    lattice::TimePoint next_{};
    std::uint64_t number_{0};
};

inline void run_node(Board& board, const Setup& setup, std::size_t index) {
    const auto node = std::make_unique<BenchNode>(board, setup, index);
    node->run();
}

/// Starts publisher and receivers, a process each or a thread each in one process.
inline void start_cluster(Processes& processes, Board& board, const Setup& setup) {
    if (!setup.one_process) {
        for (std::size_t i = 0; i <= setup.nodes; ++i) {
            processes.start([&board, &setup, i] { run_node(board, setup, i); });
        }
        return;
    }
    processes.start([&board, &setup] {
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i <= setup.nodes; ++i) {
            threads.emplace_back([&board, &setup, i] { run_node(board, setup, i); });
        }
        for (auto& thread : threads) {
            thread.join();
        }
    });
}

}  // namespace lattice_bench
