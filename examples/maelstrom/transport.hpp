#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <lattice/codec/base64.hpp>
#include <lattice/codec/binary.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/transport.hpp>

#include "event_loop.hpp"

/// The Transport of this program: frames travel inside messages of Maelstrom's network.
///
///     {"src": "n1", "dest": "n2", "body": {"type": "gossip", "frames": "<base64>"}}
///
/// The frames are in the library's binary form, one behind another: what is sent to a node within one turn of the event
/// loop shares a message, because Maelstrom counts messages. A node's id is its address.
class MaelstromTransport {
   public:
    static constexpr std::string_view body_type = "gossip";

    /// Frames of this node, `self`, go out through `loop`, which outlives the transport.
    MaelstromTransport(EventLoop& loop, std::string self) : loop_(loop), self_(std::move(self)) {}
    MaelstromTransport(const MaelstromTransport&) = delete;
    MaelstromTransport& operator=(const MaelstromTransport&) = delete;
    ~MaelstromTransport() { close(); }

    // What lattice::Transport asks for.

    void send(const lattice::Frame& frame, std::span<const lattice::Peer> peers,
              std::span<lattice::SendStatus> statuses) {
        const bool full = loop_.unwritten() + outgoing_bytes_ > outgoing_max;
        const lattice::Bytes encoded = full ? lattice::Bytes{} : lattice::encode(frame);
        for (std::size_t i = 0; i < peers.size(); ++i) {
            statuses[i] = full ? lattice::SendStatus::busy : lattice::SendStatus::sent;
            if (!full) {
                add(peers[i], encoded);
            }
        }
    }

    /// Not true, but messages are counted here: what a partition swallows is left to reconciliation, which needs few.
    [[nodiscard]] bool reliable() const noexcept { return true; }

    void open(lattice::TransportEvents events) { events_ = std::move(events); }

    void close() {
        events_ = {};
        outgoing_.clear();
        outgoing_bytes_ = 0;
        loop_.cancel(std::exchange(flush_, 0));
    }

    // For the one who reads the network.

    /// Hands up what a message of type `body_type` holds. What is no frame is left out: the sender repairs it.
    void receive(std::string_view from, const nlohmann::json& body) {
        const auto frames = body.find("frames");
        const auto bytes = frames != body.end() && frames->is_string()
                               ? lattice::base64::decode(frames->get_ref<const std::string&>())
                               : std::nullopt;
        if (!bytes) {
            return;
        }
        const lattice::Peer peer{std::string(from), std::string(from)};
        lattice::StreamDecoder stream;
        stream.feed(*bytes, [&](lattice::Decoded decoded) {
            if (decoded.status == lattice::DecodeStatus::frame && events_.received) {
                events_.received(peer, std::move(decoded.frame));
            }
        });
    }

   private:
    /// Beyond it the protocol is told to wait: whoever reads our output is behind.
    static constexpr std::size_t outgoing_max = std::size_t{4} << 20U;

    void add(const lattice::Peer& peer, const lattice::Bytes& encoded) {
        outgoing_[std::string(peer.address())].append(encoded.text());
        outgoing_bytes_ += encoded.size();
        if (flush_ == 0) {
            flush_ = loop_.run_at(loop_.now(), [this] { flush(); });
        }
    }

    void flush() {
        flush_ = 0;
        outgoing_bytes_ = 0;
        for (const auto& [address, frames] : std::exchange(outgoing_, {})) {
            std::string encoded;
            lattice::base64::append(encoded, lattice::as_bytes(frames));
            loop_.write_line(
                nlohmann::json{{"src", self_}, {"dest", address}, {"body", {{"type", body_type}, {"frames", encoded}}}}
                    .dump());
        }
    }

    EventLoop& loop_;
    std::string self_;
    lattice::TransportEvents events_;
    std::map<std::string, std::string> outgoing_;  ///< Frames by address.
    std::size_t outgoing_bytes_{0};
    lattice::TimerId flush_{0};  ///< 0 while nothing waits.
};
static_assert(lattice::Transport<MaelstromTransport>);
