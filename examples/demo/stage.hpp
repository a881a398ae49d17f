#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <lattice/node.hpp>

/// A message that reached a node.
struct Sighting {
    std::string node;
    std::string from;  ///< The neighbour that it came from.
    unsigned hops{};
    bool retrieved{};  ///< It was asked for; otherwise it was pushed.
};

/// Where a scenario is played: one thread runs all its nodes, which talk over real sockets, and every delivery is told as
/// it happens.
class Stage {
   public:
    /// The event loop that the nodes live on.
    [[nodiscard]] asio::io_context& io() noexcept { return io_; }

    /// Tells of every proof that `node` gets: anything with `register_handler`.
    template <typename N>
    void watch(N& node, std::string name) {
        node.template register_handler<nlohmann::json>(
            "proof", [this, name](const nlohmann::json& proof, const lattice::Delivery& delivery) {
                seen_.push_back({name, std::string(delivery.from.id()), delivery.envelope.hops, delivery.retrieved});
                std::printf("  %7.2f ms  %s %s %s from %s, hop %u\n", elapsed(), name.c_str(),
                            delivery.retrieved ? "fetched" : "got",
                            proof.at("proof_id").get_ref<const std::string&>().c_str(), seen_.back().from.c_str(),
                            seen_.back().hops);
            });
    }

    /// From now on time is counted.
    void begin() {
        began_ = std::chrono::steady_clock::now();
        seen_.clear();
    }

    /// Runs the nodes until so many proofs were seen, or patience ends.
    bool play_until_seen(std::size_t count) {
        constexpr std::chrono::seconds patience{15};
        while (seen_.size() < count && std::chrono::steady_clock::now() < began_ + patience) {
            io_.run_one_for(std::chrono::milliseconds{100});
        }
        return seen_.size() == count;
    }

    [[nodiscard]] const std::vector<Sighting>& seen() const noexcept { return seen_; }

    /// Milliseconds since `begin`.
    [[nodiscard]] double elapsed() const {
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_).count();
    }

   private:
    asio::io_context io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
    std::chrono::steady_clock::time_point began_{};
    std::vector<Sighting> seen_;
};

/// The tree that a message grew, as far as it hangs from `node`: each node under the one that it got the message from.
inline void print_tree(const std::vector<Sighting>& seen, const std::string& node, const std::string& before = "  ") {
    std::size_t left = 0;
    for (const Sighting& sighting : seen) {
        left += sighting.from == node ? 1 : 0;
    }
    for (const Sighting& sighting : seen) {
        if (sighting.from == node) {
            const bool last = --left == 0;
            std::printf("%s%s %s\n", before.c_str(), last ? "`--" : "|--", sighting.node.c_str());
            print_tree(seen, sighting.node, before + (last ? "    " : "|   "));
        }
    }
}

inline void print_statistics_head() {
    std::printf("\n  %-8s %6s %9s %10s %11s %7s %8s\n", "node", "sent", "received", "forwarded", "duplicates", "cached",
                "pending");
}

/// One line per node: the reference's six numbers.
inline void print_statistics(std::string_view node, const lattice::Statistics& of) {
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf("  %-8s %6llu %9llu %10llu %11llu %7llu %8llu\n", std::string(node).c_str(), number(of.messages_sent),
                number(of.messages_received), number(of.messages_forwarded), number(of.duplicates_filtered),
                number(of.cached_messages), number(of.pending_messages));
}
