/// Nodes of this library for the TCP benchmark: node 0 publishes, the others count what is delivered to them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>

#include <lattice/clock/asio.hpp>
#include <lattice/codec/zstd.hpp>
#include <lattice/core/gossip_protocol.hpp>
#include <lattice/core/random.hpp>
#include <lattice/peers/fixed.hpp>
#include <lattice/transport/tcp.hpp>
#include <lattice/transport/tls.hpp>

#include "bench/tcp/board.hpp"
#include "transport/certificates.hpp"

namespace lattice_bench {

using namespace std::chrono_literals;

/// Messages that a publisher in a hurry makes per turn of its loop, and that the floor offers per writev.
inline constexpr std::size_t burst = 256;

struct Setup {
    std::size_t nodes{8};  ///< That get every message; the publisher is one more.
    std::size_t payload_size{256};
    enum class Part { transport, node } part{Part::node};
    enum class Spread { a_process_each, a_thread_each } spread{Spread::a_process_each};
    enum class Link { plain, tls, zstd } link{Link::plain};
    enum class Idler { none, reads_nothing } idler{Idler::none};  ///< One more peer of the publisher's.

    [[nodiscard]] std::size_t idlers() const { return idler == Idler::none ? 0 : 1; }
};

/// JSON as services send it, of that size, with content of its own for each `seed`.
inline std::string payload(std::size_t size, std::uint64_t seed) {
    lattice::Random random(seed);
    std::string text(8, ' ');  // for the number of the message
    while (text.size() < size) {
        text += R"({"account":")" + std::to_string(random.below(1'000'000'000)) + R"(","status":"accepted","amount":)" +
                std::to_string(random.below(100'000)) + R"(,"currency":"EUR","memo":null},)";
    }
    text.resize(size);
    return text;
}

/// One key and certificate for all nodes, its own authority: what TLS costs does not depend on that.
inline const lattice::TlsOptions& certificate() {
    static const lattice::TlsOptions options = [] {
        const lattice::test::Identity identity({.common_name = "bench", .authority = true});
        lattice::TlsOptions made;
        made.certificate_chain = identity.certificate();
        made.private_key = identity.key();
        made.authorities = identity.certificate();
        return made;
    }();
    return options;
}

/// What publisher and receivers have in common: an io_context of their own, a TCP transport, and commands from the board.
/// `Derived` has `start(peers)`, `publish(number)`, which says whether all queues had room, and `stop()`.
template <typename Derived>
class BenchNode {
   public:
    void run() {
        const std::string address = transport_.address();
        board_.ports[index_] = static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
        ++board_.ready;
        if (!wait_for([&] { return board_.ready == setup_.nodes + 1 + setup_.idlers(); })) {
            return;
        }
        std::vector<lattice::Peer> peers;
        for (std::size_t i = 0; i <= setup_.nodes + setup_.idlers(); ++i) {
            if (i != index_) {  // All list the same: else receivers help out whom the publisher may not know.
                peers.emplace_back("node" + std::to_string(i), "tcp://127.0.0.1:" + std::to_string(board_.ports[i]));
            }
        }
        derived().start(peers);
        for (const auto& peer : peers) {
            if (index_ == 0) {
                transport_.connect(peer);
            }
        }
        watch();
        io_.run();
    }

   protected:
    BenchNode(Board& board, const Setup& setup, std::size_t index)
        : board_(board),
          counters_(board.nodes[index]),
          setup_(setup),
          index_(index),
          transport_(io_, options(setup, index)),
          payload_(payload(setup.payload_size, index)) {}

    static lattice::TcpOptions options(const Setup& setup, std::size_t index) {
        lattice::TcpOptions options;
        if (setup.link == Setup::Link::tls) {
            options.security = lattice::tls(certificate());
        } else if (setup.link == Setup::Link::zstd) {
            options.compression = lattice::zstd({.dictionary = lattice::Bytes(payload(8'192, 1'000))});
            options.compressed_from = 128;
        }
        options.node_id = "node" + std::to_string(index);
        options.listen = "127.0.0.1:0";
        options.seed = 1 + index;
        options.connections_per_address = options.connections_max;
        return options;
    }

    void delivered(const lattice::Message& message) {
        std::uint64_t number = 0;
        std::memcpy(&number, message.payload().data(), sizeof number);
        if (number != 0) {
            board_.arrived(number - 1);
        }
        counters_.delivered.store(counters_.delivered.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    Board& board_;
    NodeCounters& counters_;
    Setup setup_;
    std::size_t index_;
    asio::io_context io_{1};
    lattice::AsioClock clock_{io_};
    lattice::TcpTransport transport_;
    std::string payload_;

   private:
    Derived& derived() { return static_cast<Derived&>(*this); }

    /// Looks at the board now and then; each command is one state of the publisher.
    void watch() {
        const auto statistics = transport_.statistics();
        counters_.bytes_sent = statistics.bytes_sent;
        if (index_ == 0) {
            board_.connected = static_cast<std::uint32_t>(statistics.connections);
        }
        const Command command = board_.command;
        if (command == Command::quit) {
            derived().stop();
            return;
        }
        if (index_ == 0 && command != running_) {
            running_ = command;
            if (command == Command::flood) {
                asio::post(io_, [this] { flood(); });
            } else if (command == Command::overload) {
                derived().overload();
            } else if (command == Command::paced) {
                next_ = clock_.now() + 1ms;
                number_ = 0;
                pace();
            }
        }
        clock_.run_at(clock_.now() + 5ms, [this] { watch(); });
    }

    void publish(std::uint64_t number) {
        std::memcpy(payload_.data(), &number, sizeof number);
        ++counters_.published;
        counters_.told_busy += derived().publish() ? 0 : 1;
    }

    /// As fast as it goes, waiting while the queues hold much.
    void flood() {
        if (running_ != Command::flood) {
            return;
        }
        const std::size_t queued = transport_.statistics().queued_bytes;
        if (queued > counters_.queued_max) {
            counters_.queued_max = queued;
        }
        const std::size_t stuck = setup_.idlers() * lattice::TcpOptions{}.queue_bytes_max;
        if (queued > setup_.nodes * (256U << 10U) + stuck) {
            clock_.run_at(clock_.now() + 50us, [this] { flood(); });
            return;
        }
        for (std::size_t i = 0; i < burst; ++i) {
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

    Command running_{Command::idle};
    lattice::TimePoint next_{};
    std::uint64_t number_{0};
};

/// A whole node: engine, clock, peers, transport.
class ProtocolNode : public BenchNode<ProtocolNode> {
   public:
    ProtocolNode(Board& board, const Setup& setup, std::size_t index)
        : BenchNode(board, setup, index), protocol_(transport_, clock_, peers_, config(index), 1 + index) {}

    void start(const std::vector<lattice::Peer>& peers) {
        peers_.replace(peers);
        protocol_.register_handler("bench", [this](const lattice::Delivery& delivery) { delivered(delivery.message); });
        protocol_.start();
    }
    void stop() { protocol_.stop(); }

    /// A thread of the host's that offers the rate on the board and does not listen to what it is told.
    void overload() {
        offering_ = std::jthread([this] {
            const std::size_t per_millisecond = board_.offered_per_second / 1'000 + 1;
            while (board_.command == Command::overload) {
                for (std::size_t i = 0; i < per_millisecond; ++i) {
                    offer();
                }
                pause(1ms);
            }
        });
    }

    bool publish() {
        return protocol_.broadcast("bench", lattice::Bytes(std::string_view(payload_))).peers >= setup_.nodes;
    }

   private:
    /// As it comes, but for the limits on what one peer may send: in a network of this size that is direct delivery, with
    /// announcements and anti-entropy behind it.
    static lattice::Config config(std::size_t index) {
        lattice::Config config;
        config.node_id = "node" + std::to_string(index);
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        return config;
    }

    void offer() {
        lattice::BroadcastOptions options;
        options.outcome = [this](const lattice::PublishOutcome& outcome) {
            counters_.told_busy += outcome.peers >= setup_.nodes ? 0 : 1;
        };
        const auto outcome =
            protocol_.broadcast("bench", lattice::Bytes(std::string_view(filling_)), std::move(options));
        counters_.told_busy += outcome.status == lattice::PublishOutcome::Status::posted ? 0 : 1;
        ++counters_.published;
    }

    std::string filling_ = std::string(setup_.payload_size, '\0');
    std::jthread offering_;
    lattice::FixedPeers peers_;
    lattice::GossipProtocol<lattice::TcpTransport, lattice::AsioClock, lattice::FixedPeers> protocol_;
};

/// The transport alone: messages are made, encoded, sent, received and decoded, and nothing is thought about them.
class TransportNode : public BenchNode<TransportNode> {
   public:
    TransportNode(Board& board, const Setup& setup, std::size_t index)
        : BenchNode(board, setup, index), name_("node" + std::to_string(index)) {}

    void start(const std::vector<lattice::Peer>& peers) {
        peers_ = peers;
        statuses_.resize(peers.size());
        transport_.open({[this](const lattice::Peer&, lattice::Frame frame) {
                             delivered(*lattice::message_of(frame));
                             return lattice::Receipt{};
                         },
                         nullptr});
    }
    void stop() { transport_.close(); }
    void overload() {}
    bool publish() {
        lattice::MessageFields fields;
        fields.type = "bench";
        fields.origin = name_;
        fields.payload = lattice::as_bytes(payload_);
        transport_.send(lattice::Push{lattice::Message::claimed({}, fields), {1, 0}}, peers_, statuses_);
        return std::count(statuses_.begin(), statuses_.end(), lattice::SendStatus::busy) == 0;
    }

   private:
    std::string name_;
    std::vector<lattice::Peer> peers_;
    std::vector<lattice::SendStatus> statuses_;
};

inline void run_node(Board& board, const Setup& setup, std::size_t index) {
    if (setup.part == Setup::Part::transport) {
        std::make_unique<TransportNode>(board, setup, index)->run();
    } else {
        std::make_unique<ProtocolNode>(board, setup, index)->run();
    }
}

/// A peer that greets, and then reads nothing for as long as it lives.
inline void run_idler(Board& board, const Setup& setup) {
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    board.ports[setup.nodes + 1] = acceptor.local_endpoint().port();
    ++board.ready;
    asio::ip::tcp::socket socket = acceptor.accept();
    lattice::tcp::handshake::Hello hello;
    hello.nonce = 1;
    hello.node_id = "node" + std::to_string(setup.nodes + 1);
    asio::write(socket, asio::buffer(encode(lattice::tcp::handshake::Kind::welcome, hello)));
    pause(1h);
}

/// Starts publisher and receivers, a process each or a thread each in one process.
inline void start_cluster(Processes& processes, Board& board, const Setup& setup) {
    if (setup.link == Setup::Link::tls) {
        certificate();  // before there are processes, which share it
    }
    if (setup.idler == Setup::Idler::reads_nothing) {
        processes.start([&board, &setup] { run_idler(board, setup); });
    }
    if (setup.spread == Setup::Spread::a_process_each) {
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
