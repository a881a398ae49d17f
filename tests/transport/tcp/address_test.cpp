#include <string>

#include <lattice/transport/tcp/address.hpp>

#include "support/catch.hpp"

using namespace lattice;

TEST_CASE("addresses are read with and without their scheme") {
    CHECK(parse_tcp_address("tcp://127.0.0.1:80") == TcpAddress{"127.0.0.1", 80});
    CHECK(parse_tcp_address("node.example:65535") == TcpAddress{"node.example", 65535});
    CHECK(parse_tcp_address("tcp://[::1]:7") == TcpAddress{"::1", 7});
    CHECK(parse_tcp_address("0.0.0.0:0") == TcpAddress{"0.0.0.0", 0});
}

TEST_CASE("addresses are written as they are read") {
    for (const char* text : {"tcp://127.0.0.1:80", "tcp://[fe80::1]:443", "tcp://host:0"}) {
        const auto address = parse_tcp_address(text);
        REQUIRE(address);
        CHECK(to_string(*address) == text);
    }
}

TEST_CASE("what is no address is not read as one") {
    const std::string long_name(254, 'x');
    for (const std::string& text :
         {std::string(), std::string("host"), std::string(":80"), std::string("host:"), std::string("host:x"),
          std::string("host:-1"), std::string("host:65536"), std::string("host:80x"), std::string("host: 80"),
          std::string("http://host:80"), std::string("tcp://host:80/"), std::string("tcp://user@host:80"),
          std::string("::1:80"), std::string("[]:80"), std::string("[::1:80"), long_name + ":80"}) {
        LATTICE_SHOW(text);
        CHECK_FALSE(parse_tcp_address(text).has_value());
    }
}
