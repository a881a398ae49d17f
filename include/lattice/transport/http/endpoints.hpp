#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <lattice/codec/json.hpp>
#include <lattice/core/limits.hpp>
#include <lattice/core/statistics.hpp>
#include <lattice/transport/http/desk.hpp>
#include <lattice/transport/http/endpoint.hpp>
#include <lattice/transport/http/frames_body.hpp>
#include <lattice/transport/http/server.hpp>
#include <lattice/transport/http/socket.hpp>

namespace lattice::inline v0::http {

/// What became of a pushed message, as an HTTP answer. The reference says 200 when a message is taken, new or known; the
/// other statuses say whose turn it is: 4xx do not send this again, 429 and 503 later, 202 nobody knows yet.
inline Answer answer_for(const Receipt& receipt) {
    switch (receipt.disposition) {
        case Disposition::accepted:
            return {200, json_type, R"({"status":"accepted"})"};
        case Disposition::duplicate:
            return {200, json_type, R"({"status":"duplicate"})"};
        case Disposition::pending:
            return {202, json_type, R"({"status":"pending"})"};
        case Disposition::refused:
            break;
    }
    int status = 422;
    switch (receipt.refusal) {
        case Refusal::malformed:
            status = 400;
            break;
        case Refusal::too_large:
            status = 413;
            break;
        case Refusal::failed:
            status = 500;
            break;
        case Refusal::rate_limited:
            status = 429;
            break;
        case Refusal::overloaded:
            status = 503;
            break;
        default:
            break;
    }
    return {status, json_type, std::string(R"({"status":"refused","reason":")") + name_of(receipt.refusal) + "\"}"};
}

/// What is wrong with a body; `reason` is one of our own sentences, never the sender's text.
inline Answer malformed_answer(std::string_view reason) {
    return {400, json_type,
            std::string(R"({"status":"refused","reason":"malformed","detail":")") + std::string(reason) + "\"}"};
}

/// Turns calls to our endpoints into frames for the protocol, and what it sends back into answers.
///
/// Runs on the threads of connections: bodies are decoded and answers encoded there, side by side; the executor only
/// handles frames. Stateless but for the pages, which are added before the first call.
class Endpoints {
   public:
    /// Finds the peer that frames of this node id come from; nothing when no such peer is known.
    using FindPeer = std::function<Peer(std::string_view id)>;

    Endpoints(const HttpOptions& options, Desk& desk, FindPeer find_peer)
        : options_(options), desk_(desk), find_peer_(std::move(find_peer)) {
        limits_.payload_max = options.limits.payload_max;
        wire_limits_.payload_max = options.limits.payload_max;
    }

    /// Serves `path` with what `make` returns, called on the executor for each request.
    void add_page(std::string path, std::string media_type, Callback<std::string()> make) {
        pages_.insert_or_assign(std::move(path), std::make_shared<Page>(std::move(media_type), std::move(make)));
    }

    /// Nothing when the path is no endpoint or page.
    std::optional<Answer> operator()(const Call& call) {
        switch (call.endpoint) {
            case Endpoint::push:
                return push(call);
            case Endpoint::frames:
                return frames(call);
            case Endpoint::listing:
                return listing(call);
            case Endpoint::message:
                return message(call);
            case Endpoint::health:
                return health();
            case Endpoint::other:
                return page(call);
        }
        return std::nullopt;
    }

   private:
    struct Page {
        Page(std::string type, Callback<std::string()> maker) : media_type(std::move(type)), make(std::move(maker)) {}
        std::string media_type;
        Callback<std::string()> make;
    };
    using Outcome = Exchange::Outcome;

    Outcome settle(const std::shared_ptr<Exchange>& exchange) {
        desk_.submit(exchange);
        return exchange->wait(socket_time() + options_.limits.reply_timeout);
    }

    static Answer answer_for_outcome(Outcome outcome) { return plain_answer(outcome == Outcome::failed ? 500 : 503); }

    /// Who sent the request, as far as it can be known: nothing authenticates the header, so it only serves to answer.
    Peer sender(const Call& call) const {
        if (is_identifier(call.node, ceiling::node_id)) {
            const Peer known = find_peer_(call.node);
            return known ? known : Peer(call.node);
        }
        return Peer("http:" + call.remote->ip);
    }

