/// The HTTP transport as a model of the concept; its parts have tests of their own in transport/http/.

#include <string>

#include <lattice/transport/http.hpp>

#include "conformance/catch.hpp"
#include "conformance/transport_conformance.hpp"
#include "support/asio_fixtures.hpp"

using namespace lattice;

namespace {

HttpOptions options_named(const char* id) {
    HttpOptions options;
    options.node_id = id;
    return options;
}

/// Two transports on an io_context that the test's thread runs.
struct HttpFixture : lattice::testing::AsioHost {
    /// The transport's threads post from outside: waiting for them is work.
    asio::executor_work_guard<asio::io_context::executor_type> waiting{io.get_executor()};
    HttpTransport a{clock(), options_named("first")};
    HttpTransport b{clock(), options_named("second")};

    HttpTransport& first() { return a; }
    HttpTransport& second() { return b; }
    Peer first_peer() { return Peer{"first", a.address()}; }
    Peer second_peer() { return Peer{"second", b.address()}; }
    Peer nobody() {
        http::Fd unused = http::listen_at("127.0.0.1", 0);
        return Peer{"nobody", "http://127.0.0.1:" + std::to_string(http::port_of(unused.get()))};
    }

    static constexpr std::size_t busy_within = 10'000;
};

}  // namespace

TEST_CASE("the HTTP transport keeps the rules of transports") {
    conformance::check(conformance::transport_rules<HttpFixture>());
}
