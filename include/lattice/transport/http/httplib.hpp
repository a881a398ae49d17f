#pragma once

/// The one header that includes cpp-httplib. What differs between its releases, 0.11.4 (Debian 12) to 0.53, is settled
/// here and in the classes derived from its own; nothing else of the library needs to know the release.

#include <functional>
#include <string>
#include <utility>

#include <httplib.h>

namespace lattice::inline v0::http {

/// Where a connection comes from, as text without brackets.
struct RemoteAddress {
    std::string ip;
    int port{};
};

/// Opens httplib::Server's protected step "read one request, route it, write the answer" under one signature: since 0.18
/// it takes the addresses as arguments, before it asked the stream.
class RoutingServer : public httplib::Server {
   protected:
    template <typename Base = RoutingServer>
    bool route_one(httplib::Stream& stream, const RemoteAddress& remote, bool close_connection, bool& connection_closed,
                   const std::function<void(httplib::Request&)>& setup) {
        if constexpr (requires(Base & server) {
                          server.process_request(stream, close_connection, connection_closed, setup);
                      }) {
            return static_cast<Base&>(*this).process_request(stream, close_connection, connection_closed, setup);
        } else {
            return static_cast<Base&>(*this).process_request(stream, remote.ip, remote.port, std::string(), 0,
                                                             close_connection, connection_closed, setup);
        }
    }
};

}  // namespace lattice::inline v0::http
