#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lattice::inline v0 {

/// Where a TCP peer listens: a host name or a numeric address, and a port.
struct TcpAddress {
    std::string host;  ///< As resolvers take it: an IPv6 address stands here without brackets.
    std::uint16_t port{};

    friend bool operator==(const TcpAddress&, const TcpAddress&) = default;
};

/// Reads `tcp://host:port`, `tcp://[v6]:port` or the same without the scheme; nothing behind the port. Port 0 is read
/// too: it means "any free port" to whoever listens and nothing to whoever dials.
inline std::optional<TcpAddress> parse_tcp_address(std::string_view text) {
    constexpr std::string_view scheme = "tcp://";
    if (text.substr(0, scheme.size()) == scheme) {
        text.remove_prefix(scheme.size());
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    // A colon in a host without brackets would leave open where the port begins; names have 253 characters at most.
    if (host.empty() || host.size() > 253 || host.find_first_of("/[]@ ") != std::string_view::npos ||
        (!bracketed && host.find(':') != std::string_view::npos)) {
        return std::nullopt;
    }
    TcpAddress address{std::string(host), 0};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return address;
}

/// The form that `parse_tcp_address` reads, scheme included.
inline std::string to_string(const TcpAddress& address) {
    const bool v6 = address.host.find(':') != std::string::npos;
    return "tcp://" + (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace lattice::inline v0
