#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/node.hpp>

#include "compression.hpp"
#include "tls_options.hpp"
#include "values.hpp"

/// What the command line asks for.
struct Settings {
    lattice::NodeOptions node;
    std::vector<lattice::Peer> peers;
    TlsFiles tls;
    CompressionSettings compression;
    bool serves_http{false};
    bool help{false};
};

/// A command line that cannot be carried out; the text is for people.
class UsageError : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

/// One option of the command line.
struct Option {
    std::string_view name;   ///< Without the two dashes.
    std::string_view value;  ///< What its value is called in the help; empty: it has none.
    std::string_view help;
    std::string (*apply)(Settings&, std::string_view value);  ///< Gives what is wrong with the value, or nothing.
    std::string (*preset)(const Settings&);                   ///< The value without the option; null: there is none.
};

namespace option {

template <typename T>
T& member(Settings& settings, T lattice::Config::*field) {
    return settings.node.config.*field;
}
template <typename T>
T& member(Settings& settings, T lattice::Limits::*field) {
    return settings.node.config.limits.*field;
}

inline lattice::TcpOptions& tcp_of(Settings& settings) {
    return settings.node.tcp ? *settings.node.tcp : settings.node.tcp.emplace();
}

template <typename T>
T& member(Settings& settings, T lattice::HttpLimits::*field) {
    return settings.node.http.limits.*field;
}
template <typename T>
T& member(Settings& settings, T lattice::TcpOptions::*field) {
    return tcp_of(settings).*field;
}

/// An option that sets a field.
template <auto Field>
Option setting(std::string_view name, std::string_view help) {
    Settings settings;
    return {name, kind_of(member(settings, Field)), help,
            [](Settings& to, std::string_view value) { return parse(value, member(to, Field)); },
            [](const Settings& of) {
                Settings copy = of;
                return show(member(copy, Field));
            }};
}

inline std::string set_id(Settings& settings, std::string_view value) {
    settings.node.id = value;
    return lattice::is_identifier(value, lattice::ceiling::node_id)
               ? ""
               : "is not 1 to 128 printable ASCII characters without spaces";
}

inline std::string set_http(Settings& settings, std::string_view value) {
    HostPort address;
    std::string problem = parse(value, address);
    settings.node.http.host = address.host;
    settings.node.http.port = address.port;
    settings.serves_http = true;
    return problem;
}

inline std::string set_tcp(Settings& settings, std::string_view value) {
    HostPort address;
    std::string problem = parse(value, address);
    tcp_of(settings).listen = value;
    return problem;
}

inline std::string add_peer(Settings& settings, std::string_view value) {
    const std::size_t equals = value.find('=');
    const std::string_view id = value.substr(0, equals);
    if (equals == std::string_view::npos || !lattice::is_identifier(id, lattice::ceiling::node_id)) {
        return "is not NAME=URL";
    }
    const std::string_view url = value.substr(equals + 1);
    if (url.starts_with("tcp://") && lattice::parse_tcp_address(url)) {
        tcp_of(settings);
    } else if (!lattice::http::parse_base_url(url)) {
        return "has no address of the form http://HOST:PORT or tcp://HOST:PORT";
    }
    const lattice::Peer peer{std::string(id), std::string(url)};
    for (const lattice::Peer& other : settings.peers) {
        if (other == peer) {
            return "names a peer for the second time";
        }
    }
    settings.peers.push_back(peer);
    return {};
}

inline std::string set_network(Settings& settings, std::string_view value) {
    tcp_of(settings).network_id = value;
    return value.size() <= 64 ? "" : "is longer than 64 bytes";
}

template <std::string TlsFiles::*File>
std::string set_tls_file(Settings& settings, std::string_view value) {
    tcp_of(settings);
    settings.tls.*File = value;
    return value.empty() ? "names no file" : "";
}

inline std::string set_tls_names(Settings& settings, std::string_view value) {
    using lattice::TlsOptions;
    settings.tls.names = value == "any" ? TlsOptions::NameBinding::none : TlsOptions::NameBinding::node_id;
    return value == "any" || value == "node-id" ? "" : "is neither node-id nor any";
}

inline std::string set_compression(Settings& settings, std::string_view value) {
    using Method = CompressionSettings::Method;
    tcp_of(settings);
    settings.compression.method = value == "zstd" ? Method::zstd : Method::none;
    if (value == "zstd" && make_zstd == nullptr) {
        return "is not part of this program: it was built without zstd";
    }
    return value == "zstd" || value == "none" ? "" : "is neither zstd nor none";
}

inline std::string set_dictionary(Settings& settings, std::string_view value) {
    settings.compression.dictionary = value;
    return value.empty() ? "names no file" : "";
}

inline std::string allow_origin(Settings& settings, std::string_view value) {
    settings.node.http.allowed_origins.emplace_back(value);
    return {};
}

inline std::string ask_for_help(Settings& settings, std::string_view) {
    settings.help = true;
    return {};
}

}  // namespace option

