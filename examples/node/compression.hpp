#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <lattice/codec/compression.hpp>
#include <lattice/core/bytes.hpp>

#include "tls_options.hpp"

/// What the command line says about compression.
struct CompressionSettings {
    enum class Method : unsigned char { none, zstd } method{Method::none};
    std::string dictionary;  ///< Name of a file; empty: none.
};

/// Makes zstd's compression from the content of a dictionary. Null in a program that was built without zstd; zstd.cpp, which
/// is then left out, sets it.
inline std::shared_ptr<lattice::Compression> (*make_zstd)(lattice::Bytes dictionary) = nullptr;

/// Compression as the settings say, or null. Throws std::runtime_error for a file that cannot be read.
inline std::shared_ptr<lattice::Compression> compression_of(const CompressionSettings& settings) {
    if (settings.method == CompressionSettings::Method::none) {
        return nullptr;
    }
    const std::string dictionary = settings.dictionary.empty() ? "" : read_file(settings.dictionary);
    return make_zstd(lattice::Bytes(std::string_view(dictionary)));
}
