#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/write.hpp>

#include <lattice/transport/tls.hpp>

#include "support/catch.hpp"
#include "transport/certificates.hpp"
#include "transport/tcp_support.hpp"

using namespace lattice;
using namespace lattice::test;
using namespace std::chrono_literals;

namespace {

CertificateWish named(std::string common_name) {
    CertificateWish wish;
    wish.common_name = std::move(common_name);
    return wish;
}

CertificateWish authority_named(std::string common_name) {
    CertificateWish wish = named(std::move(common_name));
    wish.authority = true;
    return wish;
}

struct Fixture {
    asio::io_context io;
    Identity authority{authority_named("the authority")};
    Identity a_identity{named("a"), authority};
    Identity b_identity{named("b"), authority};
    TlsOptions::NameBinding name_binding{TlsOptions::NameBinding::none};

    [[nodiscard]] TlsOptions options(const Identity& identity) const {
        TlsOptions options;
        options.certificate_chain = identity.certificate();
        options.private_key = identity.key();
        options.authorities = authority.certificate();
        options.name_binding = name_binding;
        return options;
    }

    TcpNode node(const std::string& id, const Identity& identity) { return node(id, options(identity)); }
    TcpNode node(const std::string& id, const TlsOptions& options) {
        TcpOptions settings = TcpNode::named(id);
        settings.security = tls(options);
        return TcpNode(io, settings);
    }
};

/// What both sides hear when `a` dials `b` and one of them does not like the other.
void refuse_each_other(Fixture& fixture, TcpNode& a, TcpNode& b, TcpFault at_a = TcpFault::security) {
    a.open();
    b.open();
    a.send(push_frame("secret"), b.peer("b"));
    REQUIRE(run_until(fixture.io, [&] { return !a.failed.empty(); }));
    CHECK(a.heard(TcpEvent::Kind::failed, at_a));
    CHECK(b.received.empty());
    CHECK(a.transport.statistics().connections == 0);
    CHECK(b.transport.statistics().connections == 0);
}

}  // namespace

