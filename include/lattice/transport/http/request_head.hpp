#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include <lattice/transport/http/options.hpp>

namespace lattice::inline v0::http {

/// The parts of a request's head that decide what happens to it, as views into the bytes that were read.
struct RequestHead {
    std::string_view method;
    std::string_view path;   ///< As it was sent, not decoded, without the query.
    std::string_view query;  ///< Behind the '?'; empty without one.
    std::string_view content_type;
    std::string_view node;    ///< X-Lattice-Node, unchecked.
    std::string_view origin;  ///< A browser's Origin; empty without one.
    std::size_t content_length{0};
    bool has_content_length{false};
    bool expects_continue{false};
    bool wants_close{false};
    bool is_http_1_0{false};
};

/// Why a request is answered without being routed; the connection is closed after it.
enum class HeadRefusal : std::uint16_t {
    bad_request = 400,
    not_found = 404,
    expectation_failed = 417,
    uri_too_long = 414,
    unsupported_encoding = 415,
    headers_too_large = 431,
    version_not_supported = 505,
};

namespace detail {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// Whether `text` is `lower_case` in any case of letters.
constexpr bool same_text(std::string_view text, std::string_view lower_case) noexcept {
    if (text.size() != lower_case.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (lower(text[i]) != lower_case[i]) {
            return false;
        }
    }
    return true;
}

/// RFC 9110, section 5.6.2: the characters of methods and of header names.
constexpr bool is_token(std::string_view text) noexcept {
    for (const char c : text) {
        const bool letter_or_digit = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
        if (!letter_or_digit && std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) {
            return false;
        }
    }
    return !text.empty();
}

constexpr bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

/// Digits and nothing else, as RFC 9110 wants a Content-Length.
inline std::optional<std::size_t> decimal(std::string_view text) noexcept {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
    return whole ? std::optional(value) : std::nullopt;
}

/// Whether the path is odd in a way that only serves to get past a check: encoded separators, encoded or plain NUL, dot
/// segments, doubled slashes.
constexpr bool is_odd_path(std::string_view path) noexcept {
    for (std::size_t i = 0; i < path.size(); ++i) {
        const std::string_view rest = path.substr(i);
        if (rest[0] == '\0' || rest[0] == '\\' || rest.substr(0, 2) == "//") {
            return true;
        }
        if (rest[0] == '%' && rest.size() >= 3) {
            const char code[2] = {lower(rest[1]), lower(rest[2])};
            const std::string_view hex(code, 2);
            if (hex == "2f" || hex == "5c" || hex == "00" || hex == "2e" || hex == "0d" || hex == "0a") {
                return true;
            }
        }
        const bool segment = rest[0] == '/';
        if (segment && (rest == "/." || rest == "/.." || rest.substr(0, 3) == "/./" || rest.substr(0, 4) == "/../")) {
            return true;
        }
    }
    return false;
}

}  // namespace detail

/// Reads and judges the head of one request: everything before the body, its blank line included.
///
/// Strict where httplib is lenient, because lenience is what request smuggling lives on (RFC 9112, section 11.2): lines
/// end in CR LF, no folded lines, no control bytes, no space before a colon, at most one Content-Length of digits only,
/// no Transfer-Encoding and no Content-Encoding at all (httplib would unpack 60 KB into 60 MiB), few and short headers.
/// What passes here may go to httplib's own parser.
class HeadParser {
   public:
    explicit HeadParser(const HttpLimits& limits) noexcept : limits_(limits) {}

    [[nodiscard]] std::variant<RequestHead, HeadRefusal> parse(std::string_view text) noexcept {
        refusal_ = std::nullopt;
        head_ = {};
        parse_request_line(take_line(text));
        if (!refusal_ && text.size() > limits_.headers_max + 2) {
            refuse(HeadRefusal::headers_too_large);
        }
        std::size_t count = 0;
        while (!refusal_) {
            const std::string_view line = take_line(text);
            if (refusal_ || line.empty()) {
                break;
            }
            if (++count > limits_.header_count_max) {
                refuse(HeadRefusal::headers_too_large);
            }
            parse_header(line);
        }
        if (!refusal_ && !text.empty()) {
            refuse(HeadRefusal::bad_request);
        }
        if (refusal_) {
            return *refusal_;
        }
        return head_;
    }

