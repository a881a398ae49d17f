#include <string>

#include <asio/ip/tcp.hpp>

#include <lattice/transport/tcp.hpp>
#include <lattice/transport/tls.hpp>

#include "conformance/catch.hpp"
#include "conformance/transport_conformance.hpp"
#include "support/asio_fixtures.hpp"
#include "support/catch.hpp"
#include "transport/certificates.hpp"
#include "transport/tcp_support.hpp"

using namespace lattice;

namespace {

/// Two nodes on loopback, on the io_context that the suite drives.
struct TcpFixture : testing::AsioHost {
    static constexpr std::size_t busy_within = 100'000;

    TcpFixture() : TcpFixture(nullptr) {}
    explicit TcpFixture(std::shared_ptr<StreamFactory> security)
        : a(io, options("first", security)), b(io, options("second", security)) {}

    static TcpOptions options(std::string id, std::shared_ptr<StreamFactory> security) {
        TcpOptions options = test::TcpNode::named(std::move(id));
        options.security = std::move(security);
        return options;
    }

    TcpTransport& first() { return a; }
    TcpTransport& second() { return b; }
    Peer first_peer() { return Peer("first", a.address()); }
    Peer second_peer() { return Peer("second", b.address()); }
    /// A port that was free a moment ago.
    Peer nobody() {
        asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
        return Peer("nobody", "tcp://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()));
    }

    TcpTransport a;
    TcpTransport b;
};

struct TlsFixture : TcpFixture {
    TlsFixture() : TcpFixture(security()) {}

    static std::shared_ptr<StreamFactory> security() {
        const test::Identity authority({"authority", "", -3'600, 3'600, true});
        const test::Identity node({"node"}, authority);
        TlsOptions options;
        options.certificate_chain = node.certificate();
        options.private_key = node.key();
        options.authorities = authority.certificate();
        return tls(options);
    }
};

}  // namespace

TEST_CASE("TcpTransport keeps the rules of a Transport", "[transport][conformance]") {
    SECTION("plain") { conformance::check(conformance::transport_rules<TcpFixture>()); }
    SECTION("with TLS") { conformance::check(conformance::transport_rules<TlsFixture>()); }
}