TEST_CASE_METHOD(Fixture, "frames cross TLS in both directions, small and large") {
    TcpNode a = node("a", a_identity);
    TcpNode b = node("b", b_identity);
    a.open();
    b.open();
    const std::string large(200'000, 'x');
    for (int i = 0; i < 30; ++i) {
        REQUIRE(a.send(push_frame(i % 2 == 0 ? "small" : large), b.peer("b")) != SendStatus::busy);
    }
    REQUIRE(run_until(io, [&] { return b.received.size() == 30; }));
    CHECK(as_text(message_of(b.received[29].frame)->payload()) == large);
    REQUIRE(b.send(push_frame("answer"), b.received[0].from) == SendStatus::sent);
    REQUIRE(run_until(io, [&] { return !a.received.empty(); }));
    CHECK(a.transport.statistics().queued_bytes == 0);
}

TEST_CASE_METHOD(Fixture, "an orderly close of TLS is no truncation") {
    TcpNode a = node("a", a_identity);
    TcpNode b = node("b", b_identity);
    a.open();
    b.open();
    a.send(push_frame("x"), b.peer("b"));
    REQUIRE(run_until(io, [&] { return !b.received.empty(); }));
    a.transport.close();
    REQUIRE(run_until(io, [&] { return b.transport.statistics().connections == 0; }));
    CHECK(b.heard(TcpEvent::Kind::disconnected, TcpFault::closed));
}

TEST_CASE_METHOD(Fixture, "a certificate that is over or not yet valid is refused, whoever shows it") {
    CertificateWish expired = named("a");
    expired.valid_from = -7'200;
    expired.valid_until = -3'600;
    CertificateWish early = named("a");
    early.valid_from = 3'600;
    early.valid_until = 7'200;
    const CertificateWish wish = GENERATE(true, false) ? expired : early;  // GENERATE_COPY would keep references.
    const bool dialler_is_bad = GENERATE(true, false);
    const Identity bad(wish, authority);
    TcpNode a = node("a", dialler_is_bad ? bad : a_identity);
    TcpNode b = node("b", dialler_is_bad ? b_identity : bad);
    refuse_each_other(*this, a, b);
}

TEST_CASE_METHOD(Fixture, "a certificate of another authority is refused") {
    const Identity stranger(authority_named("the authority"));  // of the same name, with another key
    const Identity bad(named("a"), stranger);
    TcpNode a = node("a", bad);
    TcpNode b = node("b", b_identity);
    refuse_each_other(*this, a, b);
}

TEST_CASE_METHOD(Fixture, "a certificate that signed itself is refused") {
    const Identity bad(named("a"));
    TcpNode a = node("a", bad);
    TcpNode b = node("b", b_identity);
    refuse_each_other(*this, a, b);
}

TEST_CASE_METHOD(Fixture, "a certificate signed by one that may not sign is refused") {
    const Identity bad(named("a"), b_identity);
    TlsOptions settings = options(bad);
    settings.certificate_chain += b_identity.certificate();
    TcpNode a = node("a", settings);
    TcpNode b = node("b", b_identity);
    refuse_each_other(*this, a, b);
}

TEST_CASE_METHOD(Fixture, "a bound name must be the node's") {
    name_binding = TlsOptions::NameBinding::node_id;
    CertificateWish wish = named("a");
    bool welcome = false;

    SECTION("the common name is it") { welcome = true; }
    SECTION("an alternative name is it") {
        wish.common_name = "something else";
        wish.dns_name = "a";
        welcome = true;
    }
    SECTION("the common name is another") { wish.common_name = "c"; }
    SECTION("an alternative name is another, which the common name does not mend") { wish.dns_name = "c"; }
    SECTION("a wildcard is no name") { wish.dns_name = "*"; }
    SECTION("case matters") { wish.common_name = "A"; }

    const Identity identity(wish, authority);
    TcpNode a = node("a", identity);
    TcpNode b = node("b", b_identity);
    if (welcome) {
        a.open();
        b.open();
        a.send(push_frame("x"), b.peer("b"));
        REQUIRE(run_until(io, [&] { return !b.received.empty(); }));
        CHECK(b.received[0].from.id() == "a");
    } else {
        refuse_each_other(*this, a, b, TcpFault::unproven_id);
        CHECK(b.heard(TcpEvent::Kind::refused, TcpFault::unproven_id));
    }
}

TEST_CASE_METHOD(Fixture, "the one who is dialled must prove its name too") {
    name_binding = TlsOptions::NameBinding::node_id;
    const Identity impostor(named("c"), authority);
    TcpNode a = node("a", a_identity);
    TcpNode b = node("b", impostor);
    a.open();
    b.open();
    a.send(push_frame("secret"), b.peer("b"));
    REQUIRE(run_until(io, [&] { return !a.failed.empty(); }));
    CHECK(a.heard(TcpEvent::Kind::failed, TcpFault::unproven_id));
    run_for(io, 20ms);
    CHECK(b.received.empty());
}

TEST_CASE_METHOD(Fixture, "who shows no certificate is refused") {
    TcpNode b = node("b", b_identity);
    b.open();
    const auto address = parse_tcp_address(b.transport.address());
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_verify_mode(asio::ssl::verify_none);
    asio::ssl::stream<asio::ip::tcp::socket> client(io, context);
    client.next_layer().connect({asio::ip::make_address(address->host), address->port});
    std::error_code read_error;
    bool done = false;
    char byte = 0;
    client.async_handshake(asio::ssl::stream_base::client, [&](const std::error_code& error) {
        // In TLS 1.3 the client is through before the server has looked for a certificate: the alert comes afterwards.
        read_error = error;
        if (error) {
            done = true;
            return;
        }
        client.async_read_some(asio::buffer(&byte, 1), [&](const std::error_code& later, std::size_t) {
            read_error = later;
            done = true;
        });
    });
    REQUIRE(run_until(io, [&] { return done; }));
    CHECK(read_error);
    CHECK(b.heard(TcpEvent::Kind::refused, TcpFault::security));
    CHECK(b.transport.statistics().connections == 0);
}

TEST_CASE_METHOD(Fixture, "older versions of TLS are refused") {
    TcpNode b = node("b", b_identity);
    b.open();
    const auto address = parse_tcp_address(b.transport.address());
    asio::ssl::context context(asio::ssl::context::tls_client);
    SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_2_VERSION);
    context.set_verify_mode(asio::ssl::verify_none);
    asio::ssl::stream<asio::ip::tcp::socket> client(io, context);
    client.next_layer().connect({asio::ip::make_address(address->host), address->port});
    std::error_code handshake_error;
    client.async_handshake(asio::ssl::stream_base::client,
                           [&](const std::error_code& error) { handshake_error = error; });
    REQUIRE(run_until(io, [&] { return b.heard(TcpEvent::Kind::refused, TcpFault::security); }));
    REQUIRE(run_until(io, [&] { return static_cast<bool>(handshake_error); }));
}