namespace option {

inline std::vector<Option> of_program() {
    return {
        {"id", "NAME", "this node's name, unique in the network", set_id, nullptr},
        {"http", "HOST:PORT", "where to serve HTTP; port 0 takes a free one", set_http, nullptr},
        {"tcp", "HOST:PORT", "where to serve TCP, to nodes of this library", set_tcp, nullptr},
        {"peer", "NAME=URL", "a peer at http://HOST:PORT or tcp://HOST:PORT; may be repeated", add_peer, nullptr},
        {"allow-origin", "ORIGIN", "a web page's origin that may call this node; may be repeated", allow_origin,
         nullptr},
        {"network", "NAME", "nodes of another network are refused; over TCP only", set_network, nullptr},
        {"tls-certificate", "FILE", "this node's certificate and those above it, PEM; TCP is then TLS 1.3",
         set_tls_file<&TlsFiles::certificate>, nullptr},
        {"tls-key", "FILE", "the key of the certificate, PEM", set_tls_file<&TlsFiles::key>, nullptr},
        {"tls-authorities", "FILE", "whose signature under a peer's certificate counts, PEM",
         set_tls_file<&TlsFiles::authorities>, nullptr},
        {"tls-names", "node-id|any", "whether a peer's certificate must name its node id [node-id]", set_tls_names,
         nullptr},
        {"compression", "zstd|none", "of payloads, to TCP peers that have the same [none]", set_compression, nullptr},
        {"compression-dictionary", "FILE", "what payloads have in common, the same at all nodes", set_dictionary,
         nullptr},
        {"help", "", "print this", ask_for_help, nullptr},
    };
}

inline std::vector<Option> of_protocol() {
    using lattice::Config;
    return {
        setting<&Config::fanout>("fanout", "peers that a rumor is pushed to at each hop"),
        setting<&Config::gossip_interval>("gossip-interval", "time between rounds of announcements"),
        setting<&Config::message_ttl>("message-ttl", "hops that a message is pushed at most"),
        setting<&Config::message_cache_size>("message-cache-size", "messages kept to be served"),
        setting<&Config::anti_entropy_interval>("anti-entropy-interval", "time between comparisons with a peer"),
        setting<&Config::enable_push>("enable-push", "forward new messages at once"),
        setting<&Config::enable_pull>("enable-pull", "announce messages, fetch announced ones"),
        setting<&Config::enable_anti_entropy>("enable-anti-entropy", "compare all messages with a peer now and then"),
        setting<&Config::dissemination>("dissemination", "how messages spread: automatic, tree or rumor"),
        setting<&Config::tree_degree>("tree-degree", "children of a node in a tree"),
        setting<&Config::delivery_probability>("delivery-probability", "deliveries to achieve without anti-entropy"),
        setting<&Config::announce_rounds>("announce-rounds", "rounds in which a message is announced"),
        setting<&Config::peer_refresh_interval>("peer-refresh-interval", "how often a source of peers is asked again"),
        setting<&Config::foreign_ids>("foreign-ids", "messages with ids of other software: accept or refuse"),
    };
}

inline std::vector<Option> of_limits() {
    using lattice::Limits;
    return {
        setting<&Limits::payload_max>("payload-max", "largest payload, bytes"),
        setting<&Limits::announce_ids_max>("announce-ids-max", "ids in one announcement"),
        setting<&Limits::announces_per_interval>("announces-per-interval", "announcements heeded per peer and round"),
        setting<&Limits::announced_ids_per_interval>("announced-ids-per-interval", "ids heeded per peer and round"),
        setting<&Limits::tracked_ids_per_peer>("tracked-ids-per-peer", "announced ids tracked per peer"),
        setting<&Limits::fetch_ids_max>("fetch-ids-max", "ids in one request"),
        setting<&Limits::fetches_in_flight_per_peer>("fetches-in-flight-per-peer", "unanswered requests per peer"),
        setting<&Limits::fetch_timeout>("fetch-timeout", "patience with a request"),
        setting<&Limits::fetch_timeout_max>("fetch-timeout-max", "where the doubling of that ends"),
        setting<&Limits::answers_per_peer_and_id>("answers-per-peer-and-id", "how often a peer gets one message"),
        setting<&Limits::acknowledge_timeout>("acknowledge-timeout", "patience with an acknowledgement, at first"),
        setting<&Limits::unacknowledged_max>("unacknowledged-max", "pushed copies waiting to be acknowledged"),
        setting<&Limits::receipts_max>("receipts-max", "messages counted for receipts at once; 0: none"),
        setting<&Limits::receipt_time>("receipt-time", "how long a message is counted; the same at all nodes"),
        setting<&Limits::receipt_reach_max>("receipt-reach-max", "nodes that a neighbour is believed to have reached"),
        setting<&Limits::suspicion>("suspicion", "time for which a silent peer is left out of trees"),
        setting<&Limits::validations_max>("validations-max", "messages waiting for a verdict"),
        setting<&Limits::validations_per_peer>("validations-per-peer", "of these, from one peer"),
        setting<&Limits::messages_per_second>("messages-per-second", "messages taken from a peer; 0: any number"),
        setting<&Limits::bytes_per_second>("bytes-per-second", "bytes taken from a peer; 0: any number"),
        setting<&Limits::push_age_max>("push-age-max", "age of a pushed message"),
        setting<&Limits::clock_lead_max>("clock-lead-max", "how far a peer's clock may be ahead"),
        setting<&Limits::horizon>("horizon", "age of a fetched message"),
        setting<&Limits::seen_ids_max>("seen-ids-max", "ids remembered"),
        setting<&Limits::cache_bytes_max>("cache-bytes-max", "bytes of messages kept to be served"),
        setting<&Limits::peer_states_max>("peer-states-max", "peers of which any state is kept"),
        setting<&Limits::sync_ids_max>("sync-ids-max", "ids in one answer of a comparison"),
        setting<&Limits::syncs_per_second>("syncs-per-second", "comparisons served per peer and second"),
        setting<&Limits::reconciles_per_second>("reconciles-per-second", "reconciliations served per peer and second"),
        setting<&Limits::sync_timeout>("sync-timeout", "patience with a comparison"),
        setting<&Limits::posted_max>("posted-max", "broadcasts on their way from other threads"),
        setting<&Limits::posted_bytes_max>("posted-bytes-max", "bytes of their payloads"),
    };
}

inline std::vector<Option> of_connections() {
    using lattice::HttpLimits;
    using lattice::TcpOptions;
    return {
        setting<&HttpLimits::connections_max>("http-connections-max", "HTTP connections at once"),
        setting<&HttpLimits::connections_per_address>("http-connections-per-address", "of these, from one address"),
        setting<&HttpLimits::connections_from_loopback>("http-connections-from-loopback", "the same for this machine"),
        setting<&TcpOptions::connections_max>("tcp-connections-max", "TCP connections at once"),
        setting<&TcpOptions::connections_per_address>("tcp-connections-per-address", "of these, with one address"),
        setting<&TcpOptions::compressed_from>("compressed-from", "smallest payload that is compressed, bytes"),
    };
}

}  // namespace option