    Answer push(const Call& call) {
        JsonMessage decoded = decode_json(call.body, limits_);
        if (!decoded) {
            return decoded.error.fault == JsonFault::too_large ? plain_answer(413)
                                                               : malformed_answer(describe(decoded.error));
        }
        const auto exchange = std::make_shared<Exchange>();
        exchange->from = sender(call);
        exchange->frames.emplace_back(Push{std::move(decoded.message), decoded.envelope});
        const Outcome outcome = settle(exchange);
        if (outcome != Outcome::done || exchange->receipts.empty()) {
            return answer_for_outcome(outcome);
        }
        return http::answer_for(exchange->receipts.front());
    }

    Answer frames(const Call& call) {
        auto decoded = decode_frames(call.body, wire_limits_, options_.limits.frames_per_request_max);
        if (!decoded) {
            return malformed_answer("the body is not a sequence of frames");
        }
        const auto exchange = std::make_shared<Exchange>();
        exchange->from = sender(call);
        exchange->frames = std::move(*decoded);
        exchange->reply = Exchange::Reply::frames;
        exchange->reply_bytes_max = options_.limits.frames_body_max();
        if (const Outcome outcome = settle(exchange); outcome != Outcome::done) {
            return answer_for_outcome(outcome);
        }
        Answer answer{200, frames_type, {}};
        for (const Frame& frame : exchange->replies) {
            append_frame(answer.body, frame);
        }
        return answer;
    }

    /// Lists in as many steps as the protocol wants to give names in.
    Answer listing(const Call& call) {
        const auto range = parse_listing_query(call.query, options_.limits.listed_ids_max);
        if (!range) {
            return malformed_answer("limit is a number from 1 on, after an id");
        }
        std::vector<MessageId> ids;
        SyncRequest request{range->after, 0, Naming::ids};
        for (;;) {
            request.limit = static_cast<std::uint32_t>(range->limit - ids.size());
            const auto exchange = std::make_shared<Exchange>();
            exchange->from = Peer("http:" + call.remote->ip);
            exchange->frames.emplace_back(request);
            exchange->reply = Exchange::Reply::listing;
            if (const Outcome outcome = settle(exchange); outcome != Outcome::done || exchange->replies.empty()) {
                return answer_for_outcome(outcome);
            }
            const auto& page = std::get<SyncIds>(exchange->replies.front());
            ids.insert(ids.end(), page.names.begin(), page.names.end());
            if (page.complete || page.names.empty() || ids.size() >= range->limit) {
                return {200, json_type, encode_json_ids(ids, page.complete)};
            }
            request.after = page.names.back();
        }
    }

    Answer message(const Call& call) {
        const auto id = message_id_from_hex(std::string_view(call.path).substr(path_of_message.size()));
        if (!id) {
            return plain_answer(404);
        }
        const auto exchange = std::make_shared<Exchange>();
        exchange->from = Peer("http:" + call.remote->ip);
        exchange->frames.emplace_back(Request{{*id}, Naming::ids});
        exchange->reply = Exchange::Reply::message;
        exchange->wanted = *id;
        if (const Outcome outcome = settle(exchange); outcome != Outcome::done || exchange->replies.empty()) {
            return answer_for_outcome(outcome);
        }
        const auto* provided = std::get_if<Provide>(&exchange->replies.front());
        return provided == nullptr
                   ? plain_answer(404)
                   : Answer{200, json_type, encode_json(provided->message, provided->envelope, options_.node_id)};
    }

    Answer health() const {
        const bool open = desk_.is_open();
        std::string body = open ? R"({"status":"ok","node_id":)" : R"({"status":"stopped","node_id":)";
        json_field::append_string(body, options_.node_id);
        return {open ? 200 : 503, json_type, body + "}"};
    }

    std::optional<Answer> page(const Call& call) {
        const auto found = pages_.find(call.path);
        if (found == pages_.end()) {
            return std::nullopt;
        }
        const auto text = std::make_shared<std::string>();
        const auto exchange = std::make_shared<Exchange>();
        exchange->page = [text, page = found->second] { *text = page->make(); };
        if (const Outcome outcome = settle(exchange); outcome != Outcome::done) {
            return answer_for_outcome(outcome);
        }
        return Answer{200, found->second->media_type, std::move(*text)};
    }

    const HttpOptions& options_;
    Desk& desk_;
    FindPeer find_peer_;
    JsonLimits limits_;
    WireLimits wire_limits_;
    std::map<std::string, std::shared_ptr<Page>, std::less<>> pages_;
};

}  // namespace lattice::inline v0::http