TEST_CASE_METHOD(Fixture, "without verification anybody may talk, and TLS is still TLS") {
    const Identity stranger(named("a"));
    TlsOptions open = options(stranger);
    open.verification = TlsOptions::Verification::off;
    TlsOptions other = options(b_identity);
    other.verification = TlsOptions::Verification::off;
    TcpNode a = node("a", open);
    TcpNode b = node("b", other);
    a.open();
    b.open();
    a.send(push_frame("x"), b.peer("b"));
    REQUIRE(run_until(io, [&] { return !b.received.empty(); }));
    open.name_binding = TlsOptions::NameBinding::node_id;
    CHECK_THROWS_AS(tls(open), std::invalid_argument);
}

TEST_CASE_METHOD(Fixture, "a connection that ends without the closing alert is reported as truncated") {
    TcpNode b = node("b", b_identity);
    b.open();
    const auto address = parse_tcp_address(b.transport.address());
    asio::ssl::context context(asio::ssl::context::tls_client);
    const std::string chain = a_identity.certificate();
    const std::string key = a_identity.key();
    context.use_certificate_chain(asio::buffer(chain));
    context.use_private_key(asio::buffer(key), asio::ssl::context::pem);
    asio::ssl::stream<asio::ip::tcp::socket> client(io, context);
    client.next_layer().connect({asio::ip::make_address(address->host), address->port});
    tcp::handshake::Hello hello;
    hello.node_id = "a";
    hello.network_id = "test";
    const auto bytes = encode(tcp::handshake::Kind::hello, hello);
    client.async_handshake(asio::ssl::stream_base::client, [&](const std::error_code&) {
        asio::async_write(client, asio::buffer(bytes), [](const std::error_code&, std::size_t) {});
    });
    REQUIRE(run_until(io, [&] { return b.transport.statistics().connections == 1; }));
    client.next_layer().shutdown(asio::ip::tcp::socket::shutdown_send);
    REQUIRE(run_until(io, [&] { return b.transport.statistics().connections == 0; }));
    CHECK(b.heard(TcpEvent::Kind::disconnected, TcpFault::truncated));
}

TEST_CASE_METHOD(Fixture, "plain text on the port of TLS gets nowhere") {
    TcpNode a(io, "a");
    TcpNode b = node("b", b_identity);
    a.open();
    b.open();
    a.send(push_frame("secret"), b.peer("b"));
    REQUIRE(run_until(io, [&] { return !a.failed.empty(); }));
    CHECK(b.heard(TcpEvent::Kind::refused, TcpFault::security));
    CHECK(b.received.empty());
}

TEST_CASE_METHOD(Fixture, "TLS on the port of plain text gets nowhere") {
    TcpNode a = node("a", a_identity);
    TcpNode b(io, "b");
    a.open();
    b.open();
    a.send(push_frame("secret"), b.peer("b"));
    REQUIRE(run_until(io, [&] { return !a.failed.empty(); }));
    CHECK(b.heard(TcpEvent::Kind::refused, TcpFault::not_lattice));
    CHECK(b.received.empty());
}

TEST_CASE_METHOD(Fixture, "keys and certificates that cannot be used are refused at once") {
    TlsOptions wrong = options(a_identity);
    SECTION("another one's key") { wrong.private_key = b_identity.key(); }
    SECTION("no certificate") { wrong.certificate_chain = "nonsense"; }
    SECTION("no key") { wrong.private_key.clear(); }
    SECTION("no authority") { wrong.authorities = "nonsense"; }
    CHECK_THROWS_AS(tls(wrong), std::system_error);
}
