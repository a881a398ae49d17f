#pragma once

#include <system_error>

#include <lattice/core/frame.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/transport/tcp/handshake.hpp>
#include <lattice/transport/tcp/options.hpp>

namespace lattice::inline v0::tcp {

class Connection;

/// Whom a connection tells what happens. Called from handlers of the io_context only. Any call may end the connection or
/// the owner's interest in it.
class ConnectionOwner {
   public:
    virtual ~ConnectionOwner() = default;

    /// The peer said hello, welcome or no. The owner answers with `establish` or `refuse`, or ends it.
    virtual void greeted(Connection& connection, const handshake::Greeting& greeting) = 0;
    /// `from` outlives the call whatever happens to the connection.
    virtual void received(const Peer& from, Frame&& frame) = 0;
    /// That message is handed up next, by the same handle.
    virtual void coming(const Message& message) = 0;
    /// Once, and the last call, for a connection that was not closed by the owner.
    virtual void ended(Connection& connection, TcpFault fault, const std::error_code& error) = 0;
};

}  // namespace lattice::inline v0::tcp
