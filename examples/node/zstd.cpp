// The part of lattice-node that needs zstd.

#include <utility>

#include <lattice/codec/zstd.hpp>

#include "compression.hpp"

namespace {

[[maybe_unused]] const bool is_there = [] {
    make_zstd = [](lattice::Bytes dictionary) -> std::shared_ptr<lattice::Compression> {
        return lattice::zstd({.dictionary = std::move(dictionary)});
    };
    return true;
}();

}  // namespace
