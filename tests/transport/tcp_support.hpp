/// A node for tests of the TCP transport: the transport on the test's io_context, and what came out of it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/io_context.hpp>

#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/transport/tcp.hpp>

namespace lattice::test {

/// Runs the loop until `done()` holds; false when it does not within a time that no working test needs.
template <typename Done>
bool run_until(asio::io_context& io, Done done, std::chrono::milliseconds limit = std::chrono::seconds{20}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    io.restart();
    while (!done()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        io.run_one_for(std::chrono::milliseconds{10});
        io.restart();
    }
    return true;
}

/// Runs what is ready, several rounds of it, so that "nothing happens" means something.
inline void run_for(asio::io_context& io, std::chrono::milliseconds time) {
    io.restart();
    io.run_for(time);
}

inline Frame push_frame(std::string_view payload, std::string_view type = "test") {
    MessageFields fields;
    fields.type = type;
    fields.origin = "origin";
    fields.payload = as_bytes(payload);
    return Push{Message::compose(fields), Envelope{3, 0}};
}

inline Frame announce_frame(std::size_t names) { return Announce{std::vector<MessageId>(names)}; }

inline std::string payload_of(const Frame& frame) {
    const Message* message = message_of(frame);
    return message == nullptr ? std::string{} : std::string(as_text(message->payload()));
}

/// What an observer heard, with texts of its own.
struct HeardEvent {
    TcpEvent::Kind kind{};
    TcpFault fault{};
    std::string peer_id;
};

struct TcpNode {
    struct Received {
        Peer from;
        Frame frame;
    };

    TcpNode(asio::io_context& io, TcpOptions options) : transport(io, observed(std::move(options))) {}

    static TcpOptions named(std::string id) {
        TcpOptions options;
        options.node_id = std::move(id);
        options.network_id = "test";
        options.listen = "127.0.0.1:0";
        options.seed = 7;
        for (const char c : options.node_id) {
            *options.seed = *options.seed * 31 + static_cast<unsigned char>(c);
        }
        options.backoff_initial = std::chrono::milliseconds{5};
        options.backoff_max = std::chrono::milliseconds{50};
        options.linger_timeout = std::chrono::milliseconds{500};
        return options;
    }

    TcpNode(asio::io_context& io, std::string id) : TcpNode(io, named(std::move(id))) {}

    void open() {
        TransportEvents callbacks;
        callbacks.received = [this](const Peer& from, Frame frame) {
            received.push_back({from, std::move(frame)});
            return Receipt{};
        };
        callbacks.failed = [this](const Peer& peer) { failed.push_back(peer); };
        transport.open(std::move(callbacks));
    }

    SendStatus send(const Frame& frame, const Peer& to) {
        SendStatus status{};
        transport.send(frame, std::span(&to, 1), std::span(&status, 1));
        return status;
    }

    [[nodiscard]] Peer peer(std::string id) const { return Peer(std::move(id), transport.address()); }

    [[nodiscard]] bool heard(TcpEvent::Kind kind, TcpFault fault) const {
        for (const auto& event : *events) {
            if (event.kind == kind && event.fault == fault) {
                return true;
            }
        }
        return false;
    }

    std::shared_ptr<std::vector<HeardEvent>> events = std::make_shared<std::vector<HeardEvent>>();
    TcpTransport transport;
    std::vector<Received> received;
    std::vector<Peer> failed;

   private:
    TcpOptions observed(TcpOptions options) {
        options.observer = std::make_shared<Callback<void(const TcpEvent&)>>([heard = events](const TcpEvent& event) {
            heard->push_back({event.kind, event.fault, std::string(event.peer_id)});
        });
        return options;
    }
};

}  // namespace lattice::test
