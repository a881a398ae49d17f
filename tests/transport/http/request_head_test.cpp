#include <string>
#include <variant>

#include <lattice/transport/http/request_head.hpp>

#include "support/catch.hpp"

using namespace lattice;
using http::HeadParser;
using http::HeadRefusal;
using http::RequestHead;

namespace {

const HttpLimits limits;

/// 0 when the head passes, else the status of the refusal.
int status_for(std::string_view text) {
    const auto parsed = HeadParser(limits).parse(text);
    const auto* refusal = std::get_if<HeadRefusal>(&parsed);
    return refusal == nullptr ? 0 : static_cast<int>(*refusal);
}

std::string with_header(const std::string& line) { return "GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n"; }

int status_for_header(const std::string& line) { return status_for(with_header(line)); }

int status_for_target(const std::string& target) {
    return status_for("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
}

}  // namespace

TEST_CASE("the parts of a well-formed head are found") {
    const std::string text =
        "POST /api/gossip?x=1&y=2 HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:  17 \r\nContent-Type: application/json\r\n"
        "X-Lattice-Node: node1\r\nOrigin: https://example.org\r\nExpect: 100-Continue\r\nConnection: Close\r\n\r\n";
    const auto parsed = HeadParser(limits).parse(text);
    REQUIRE(std::holds_alternative<RequestHead>(parsed));
    const auto& head = std::get<RequestHead>(parsed);
    CHECK(head.method == "POST");
    CHECK(head.path == "/api/gossip");
    CHECK(head.query == "x=1&y=2");
    CHECK(head.content_length == 17);
    CHECK(head.has_content_length);
    CHECK(head.content_type == "application/json");
    CHECK(head.node == "node1");
    CHECK(head.origin == "https://example.org");
    CHECK(head.expects_continue);
    CHECK(head.wants_close);
}

TEST_CASE("what request smuggling lives on is refused") {
    CHECK(status_for_header("Content-Length: 1\r\nContent-Length: 1") == 400);
    CHECK(status_for_header("Content-Length: 1\r\nTransfer-Encoding: chunked") == 400);
    CHECK(status_for_header("Transfer-Encoding: chunked") == 400);
    CHECK(status_for_header("transfer-encoding: identity") == 400);
    CHECK(status_for_header("Transfer-Encoding : chunked") == 400);
    CHECK(status_for_header("Content-Length: +1") == 400);
    CHECK(status_for_header("Content-Length: -1") == 400);
    CHECK(status_for_header("Content-Length: 1, 1") == 400);
    CHECK(status_for_header("Content-Length: 0x10") == 400);
    CHECK(status_for_header("Content-Length:") == 400);
    CHECK(status_for_header("Content-Length: 99999999999999999999999") == 400);
    CHECK(status_for_header("X: a\r\n folded: b") == 400);
    CHECK(status_for_header("no colon") == 400);
    CHECK(status_for_header(": empty name") == 400);
    CHECK(status_for_header("X: a\nY: b") == 400);
    CHECK(status_for_header("X-Lattice-Node: a\r\nX-Lattice-Node: b") == 400);
    CHECK(status_for_header("Origin: a\r\nOrigin: b") == 400);
    CHECK(status_for("GET / HTTP/1.1\nHost: a\n\n") == 400);
    CHECK(status_for(with_header("X: a") + "trailing") == 400);
}

TEST_CASE("bodies that would have to be unpacked are refused") {
    CHECK(status_for_header("Content-Encoding: gzip") == 415);
    CHECK(status_for_header("content-encoding: br") == 415);
}

TEST_CASE("control bytes have no place in a head") {
    CHECK(status_for_header(std::string("X: a") + '\0' + "b") == 400);
    CHECK(status_for_header("X: a\x01") == 400);
    CHECK(status_for_header("X: a\rb") == 400);
    CHECK(status_for_header("X: a\x7f") == 400);
    CHECK(status_for_header("X\t: a") == 400);
    CHECK(status_for_header("X: a\tb") == 0);
    CHECK(status_for_target("/a\x01") == 400);
    CHECK(status_for_target("/a b") == 400);
}

TEST_CASE("odd paths lead nowhere") {
    for (const char* path : {"/a/../b", "/..", "/.", "/a/./b", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00",
                             "/%2e%2e/b", "//a", "/a//b", "/a%0d%0ab", "/api/gossip/message/../message_ids"}) {
        LATTICE_SHOW(path);
        CHECK(status_for_target(path) == 404);
    }
    CHECK(status_for_target(std::string("/a") + '\0') == 404);
    CHECK(status_for_target("/a...b/..c/d..") == 0);
    CHECK(status_for_target("/a%20b") == 0);
    CHECK(status_for_target("/a?b=../c%2f//") == 0);
    CHECK(status_for_target("http://a/b") == 400);
    CHECK(status_for_target("*") == 0);
}

TEST_CASE("request lines that are not HTTP/1 are refused") {
    CHECK(status_for("GET /\r\n\r\n") == 400);
    CHECK(status_for("GET\r\n\r\n") == 400);
    CHECK(status_for("\r\n\r\n") == 400);
    CHECK(status_for("") == 400);
    CHECK(status_for("GET / HTTP/2.0\r\n\r\n") == 505);
    CHECK(status_for("GET / HTTP/0.9\r\n\r\n") == 505);
    CHECK(status_for("GET / TELNET\r\n\r\n") == 400);
    CHECK(status_for("G(T / HTTP/1.1\r\n\r\n") == 400);
    CHECK(status_for("GET / HTTP/1.0\r\n\r\n") == 0);
    CHECK(status_for_header("Expect: something") == 417);
}

TEST_CASE("a head has bounds") {
    CHECK(status_for_target("/" + std::string(limits.request_line_max - 14, 'a')) == 0);
    CHECK(status_for_target("/" + std::string(limits.request_line_max, 'a')) == 414);
    std::string many;
    for (std::size_t i = 0; i + 1 < limits.header_count_max; ++i) {
        many += (i == 0 ? "X: a" : "\r\nX: a");
    }
    CHECK(status_for_header(many) == 0);
    CHECK(status_for_header(many + "\r\nX: a") == 431);
    CHECK(status_for_header("X: " + std::string(limits.headers_max - 20, 'a')) == 0);
    CHECK(status_for_header("X: " + std::string(limits.headers_max, 'a')) == 431);
}

TEST_CASE("a head that is cut anywhere is refused") {
    const std::string whole = with_header("Content-Length: 5\r\nX: y");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        LATTICE_SHOW(size);
        CHECK(status_for(std::string_view(whole).substr(0, size)) == 400);
    }
}
