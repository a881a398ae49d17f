#include <lattice/transport/http/url.hpp>

#include "support/catch.hpp"

using lattice::http::parse_base_url;

TEST_CASE("base URLs as the reference gives them") {
    const auto url = parse_base_url("http://node1.example:8000");
    REQUIRE(url.has_value());
    CHECK(url->host == "node1.example");
    CHECK(url->port == 8'000);
    CHECK(parse_base_url("http://10.0.0.1:1/")->host == "10.0.0.1");
    CHECK(parse_base_url("http://node_1")->port == 80);
    CHECK(parse_base_url("http://[::1]:8000")->host == "::1");
    CHECK(parse_base_url("http://[fe80::1]")->port == 80);
}

TEST_CASE("nothing else is a base URL") {
    for (const char* text : {"",
                             "http:",
                             "http://",
                             "http:///",
                             "//a",
                             "a:1",
                             "https://a:1",
                             "HTTP://a:1",
                             "http://a:",
                             "http://a:0",
                             "http://a:65536",
                             "http://a:1x",
                             "http://a:1/x",
                             "http://a:1?x",
                             "http://a:1#x",
                             "http://u@a:1",
                             "http://a:b@c:1",
                             "http://a b:1",
                             "http://a\r\nb:1",
                             "http://[::1",
                             "http://[::1]x",
                             "http://::1:80",
                             "http://[]:80"}) {
        LATTICE_SHOW(text);
        CHECK_FALSE(parse_base_url(text).has_value());
    }
}
