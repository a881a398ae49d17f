// A node of a gossip network: broadcasts what it reads, prints what it is given. See `lattice-node --help`.

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <lattice/node.hpp>

#include "input.hpp"
#include "options.hpp"
#include "output.hpp"

namespace {

using Json = nlohmann::json;

std::string json_string(std::string_view text) {
    return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);  // ASCII only, whatever the text
}

/// The payload as one line of JSON: as it is where it is JSON, else as it stands in messages (see json_embed).
std::string shown(lattice::ByteView payload) {
    std::string text(lattice::as_text(payload));
    lattice::JsonVisitor accept_all;
    if (lattice::scan_json(text, lattice::JsonBounds{}, accept_all)) {
        text.clear();
        lattice::json_embed::append(text, payload);
    }
    for (char& c : text) {
        c = c == '\n' || c == '\r' ? ' ' : c;  // only white space between values can be one
    }
    return text;
}

/// Prints events, one line each.
class Events {
   public:
    void ready(const Settings& settings, const lattice::Node<>& node) {
        std::string line = R"({"event":"ready","id":)" + json_string(node.id());
        if (settings.serves_http) {
            line += R"(,"http":)" + json_string(show(HostPort{settings.node.http.host, node.http_port()}));
        }
        if (!node.tcp_address().empty()) {
            line += R"(,"tcp":)" + json_string(node.tcp_address().substr(std::string_view("tcp://").size()));
        }
        out_.add(line + "}");
    }

    void delivered(const lattice::Message& message) {
        out_.add(R"({"event":"delivered","message_id":")" + to_hex(message.id()) + R"(","message_type":)" +
                 json_string(message.type()) + R"(,"payload":)" + shown(message.payload()) + R"(,"origin_node":)" +
                 json_string(message.origin()) + "}");
    }

    /// `about` is what was read, cut so that a log stays readable.
    void error(std::string_view problem, std::string_view about) {
        constexpr std::size_t shown_max = 64;
        out_.add(R"({"event":"error","message":)" + json_string(problem) + R"(,"input":)" +
                 json_string(about.substr(0, shown_max)) + "}");
    }

   private:
    LineOutput out_{STDOUT_FILENO};
};

/// Finds out whether printing a JSON document anew would lose digits.
class Exactness : public lattice::JsonVisitor {
   public:
    lattice::JsonError value(const lattice::JsonScalar& scalar, std::size_t) {
        const bool is_integer = scalar.digits.find_first_of(".eE") == std::string_view::npos;
        exact_ = exact_ && (scalar.kind != lattice::JsonScalar::Kind::real || !is_integer);
        return {};
    }
    [[nodiscard]] bool exact() const noexcept { return exact_; }

   private:
    bool exact_{true};  ///< No integer of the document has more than 64 bits.
};

/// Takes the first word off a line.
std::string_view take_word(std::string_view& line) {
    const auto skip = [&line](std::size_t count) { line.remove_prefix(count < line.size() ? count : line.size()); };
    constexpr std::string_view blanks = " \t\r";
    skip(line.find_first_not_of(blanks));
    const std::string_view word = line.substr(0, line.find_first_of(blanks));
    skip(word.size());
    skip(line.find_first_not_of(blanks));
    return word;
}

/// Carries out a line of input. What is wrong with it, or nothing.
std::string carry_out(std::string_view line, lattice::Node<>& node) {
    if (take_word(line) != "broadcast") {
        return "the only command is: broadcast TYPE JSON";
    }
    const std::string_view type = take_word(line);
    if (line.empty()) {
        return "after the type comes a payload: broadcast TYPE JSON";
    }
    Exactness exactness;
    if (const auto error = lattice::scan_json(line, lattice::JsonBounds{}, exactness)) {
        return "the payload " + std::string(lattice::describe(error.fault));
    }
    const lattice::Bytes payload(exactness.exact() ? lattice::json_embed::canonical(line) : std::string(line));
    const lattice::PublishOutcome outcome = node.broadcast(type, payload);
    return outcome ? "" : std::string("not broadcast: ") + name_of(outcome.status);
}

/// Puts /dev/null where a daemon was started with standard descriptors closed, so that no socket gets their numbers.
void hold_standard_descriptors() {
    int descriptor = 0;
    do {
        descriptor = ::open("/dev/null", O_RDWR);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    ::close(descriptor);
}

void run(const Settings& settings) {
    const StopSignals signals;
    Events events;
    lattice::NodeOptions options = settings.node;
    if (!settings.serves_http) {
        options.http.serving = lattice::HttpOptions::Serving::off;
    }
    if (settings.tls.given()) {
        options.tcp->security = security_of(settings.tls);
    }
    if (options.tcp) {
        options.tcp->compression = compression_of(settings.compression);
    }
    lattice::Node<> node(options, lattice::FixedPeers(settings.peers));
    node.register_default_handler([&](const lattice::Delivery& delivery) { events.delivered(delivery.message); });
    node.with_protocol([&](auto& protocol) {
        protocol.start();
        events.ready(settings, node);  // here, so that no delivery comes before it
    });
    LineInput input(STDIN_FILENO, 4 * settings.node.config.limits.payload_max + 1'024);
    input.run(signals, [&](std::string_view line, bool is_whole) {
        const std::string problem = is_whole ? carry_out(line, node) : "the line is too long";
        if (!problem.empty()) {
            events.error(problem, line);
        }
    });
    node.stop();
}

}  // namespace

int main(int count, char** arguments) {
    std::signal(SIGPIPE, SIG_IGN);
    hold_standard_descriptors();
    try {
        const Settings settings = parse_command_line({arguments + 1, arguments + count});
        if (settings.help) {
            std::fputs(help_text().c_str(), stdout);
            return 0;
        }
        check(settings);
        run(settings);
        return 0;
    } catch (const UsageError& error) {
        std::fprintf(stderr, "lattice-node: %s\nlattice-node --help lists the options\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lattice-node: %s\n", error.what());
        return 1;
    }
}