/// All options, in the order of the help. Every field of Config and Limits is one, under its own name.
inline const std::vector<Option>& options() {
    static const std::vector<Option> table = [] {
        std::vector<Option> all = option::of_program();
        for (const auto& part : {option::of_protocol(), option::of_limits(), option::of_connections()}) {
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }();
    return table;
}

inline const Option* find_option(std::string_view name) {
    for (const Option& option : options()) {
        if (option.name == name) {
            return &option;
        }
    }
    return nullptr;
}

/// The option that sets a field, named as ConfigError names it: `limits.payload_max` is `--payload-max`.
inline std::string option_of_field(std::string_view field) {
    constexpr std::string_view limits = "limits.";
    std::string name(field.starts_with(limits) ? field.substr(limits.size()) : field);
    for (char& c : name) {
        c = c == '_' ? '-' : c;
    }
    return name == "node-id" ? "--id" : "--" + name;
}

/// Reads the command line; `--name value` and `--name=value` are the same. Throws UsageError.
inline Settings parse_command_line(const std::vector<std::string_view>& arguments) {
    Settings settings;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view name = arguments[i];
        if (!name.starts_with("--")) {
            throw UsageError("'" + std::string(name) + "' is not an option");
        }
        std::optional<std::string_view> value;
        if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
            value = name.substr(equals + 1);
            name = name.substr(0, equals);
        }
        const Option* option = find_option(name.substr(2));
        if (option == nullptr) {
            throw UsageError(std::string(name) + " is not an option");
        }
        if (option->value.empty() == value.has_value()) {
            if (value) {
                throw UsageError(std::string(name) + " takes no value");
            }
            if (++i == arguments.size()) {
                throw UsageError(std::string(name) + " needs a value, " + std::string(option->value));
            }
            value = arguments[i];
        }
        const std::string problem = option->apply(settings, value.value_or(std::string_view{}));
        if (!problem.empty()) {
            throw UsageError(std::string(name) + ": '" + std::string(*value) + "' " + problem);
        }
    }
    return settings;
}

