#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace lattice::inline v0::http {

/// Where a peer's HTTP server is.
struct BaseUrl {
    std::string host;  ///< A name or an address literal; IPv6 without brackets.
    std::uint16_t port{80};
};

/// Reads a base URL as the reference gives them: `http://host:port`, optionally with a final slash. Without a port it is
/// 80. Nothing else is one: no other scheme, user, path, query, and no character that could end a header line.
inline std::optional<BaseUrl> parse_base_url(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (text.substr(0, scheme.size()) != scheme) {
        return std::nullopt;
    }
    text.remove_prefix(scheme.size());
    if (!text.empty() && text.back() == '/') {
        text.remove_suffix(1);
    }
    BaseUrl url;
    std::string_view host = text;
    std::optional<std::string_view> port;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        host = text.substr(1, end - 1);
        const std::string_view rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') {
            return std::nullopt;
        }
        port = rest.empty() ? std::nullopt : std::optional(rest.substr(1));
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    const bool literal = !text.empty() && text.front() == '[';
    for (const char c : host) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                           c == '-' || c == '_' || (literal && c == ':');
        if (!plain) {
            return std::nullopt;
        }
    }
    if (host.empty() || host.size() > 253) {  // the longest name that DNS has
        return std::nullopt;
    }
    url.host = host;
    if (port) {
        const auto [end, error] = std::from_chars(port->data(), port->data() + port->size(), url.port);
        if (error != std::errc{} || end != port->data() + port->size() || url.port == 0) {
            return std::nullopt;
        }
    }
    return url;
}

}  // namespace lattice::inline v0::http
