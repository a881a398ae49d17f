#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <lattice/lattice.hpp>
#include <lattice/reconcile/set_reconciler.hpp>

#include "event_loop.hpp"
#include "peers.hpp"
#include "transport.hpp"

/// A value of the workload as payload: its decimal digits.
template <>
struct lattice::PayloadCodec<std::int64_t> {
    static Bytes encode(std::int64_t value) { return Bytes(std::to_string(value)); }
    static std::optional<std::int64_t> decode(ByteView payload) {
        const std::string_view text = as_text(payload);
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
    }
};

/// A request that is answered with an error; the codes are Maelstrom's.
class RequestError : public std::runtime_error {
   public:
    enum class Code : std::uint8_t { not_supported = 10, temporarily_unavailable = 11, malformed_request = 12 };

    RequestError(Code code, const std::string& text) : std::runtime_error(text), code_(code) {}
    [[nodiscard]] Code code() const noexcept { return code_; }

   private:
    Code code_;
};

/// A node of Maelstrom's broadcast workload: answers `init`, `topology`, `broadcast` and `read`, and leaves it to the library
/// that every value reaches every node.
class BroadcastNode {
   public:
    explicit BroadcastNode(EventLoop& loop) : loop_(loop) {}

    /// Takes one line of input. What is no message is reported on standard error and otherwise passed over.
    void take(std::string_view line) {
        const nlohmann::json message = nlohmann::json::parse(line, nullptr, false);
        try {
            const auto& body = message.at("body");
            const auto& type = body.at("type").get_ref<const std::string&>();
            const auto& from = message.at("src").get_ref<const std::string&>();
            if (type != MaelstromTransport::body_type) {
                answer(from, type, body);
            } else if (cluster_) {
                cluster_->transport.receive(from, body);
            }
        } catch (const nlohmann::json::exception& error) {
            std::cerr << "not a message: " << error.what() << '\n';
        }
    }

   private:
    using Json = nlohmann::json;
    using Gossip = lattice::GossipProtocol<MaelstromTransport, EventLoop, MaelstromPeers>;

    /// Exists from `init` on, which tells who we are.
    struct Cluster {
        Cluster(EventLoop& loop, const std::string& id, const std::vector<std::string>& node_ids)
            : self(id), transport(loop, id), peers(node_ids), gossip(transport, loop, peers, settings(id), entropy()) {
            gossip.reconcile_with(std::make_unique<lattice::reconcile::SetReconciler>());
        }

        std::string self;
        MaelstromTransport transport;
        MaelstromPeers peers;
        Gossip gossip;
    };

    /// Everybody here is trusted, partitions last for seconds, and every value must be served for ever.
    static lattice::Config settings(const std::string& id) {
        lattice::Config config;
        config.node_id = id;
        config.gossip_interval = std::chrono::seconds{3};  // After what comes, so long until a look whether all came.
        config.anti_entropy_interval = std::chrono::seconds{4};
        config.message_cache_size = 1'000'000;
        config.limits.fetch_timeout = std::chrono::milliseconds{500};  // Some round trips.
        config.limits.sync_timeout = std::chrono::seconds{2};
        config.limits.messages_per_second = 0;
        config.limits.bytes_per_second = 0;
        return config;
    }

    static std::uint64_t entropy() {
        std::random_device source;
        return (std::uint64_t{source()} << 32U) | source();
    }

    /// Answers a request; one without a msg_id wants no answer.
    void answer(const std::string& from, const std::string& type, const Json& body) {
        if (body.contains("in_reply_to")) {
            return;  // We ask nobody anything: somebody is late.
        }
        Json reply;
        try {
            reply = reply_to(type, body);
        } catch (const RequestError& error) {
            reply = failure(error.code(), error.what());
        } catch (const Json::exception& error) {
            reply = failure(RequestError::Code::malformed_request, error.what());
        }
        const auto msg_id = body.find("msg_id");
        if (msg_id != body.end() && cluster_) {
            reply["in_reply_to"] = *msg_id;
            loop_.write_line(Json{{"src", cluster_->self}, {"dest", from}, {"body", std::move(reply)}}.dump());
        } else if (reply.at("type") == "error") {
            std::cerr << "request not answered: " << reply << '\n';
        }
    }

    static Json failure(RequestError::Code code, const std::string& text) {
        return {{"type", "error"}, {"code", static_cast<int>(code)}, {"text", text}};
    }

    Json reply_to(const std::string& type, const Json& body) {
        if (type == "init") {
            init(body);
            return {{"type", "init_ok"}};
        }
        if (!cluster_) {
            throw RequestError(RequestError::Code::temporarily_unavailable, "init comes first");
        }
        if (type == "topology") {
            return {{"type", "topology_ok"}};
        }
        if (type == "broadcast") {
            broadcast(body.at("message"));
            return {{"type", "broadcast_ok"}};
        }
        if (type == "read") {
            return {{"type", "read_ok"}, {"messages", values_}};
        }
        throw RequestError(RequestError::Code::not_supported, "no request of this node: " + type);
    }

    /// A repeated init, as a client that missed the answer sends it, changes nothing.
    void init(const Json& body) {
        if (cluster_) {
            return;
        }
        try {
            cluster_ = std::make_unique<Cluster>(loop_, body.at("node_id").get<std::string>(),
                                                 body.at("node_ids").get<std::vector<std::string>>());
        } catch (const lattice::ConfigError& error) {
            throw RequestError(RequestError::Code::malformed_request, error.what());
        }
        cluster_->gossip.register_handler<std::int64_t>("value", [this](std::int64_t value) { values_.insert(value); });
        cluster_->gossip.start();
    }

    /// A value that is known, as a client that repeats a request sends it, does not travel again.
    void broadcast(const Json& message) {
        constexpr std::uint64_t value_max = std::numeric_limits<std::int64_t>::max();
        if (!message.is_number_integer() ||
            (message.is_number_unsigned() && message.get<std::uint64_t>() > value_max)) {
            throw RequestError(RequestError::Code::malformed_request, "message is not a 64-bit integer");
        }
        const auto value = message.get<std::int64_t>();
        if (values_.contains(value)) {
            return;
        }
        const auto outcome = cluster_->gossip.broadcast("value", value);
        if (!outcome) {
            throw RequestError(RequestError::Code::temporarily_unavailable, name_of(outcome.status));
        }
        values_.insert(value);
    }

    EventLoop& loop_;
    std::unique_ptr<Cluster> cluster_;
    std::set<std::int64_t> values_;
};
