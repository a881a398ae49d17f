#include <cstddef>
#include <string>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/transport/tcp/handshake.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace lattice::tcp;
using handshake::Hello;
using handshake::Kind;
using handshake::Parsed;

namespace {

Hello hello_of(std::string id) {
    Hello hello;
    hello.node_id = std::move(id);
    hello.network_id = "network";
    hello.nonce = 0x0123456789abcdef;
    return hello;
}

}  // namespace

TEST_CASE("a hello has the bytes that are drawn") {
    const auto bytes = encode(Kind::hello, hello_of("a"));
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    CHECK(text == std::string("\xb7ltc\x01\x01\x14\x00\x01\x01\xef\xcd\xab\x89\x67\x45\x23\x01\x07network\x01"
                              "a",
                              28));
}

TEST_CASE("greetings survive the way, whatever follows them") {
    for (const Kind kind : {Kind::hello, Kind::welcome}) {
        auto bytes = encode(kind, hello_of("node-1"));
        const std::size_t size = bytes.size();
        bytes.resize(size + 10);
        const Parsed parsed = handshake::parse(bytes);
        REQUIRE(parsed.status == Parsed::Status::read);
        CHECK(parsed.greeting.kind == kind);
        CHECK(parsed.greeting.hello == hello_of("node-1"));
        CHECK(parsed.greeting.size == size);
    }
    const Parsed refusal = handshake::parse(handshake::encode_refusal(TcpFault::wrong_network));
    REQUIRE(refusal.status == Parsed::Status::read);
    CHECK(refusal.greeting.kind == Kind::refusal);
    CHECK(refusal.greeting.reason == TcpFault::wrong_network);
}

TEST_CASE("compression is said behind the names, and left out without any") {
    Hello hello = hello_of("a");
    const auto without = encode(Kind::hello, hello);
    hello.compression = {1, 0x12345678};
    const auto with = encode(Kind::hello, hello);
    CHECK(with.size() == without.size() + 5);
    CHECK(handshake::parse(with).greeting.hello == hello);
    CHECK_FALSE(handshake::parse(without).greeting.hello.compression);
    const std::string text(reinterpret_cast<const char*>(with.data()), with.size());
    CHECK(text.substr(text.size() - 5) == "\x01\x78\x56\x34\x12");
}

TEST_CASE("a part of a greeting is neither one nor a fault") {
    const auto bytes = encode(Kind::hello, hello_of("node-1"));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK(handshake::parse(ByteView(bytes).first(size)).status == Parsed::Status::incomplete);
    }
}

TEST_CASE("fields of a later version are skipped") {
    auto bytes = encode(Kind::hello, hello_of("node-1"));
    bytes.push_back(std::byte{42});
    bytes[6] = static_cast<std::byte>(bytes.size() - handshake::head_size);
    const Parsed parsed = handshake::parse(bytes);
    REQUIRE(parsed.status == Parsed::Status::read);
    CHECK(parsed.greeting.hello == hello_of("node-1"));
    CHECK(parsed.greeting.size == bytes.size());
}

TEST_CASE("other protocols are told from the first byte on") {
    for (const char* text : {"G", "GET / HTTP/1.1\r\n", "\x16\x03\x01", "\xb7X", "\xb7ltd"}) {
        CHECK(handshake::parse(as_bytes(std::string_view(text))).status == Parsed::Status::not_lattice);
    }
}

TEST_CASE("what cannot become a greeting is malformed") {
    auto bytes = encode(Kind::hello, hello_of("node-1"));
    SECTION("another layout") { bytes[4] = std::byte{2}; }
    SECTION("an unknown kind") { bytes[5] = std::byte{9}; }
    SECTION("a body beyond the bound") { bytes[7] = std::byte{0xff}; }
    SECTION("versions the wrong way round") { bytes[8] = std::byte{7}; }
    SECTION("a network id beyond its body") { bytes[18] = std::byte{60}; }
    SECTION("a network id beyond the bound") { bytes[18] = std::byte{200}; }
    SECTION("a space in the node id") { bytes.back() = std::byte{' '}; }
    SECTION("no node id") {
        bytes.resize(bytes.size() - 6);
        bytes.back() = std::byte{0};
        bytes[6] = static_cast<std::byte>(bytes.size() - handshake::head_size);
    }
    SECTION("a refusal without a reason") {
        bytes = handshake::encode_refusal(TcpFault::full);
        bytes.pop_back();
        bytes[6] = std::byte{0};
    }
    CHECK(handshake::parse(bytes).status == Parsed::Status::malformed);
}

TEST_CASE("changed bytes never do worse than being refused") {
    const auto good = encode(Kind::hello, hello_of("node-1"));
    Random random(11);
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = good;
        for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
            bytes[random.below(bytes.size())] = static_cast<std::byte>(random.below(256));
        }
        bytes.resize(random.below(bytes.size() + 1));
        const Parsed parsed = handshake::parse(bytes);
        if (parsed.status == Parsed::Status::read) {
            REQUIRE(parsed.greeting.size <= bytes.size());
            REQUIRE((parsed.greeting.kind == Kind::refusal || is_identifier(parsed.greeting.hello.node_id, 128)));
        }
    }
}

TEST_CASE("nodes object to each other for one reason at a time") {
    const Hello self = hello_of("a");
    Hello other = hello_of("b");
    other.nonce = 2;
    CHECK(handshake::objection(self, other) == TcpFault::none);
    Hello changed = other;
    changed.oldest = changed.newest = 9;
    CHECK(handshake::objection(self, changed) == TcpFault::version);
    changed = other;
    changed.network_id = "another";
    CHECK(handshake::objection(self, changed) == TcpFault::wrong_network);
    changed = other;
    changed.nonce = self.nonce;
    CHECK(handshake::objection(self, changed) == TcpFault::self);
    changed = other;
    changed.node_id = "a";
    CHECK(handshake::objection(self, changed) == TcpFault::id_taken);
}

TEST_CASE("the newest version that both speak is the one") {
    Hello a = hello_of("a");
    Hello b = hello_of("b");
    a.oldest = 1;
    a.newest = 3;
    b.oldest = 2;
    b.newest = 5;
    CHECK(handshake::common_version(a, b) == 3);
    b.oldest = 4;
    CHECK_FALSE(handshake::common_version(a, b).has_value());
}