   private:
    void refuse(HeadRefusal refusal) noexcept {
        if (!refusal_) {
            refusal_ = refusal;
        }
    }

    /// The next line without its CR LF.
    std::string_view take_line(std::string_view& text) noexcept {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos || end == 0 || text[end - 1] != '\r') {
            refuse(HeadRefusal::bad_request);
            return {};
        }
        const std::string_view line = text.substr(0, end - 1);
        text.remove_prefix(end + 1);
        return line;
    }

    void parse_request_line(std::string_view line) noexcept {
        if (line.size() > limits_.request_line_max) {
            return refuse(HeadRefusal::uri_too_long);
        }
        const std::size_t first = line.find(' ');
        const std::size_t last = line.rfind(' ');
        if (first == std::string_view::npos || last == first) {
            return refuse(HeadRefusal::bad_request);
        }
        head_.method = line.substr(0, first);
        const std::string_view version = line.substr(last + 1);
        if (version != "HTTP/1.1" && version != "HTTP/1.0") {
            return refuse(version.substr(0, 5) == "HTTP/" ? HeadRefusal::version_not_supported
                                                          : HeadRefusal::bad_request);
        }
        head_.is_http_1_0 = version == "HTTP/1.0";
        if (!detail::is_token(head_.method)) {
            return refuse(HeadRefusal::bad_request);
        }
        parse_target(line.substr(first + 1, last - first - 1));
    }

    void parse_target(std::string_view target) noexcept {
        for (const char c : target) {
            if (c == '\0') {
                return refuse(HeadRefusal::not_found);
            }
            if (c == ' ' || detail::is_control(c)) {
                return refuse(HeadRefusal::bad_request);
            }
        }
        if (target.empty() || (target.front() != '/' && target != "*")) {
            return refuse(HeadRefusal::bad_request);
        }
        const std::size_t mark = target.find('?');
        head_.path = target.substr(0, mark);
        head_.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
        if (detail::is_odd_path(head_.path)) {
            refuse(HeadRefusal::not_found);
        }
    }

    void parse_header(std::string_view line) noexcept {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !detail::is_token(line.substr(0, colon))) {
            return refuse(HeadRefusal::bad_request);
        }
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = detail::trimmed(line.substr(colon + 1));
        for (const char c : value) {
            if (detail::is_control(c) && c != '\t') {
                return refuse(HeadRefusal::bad_request);
            }
        }
        note_header(name, value);
    }

    void note_header(std::string_view name, std::string_view value) noexcept {
        using detail::same_text;
        if (same_text(name, "content-length")) {
            const auto length = detail::decimal(value);
            if (!length || head_.has_content_length) {
                return refuse(HeadRefusal::bad_request);
            }
            head_.content_length = *length;
            head_.has_content_length = true;
        } else if (same_text(name, "transfer-encoding")) {
            refuse(HeadRefusal::bad_request);
        } else if (same_text(name, "content-encoding")) {
            refuse(HeadRefusal::unsupported_encoding);
        } else if (same_text(name, "expect")) {
            if (!same_text(value, "100-continue")) {
                return refuse(HeadRefusal::expectation_failed);
            }
            head_.expects_continue = true;
        } else if (same_text(name, "connection")) {
            head_.wants_close = head_.wants_close || same_text(value, "close");
        } else if (same_text(name, "content-type")) {
            keep_once(head_.content_type, value);
        } else if (same_text(name, "x-lattice-node")) {
            keep_once(head_.node, value);
        } else if (same_text(name, "origin")) {
            keep_once(head_.origin, value.empty() ? std::string_view("null") : value);
        }
    }

    /// A field that decides something may stand once: two of them are a way to be judged by one and treated by the other.
    void keep_once(std::string_view& field, std::string_view value) noexcept {
        if (!field.empty()) {
            return refuse(HeadRefusal::bad_request);
        }
        field = value;
    }

    const HttpLimits& limits_;
    RequestHead head_;
    std::optional<HeadRefusal> refusal_;
};

/// The reason phrase of RFC 9110 for the statuses that this library answers with.
constexpr std::string_view reason_phrase(int status) noexcept {
    switch (status) {
        case 200:
            return "OK";
        case 202:
            return "Accepted";
        case 400:
            return "Bad Request";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Error";
    }
}

}  // namespace lattice::inline v0::http
