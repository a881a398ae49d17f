#include <string>

#include <lattice/transport/http/endpoint.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::http;

namespace {

RequestHead head_of(std::string_view method, std::string_view path, std::string_view type = {}) {
    RequestHead head;
    head.method = method;
    head.path = path;
    head.content_type = type;
    return head;
}

int early(const RequestHead& head, const HttpOptions& options = {}) {
    return refuse_early(head, endpoint_of(head.path), options).value_or(0);
}

const std::string id(64, 'a');

}  // namespace

TEST_CASE("each endpoint has one path") {
    CHECK(endpoint_of("/api/gossip") == Endpoint::push);
    CHECK(endpoint_of("/api/gossip/") == Endpoint::other);
    CHECK(endpoint_of("/API/gossip") == Endpoint::other);
    CHECK(endpoint_of("/api/gossip/frames") == Endpoint::frames);
    CHECK(endpoint_of("/api/gossip/message_ids") == Endpoint::listing);
    CHECK(endpoint_of("/api/gossip/message/" + id) == Endpoint::message);
    CHECK(endpoint_of("/health") == Endpoint::health);
    CHECK(endpoint_of("/") == Endpoint::other);
}

TEST_CASE("what the head alone refuses") {
    CHECK(early(head_of("POST", "/api/gossip", "application/json")) == 0);
    CHECK(early(head_of("POST", "/api/gossip", "Application/JSON ; charset=utf-8")) == 0);
    CHECK(early(head_of("POST", "/api/gossip", "text/plain")) == 415);
    CHECK(early(head_of("POST", "/api/gossip", "application/jsonx")) == 415);
    CHECK(early(head_of("POST", "/api/gossip")) == 415);
    CHECK(early(head_of("POST", "/api/gossip/frames", "application/json")) == 415);
    CHECK(early(head_of("POST", "/api/gossip/frames", "application/x-lattice-frames")) == 0);
    CHECK(early(head_of("GET", "/api/gossip")) == 405);
    CHECK(early(head_of("POST", "/api/gossip/message_ids")) == 405);
    CHECK(early(head_of("HEAD", "/health")) == 0);
    CHECK(early(head_of("GET", "/api/gossip/message/" + id)) == 0);
    CHECK(early(head_of("GET", "/api/gossip/message/" + id + "a")) == 404);
    CHECK(early(head_of("GET", "/api/gossip/message/" + std::string(64, 'A'))) == 404);
    CHECK(early(head_of("GET", "/api/gossip/message/")) == 404);
    CHECK(early(head_of("GET", "/a/route/of/the/host")) == 0);
}

TEST_CASE("a body that is too large is refused before it is read") {
    const HttpOptions options;
    auto head = head_of("POST", "/api/gossip", "application/json");
    head.content_length = options.limits.body_max();
    CHECK(early(head) == 0);
    head.content_length += 1;
    CHECK(early(head) == 413);
    head.path = "/elsewhere";
    CHECK(early(head) == 413);
    head = head_of("POST", "/api/gossip/frames", "application/x-lattice-frames");
    head.content_length = options.limits.frames_body_max();
    CHECK(early(head) == 0);
    head.content_length += 1;
    CHECK(early(head) == 413);
}

TEST_CASE("a web page may call only when its origin is allowed") {
    HttpOptions options;
    options.allowed_origins = {"https://example.org"};
    auto head = head_of("POST", "/api/gossip", "application/json");
    head.origin = "https://example.org";
    CHECK(early(head, options) == 0);
    CHECK(early(head) == 403);
    for (const char* origin : {"null", "https://example.org.evil", "http://example.org", "https://example.org:1"}) {
        head.origin = origin;
        CHECK(early(head, options) == 403);
    }
}

TEST_CASE("the query of a listing") {
    const auto all = parse_listing_query("", 10'000);
    REQUIRE(all.has_value());
    CHECK(all->limit == 10'000);
    CHECK(all->after == MessageId{});
    const auto page = parse_listing_query("limit=5&after=" + id + "&unknown=%zz", 10'000);
    REQUIRE(page.has_value());
    CHECK(page->limit == 5);
    CHECK(to_hex(page->after) == id);
    CHECK(parse_listing_query("limit=20000", 10'000)->limit == 10'000);
    for (const char* query : {"limit=0", "limit=", "limit", "limit=-1", "limit=1e3", "limit=1&limit=2",
                              "after=", "after=ab", "limit=99999999999999999999999"}) {
        LATTICE_SHOW(query);
        CHECK_FALSE(parse_listing_query(query, 10'000).has_value());
    }
}