/// Checks what the options say together. Throws UsageError.
inline void check(const Settings& settings) {
    if (settings.node.id.empty()) {
        throw UsageError("--id NAME is needed");
    }
    if (!settings.serves_http && (!settings.node.tcp || settings.node.tcp->listen.empty())) {
        throw UsageError("--http HOST:PORT or --tcp HOST:PORT is needed");
    }
    if (settings.tls.given() && !settings.tls.complete()) {
        throw UsageError("--tls-certificate, --tls-key and --tls-authorities are needed together");
    }
    if (!settings.compression.dictionary.empty() && settings.compression.method == CompressionSettings::Method::none) {
        throw UsageError("--compression-dictionary needs --compression zstd");
    }
    lattice::Config config = settings.node.config;
    config.node_id = settings.node.id;
    if (const auto error = lattice::validate(config)) {
        const std::string text = error->what();
        throw UsageError(option_of_field(error->field()) + text.substr(error->field().size()));
    }
}

inline std::string help_text() {
    std::string text =
        "usage: lattice-node --id NAME --http HOST:PORT [--peer NAME=URL]... [OPTION]...\n\n"
        "A node of a gossip network. Each line `broadcast TYPE JSON` on standard input is a message to all nodes; "
        "standard\n"
        "output has a JSON object per line, whose `event` is ready, delivered or error. SIGINT and SIGTERM stop it.\n"
        "A DURATION is 500ms, 30s, 10m, 24h, or a number of seconds.\n\n";
    const Settings presets;
    for (const Option& option : options()) {
        std::string line = "  --" + std::string(option.name) + " " + std::string(option.value);
        line.resize(line.size() < 40 ? 40 : line.size() + 1, ' ');
        line += option.help;
        if (option.preset != nullptr) {
            line += " [" + option.preset(presets) + "]";
        }
        text += line + "\n";
    }
    return text;
}
