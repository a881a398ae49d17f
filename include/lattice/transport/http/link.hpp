#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <lattice/core/frame.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/time.hpp>
#include <lattice/transport/http/client.hpp>
#include <lattice/transport/http/outgoing.hpp>

namespace lattice::inline v0::http {

/// What a peer has shown to understand.
enum class PeerKind : std::uint8_t {
    unknown,  ///< It has not answered yet: it is spoken to in the reference's way, which every node understands.
    lattice,  ///< Frames, many at a time.
    foreign,  ///< The reference's three endpoints and nothing else.
};

/// A frame, or what is left of a Request, that waits to be sent to one peer.
struct QueuedFrame {
    std::shared_ptr<OutgoingFrame> frame;
    std::size_t weight{0};
    std::size_t first_name{0};  ///< Of a Request to a foreign peer: names before it were asked for already.
};

/// What one sender takes on at once: all for a peer that understands frames, one request for any other.
struct Batch {
    PeerKind kind{PeerKind::unknown};
    std::vector<QueuedFrame> frames;
};

/// One peer as the courier knows it: what waits for it, its kept connections, how it has behaved. The courier's lock
/// guards it.
class Link {
   public:
    Link(Peer owner, BaseUrl where) : peer(std::move(owner)), url(std::move(where)) {}

    /// Whether the frame was taken; the bounds of the queue decide.
    bool push(QueuedFrame item, const HttpLimits& limits) {
        const bool full = queue_.size() >= limits.queue_items_max || bytes_ + item.weight > limits.queue_bytes_max;
        if (full && !queue_.empty()) {
            return false;
        }
        bytes_ += item.weight;
        queue_.push_back(std::move(item));
        return true;
    }

    /// Takes what is to be sent next. The queue must not be empty.
    Batch take(const HttpLimits& limits) {
        Batch batch{kind, {}};
        if (kind != PeerKind::lattice) {
            batch.frames.push_back(take_one_request());
            return batch;
        }
        std::size_t bytes = 0;
        while (!queue_.empty() && batch.frames.size() < limits.frames_per_request_max) {
            // Weights are about what a frame takes in memory, which is more than on the wire.
            if (!batch.frames.empty() && bytes + queue_.front().weight > limits.frames_body_max() / 2) {
                break;
            }
            bytes += queue_.front().weight;
            batch.frames.push_back(pop());
        }
        return batch;
    }

    /// Puts frames back to the front, in their order; for a peer that turned out to be of another kind.
    void put_back(std::vector<QueuedFrame> frames) {
        for (auto at = frames.rbegin(); at != frames.rend(); ++at) {
            bytes_ += at->weight;
            queue_.push_front(std::move(*at));
        }
    }

    void clear() {
        queue_.clear();
        bytes_ = 0;
    }

    [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }

    /// Whether so much waits that more should wait elsewhere. A quarter of the bounds keeps a link busy for longer than a
    /// publisher pauses, and leaves room for what comes from others.
    [[nodiscard]] bool is_crowded(const HttpLimits& limits) const noexcept {
        return queue_.size() > limits.queue_items_max / 4 || bytes_ > limits.queue_bytes_max / 4;
    }

    /// Exchanges that may run at once. Batches go one after the other, so that the next one is larger; a foreign peer gets
    /// its requests side by side.
    [[nodiscard]] std::size_t exchanges_max(const HttpLimits& limits) const noexcept {
        return kind == PeerKind::foreign ? limits.connections_per_peer : 1;
    }

    /// Whether it has shown that it answers, lately. Others may take only part of the senders.
    [[nodiscard]] bool is_proven() const noexcept { return proven && failures == 0; }

    struct KeptClient {
        std::unique_ptr<HttpClient> client;
        TimePoint since;
    };

    Peer peer;
    BaseUrl url;
    PeerKind kind{PeerKind::unknown};
    bool proven{false};
    bool waits{false};                ///< It stands in one of the courier's lists.
    unsigned failures{0};             ///< In a row.
    std::size_t exchanges{0};         ///< Running now.
    TimePoint blocked_until{};        ///< Nothing is sent before.
    TimePoint used{};                 ///< When a frame was last queued.
    std::vector<KeptClient> clients;  ///< Connections that are kept and not in use.

   private:
    QueuedFrame pop() {
        QueuedFrame item = std::move(queue_.front());
        queue_.pop_front();
        bytes_ -= item.weight;
        return item;
    }

    /// Of a Request with several names one is taken, the rest stays in front.
    QueuedFrame take_one_request() {
        QueuedFrame& front = queue_.front();
        const auto* request = std::get_if<Request>(&front.frame->frame());
        if (request == nullptr || front.first_name + 1 >= request->names.size()) {
            return pop();
        }
        QueuedFrame one{front.frame, 0, front.first_name};
        ++front.first_name;
        return one;
    }

    std::deque<QueuedFrame> queue_;
    std::size_t bytes_{0};
};

}  // namespace lattice::inline v0::http
