#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <lattice/core/message.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/time.hpp>
#include <lattice/sim/event_queue.hpp>

namespace lattice::inline v0::sim {

/// Names a message of a world, in the order in which they appeared.
using MessageIndex = std::uint32_t;

/// What a world knows about its messages from outside: who broadcast what and when, and whom it reached.
///
/// It sees everything and belongs to no node; checkers and measurements compare the nodes against it.
class Ledger {
   public:
    /// How a message came into the world.
    enum class Source : std::uint8_t {
        broadcast,  ///< By a node's host, through the protocol.
        injected,   ///< By a hostile node, past the protocol.
    };

    struct Entry {
        Message message;
        NodeIndex origin{};  ///< Who brought it in, whatever the message says.
        Duration time{};
        Source source{Source::broadcast};
        std::size_t reached{0};  ///< Nodes that it was delivered to, the origin not counted, each once.
    };

    /// A message's first arrival at a node.
    struct Arrival {
        Duration time{};
        std::uint32_t life{0};
        std::uint16_t deliveries{0};  ///< In that life; 0: never arrived.
        std::uint8_t hops{0};
    };

    /// Notes a message; the one known under the same key stays.
    MessageIndex add(Message message, NodeIndex origin, Duration time, Source source) {
        const auto [at, is_new] = index_.try_emplace(message.key(), static_cast<MessageIndex>(entries_.size()));
        if (is_new) {
            entries_.push_back({std::move(message), origin, time, source});
            arrivals_.emplace_back();
        }
        return at->second;
    }

    [[nodiscard]] std::optional<MessageIndex> find(const MessageId& key) const {
        const auto found = index_.find(key);
        return found == index_.end() ? std::nullopt : std::optional(found->second);
    }

    /// Notes a delivery in a node's life. Returns how often that message was delivered in that life.
    std::uint16_t deliver(MessageIndex message, NodeIndex node, std::uint32_t life, Duration time, std::uint8_t hops) {
        auto& arrivals = arrivals_[message];
        if (arrivals.size() <= node) {
            arrivals.resize(node + 1U > nodes_ ? node + 1U : nodes_);
        }
        Arrival& arrival = arrivals[node];
        if (arrival.deliveries == 0) {
            ++entries_[message].reached;
        }
        if (arrival.deliveries == 0 || arrival.life != life) {
            arrival = {time, life, 0, hops};
        }
        return ++arrival.deliveries;
    }

    /// When and how a message last came to a node for the first time in a life; `deliveries` is 0 when it never did.
    [[nodiscard]] Arrival arrival(MessageIndex message, NodeIndex node) const {
        const auto& arrivals = arrivals_[message];
        return node < arrivals.size() ? arrivals[node] : Arrival{};
    }

    [[nodiscard]] const Entry& operator[](MessageIndex message) const noexcept { return entries_[message]; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    /// How many nodes to make room for at once.
    void set_nodes(std::size_t nodes) noexcept { nodes_ = nodes; }

    /// Forgets every message; for worlds that run longer than their history is of use.
    void clear() {
        entries_.clear();
        arrivals_.clear();
        index_.clear();
    }

   private:
    struct Hash {
        std::size_t operator()(const MessageId& id) const noexcept { return static_cast<std::size_t>(id.word(0)); }
    };

    std::size_t nodes_{0};
    std::vector<Entry> entries_;
    std::vector<std::vector<Arrival>> arrivals_;               ///< By message, then by node.
    std::unordered_map<MessageId, MessageIndex, Hash> index_;  ///< Looked up, never walked.
};

}  // namespace lattice::inline v0::sim
