#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <lattice/codec/json.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/transport/http/client.hpp>
#include <lattice/transport/http/endpoint.hpp>
#include <lattice/transport/http/frames_body.hpp>
#include <lattice/transport/http/link.hpp>
#include <lattice/transport/http/options.hpp>

namespace lattice::inline v0::http {

/// What came of a batch.
struct Delivered {
    bool reached{false};     ///< The peer answered, whatever it said.
    bool overloaded{false};  ///< It said that it has too much to do.
    PeerKind kind{PeerKind::unknown};
    std::vector<Frame> received;      ///< What the answers mean to the protocol.
    std::vector<QueuedFrame> unsent;  ///< Still to be sent, in another way.
};

/// Carries one batch to a peer as HTTP requests and reads the answers as frames. Blocks until the client's deadlines.
///
///     frame          to a peer that understands frames     to any other
///     Push, Provide  |                                     POST /api/gossip
///     Request        | POST /api/gossip/frames,            GET /api/gossip/message/{id}, one per name
///     SyncRequest    | all of the batch in one body        GET /api/gossip/message_ids
///     the rest       |                                     nothing: the reference has no such call
///
/// A peer that has not answered yet is asked first, by GET /health, which it is, where only frames say all there is to say.
class Delivery {
   public:
    Delivery(HttpClient& client, const HttpOptions& options) : client_(client), options_(options) {
        json_limits_.payload_max = options.limits.payload_max;
        wire_limits_.payload_max = options.limits.payload_max;
    }

    Delivered carry(Batch batch) {
        result_.kind = batch.kind;
        if (batch.kind == PeerKind::lattice) {
            carry_frames(std::move(batch));
        } else {
            carry_one(std::move(batch.frames.front()));
        }
        return std::move(result_);
    }

   private:
    void carry_frames(Batch batch) {
        HttpClient::Call call{"POST",      std::string(path_of_frames),       {},
                              frames_type, options_.limits.frames_body_max(), options_.limits.push_timeout};
        for (const QueuedFrame& queued : batch.frames) {
            const auto* request = std::get_if<Request>(&queued.frame->frame());
            if (request != nullptr && queued.first_name != 0) {
                append_frame(call.body,
                             Request{{std::next(request->names.begin(), static_cast<std::ptrdiff_t>(queued.first_name)),
                                      request->names.end()},
                                     request->naming});
            } else {
                queued.frame->append_binary(call.body);
            }
            if (request != nullptr || std::holds_alternative<SyncRequest>(queued.frame->frame())) {
                call.timeout = options_.limits.pull_timeout;
            }
        }
        const auto answer = ask(call);
        if (!answer) {
            return;
        }
        if (!answer->is_lattice) {
            result_.unsent = std::move(batch.frames);  // another program serves at this address now
        } else if (answer->status == 200) {
            if (auto frames = decode_frames(answer->body, wire_limits_, options_.limits.frames_per_request_max)) {
                result_.received = std::move(*frames);
            }
        }
    }

    void carry_one(QueuedFrame queued) {
        const Frame& frame = queued.frame->frame();
        const bool is_unknown = result_.kind == PeerKind::unknown;
        const bool has_message = message_of(frame) != nullptr;
        if (has_message && !(is_unknown && wants_receipt(frame))) {
            ask({"POST", std::string(path_of_push), queued.frame->json(), json_type, small_answer_max,
                 options_.limits.push_timeout});
        } else if (const auto* request = std::get_if<Request>(&frame)) {
            if (queued.first_name < request->names.size()) {
                fetch(request->names[queued.first_name], request->naming);
            }
        } else if (const auto* sync = std::get_if<SyncRequest>(&frame)) {
            list(*sync);
        } else if (is_unknown) {
            const auto answer =
                ask({"GET", std::string(path_of_health), {}, {}, small_answer_max, options_.limits.push_timeout});
            if (answer && (answer->is_lattice || has_message)) {
                result_.unsent.push_back(std::move(queued));
            }
        } else {
            result_.reached = true;  // nothing to say to it in its language
        }
    }

    void fetch(const MessageId& name, Naming naming) {
        const auto answer = ask({"GET",
                                 std::string(path_of_message) + to_hex(name),
                                 {},
                                 {},
                                 options_.limits.body_max(),
                                 options_.limits.pull_timeout});
        if (!answer) {
            return;
        }
        if (answer->status == 200) {
            JsonMessage decoded = decode_json(answer->body, json_limits_);
            // What was not asked for is not taken: a peer could otherwise slip in what it likes under any request.
            if (decoded && (decoded.message.id() == name || decoded.message.key() == name)) {
                result_.received.emplace_back(Provide{std::move(decoded.message), decoded.envelope});
                return;
            }
        }
        result_.received.emplace_back(NotFound{{name}, naming});
    }

    void list(const SyncRequest& request) {
        const auto answer = ask({"GET",
                                 std::string(path_of_listing),
                                 {},
                                 {},
                                 options_.limits.listing_body_max,
                                 options_.limits.pull_timeout});
        if (!answer || answer->status != 200) {
            return;
        }
        JsonIds listed = decode_json_ids(answer->body);
        if (!listed) {
            return;
        }
        auto& ids = listed.ids;
        std::sort(ids.begin(), ids.end());
        ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
        ids.erase(ids.begin(), std::upper_bound(ids.begin(), ids.end(), request.after));
        const bool cut = ids.size() > request.limit;
        if (cut) {
            ids.resize(request.limit);
        }
        result_.received.emplace_back(SyncIds{request.after, std::move(ids), listed.complete && !cut, Naming::ids});
    }

    std::optional<ClientAnswer> ask(const HttpClient::Call& call) {
        auto answer = client_.exchange(call);
        if (answer) {
            result_.reached = true;
            result_.overloaded = answer->status == 429 || answer->status == 503;
            result_.kind = answer->is_lattice ? PeerKind::lattice : PeerKind::foreign;
        }
        return answer;
    }

    static constexpr std::size_t small_answer_max = 64U << 10U;  // nobody reads it; enough for any node's small talk

    HttpClient& client_;
    const HttpOptions& options_;
    JsonLimits json_limits_;
    WireLimits wire_limits_;
    Delivered result_;
};

}  // namespace lattice::inline v0::http
