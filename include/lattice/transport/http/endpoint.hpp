#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <lattice/core/message_id.hpp>
#include <lattice/transport/http/options.hpp>
#include <lattice/transport/http/request_head.hpp>

namespace lattice::inline v0::http {

inline constexpr std::string_view path_of_push = "/api/gossip";
inline constexpr std::string_view path_of_frames = "/api/gossip/frames";
inline constexpr std::string_view path_of_listing = "/api/gossip/message_ids";
inline constexpr std::string_view path_of_message = "/api/gossip/message/";  ///< Followed by an id.
inline constexpr std::string_view path_of_health = "/health";

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view frames_type = "application/x-lattice-frames";

/// What an answer to a request is made of.
struct Answer {
    int status{200};
    std::string_view media_type{json_type};  ///< Of static storage, or of an object that outlives the answer.
    std::string body;
};

/// An answer without content of its own: says no more than its status.
inline Answer plain_answer(int status) {
    return {status, json_type, "{\"error\":\"" + std::string(reason_phrase(status)) + "\"}"};
}

/// Where a request goes.
enum class Endpoint : std::uint8_t {
    push,     ///< POST /api/gossip
    frames,   ///< POST /api/gossip/frames
    listing,  ///< GET /api/gossip/message_ids
    message,  ///< GET /api/gossip/message/{id}
    health,   ///< GET /health
    other,    ///< A page or a route of the host's, or nothing.
};

/// Finds the endpoint by the path as it was sent: nothing is decoded, so there is one way to write each.
constexpr Endpoint endpoint_of(std::string_view path) noexcept {
    if (path == path_of_push) {
        return Endpoint::push;
    }
    if (path == path_of_frames) {
        return Endpoint::frames;
    }
    if (path == path_of_listing) {
        return Endpoint::listing;
    }
    if (path.substr(0, path_of_message.size()) == path_of_message) {
        return Endpoint::message;
    }
    return path == path_of_health ? Endpoint::health : Endpoint::other;
}

/// Whether a body is sent to the endpoint.
constexpr bool takes_body(Endpoint endpoint) noexcept {
    return endpoint == Endpoint::push || endpoint == Endpoint::frames;
}

/// Whether `content_type` names `wanted`, whatever parameters follow it.
constexpr bool is_media_type(std::string_view content_type, std::string_view wanted) noexcept {
    return detail::same_text(detail::trimmed(content_type.substr(0, content_type.find(';'))), wanted);
}

/// The status that a request is refused with before its body is read, if its head alone is enough for that.
inline std::optional<int> refuse_early(const RequestHead& head, Endpoint endpoint, const HttpOptions& options) {
    if (!head.origin.empty()) {
        bool allowed = false;
        for (const std::string& origin : options.allowed_origins) {
            allowed = allowed || origin == head.origin;
        }
        if (!allowed) {
            return 403;
        }
    }
    const std::size_t body_max =
        endpoint == Endpoint::frames ? options.limits.frames_body_max() : options.limits.body_max();
    if (head.content_length > body_max) {
        return 413;
    }
    if (endpoint == Endpoint::other) {
        return std::nullopt;
    }
    const bool reads = head.method == "GET" || head.method == "HEAD";
    if (takes_body(endpoint) ? head.method != "POST" : !reads) {
        return 405;
    }
    if (endpoint == Endpoint::message && !message_id_from_hex(head.path.substr(path_of_message.size()))) {
        return 404;
    }
    if (takes_body(endpoint) &&
        !is_media_type(head.content_type, endpoint == Endpoint::push ? json_type : frames_type)) {
        return 415;
    }
    return std::nullopt;
}

/// The part of a listing that `?limit=&after=` asks for.
struct ListingRange {
    MessageId after{};
    std::size_t limit{};
};

/// Reads the query of GET message_ids. Parameters that are not known are tolerated, as the reference tolerates unknown
/// fields; known ones must be well formed and stand once.
inline std::optional<ListingRange> parse_listing_query(std::string_view query, std::size_t limit_max) {
    ListingRange range{{}, limit_max};
    bool has_limit = false;
    bool has_after = false;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view part = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
        const std::size_t sign = part.find('=');
        const std::string_view name = part.substr(0, sign);
        const std::string_view value = sign == std::string_view::npos ? std::string_view() : part.substr(sign + 1);
        if (name == "limit") {
            const auto limit = detail::decimal(value);
            if (!limit || *limit == 0 || std::exchange(has_limit, true)) {
                return std::nullopt;
            }
            range.limit = *limit < limit_max ? *limit : limit_max;
        } else if (name == "after") {
            const auto after = message_id_from_hex(value);
            if (!after || std::exchange(has_after, true)) {
                return std::nullopt;
            }
            range.after = *after;
        }
    }
    return range;
}

}  // namespace lattice::inline v0::http
