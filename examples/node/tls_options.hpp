#pragma once

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <lattice/transport/tls.hpp>

/// What the command line says about TLS; the texts are names of PEM files.
struct TlsFiles {
    std::string certificate;
    std::string key;
    std::string authorities;
    lattice::TlsOptions::NameBinding names{lattice::TlsOptions::NameBinding::node_id};

    [[nodiscard]] bool given() const noexcept { return !certificate.empty() || !key.empty() || !authorities.empty(); }
    [[nodiscard]] bool complete() const noexcept {
        return !certificate.empty() && !key.empty() && !authorities.empty();
    }
};

/// Throws std::runtime_error for a file that cannot be read.
inline std::string read_file(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file || text.empty()) {
        throw std::runtime_error("cannot read " + name);
    }
    return text;
}

/// TLS as the files say. Throws std::runtime_error for files that cannot be read or do not fit together.
inline std::shared_ptr<lattice::StreamFactory> security_of(const TlsFiles& files) {
    lattice::TlsOptions options;
    options.certificate_chain = read_file(files.certificate);
    options.private_key = read_file(files.key);
    options.authorities = read_file(files.authorities);
    options.name_binding = files.names;
    return lattice::tls(options);
}
