#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <lattice/core/bytes.hpp>

namespace lattice::inline v0 {

/// What two nodes must have in common to understand each other's compressed payloads.
struct CompressionKind {
    std::uint8_t method{0};       ///< 0: none. 1: zstd (RFC 8878).
    std::uint32_t dictionary{0};  ///< Names the dictionary by its content; 0: none.

    [[nodiscard]] explicit operator bool() const noexcept { return method != 0; }
    friend bool operator==(const CompressionKind&, const CompressionKind&) = default;
};

/// Makes payloads smaller for links that agree on it. The model is lattice::zstd of <lattice/codec/zstd.hpp>; a transport
/// takes one in its options and knows no library.
///
/// Ids of messages cover the payload as the host gave it, so nothing but the bytes of a link depends on this.
/// Threads: one at a time; two nodes with threads of their own need two.
class Compression {
   public:
    Compression() = default;
    Compression(const Compression&) = delete;
    Compression& operator=(const Compression&) = delete;
    virtual ~Compression() = default;

    [[nodiscard]] virtual CompressionKind kind() const noexcept = 0;

    /// Writes a smaller form of `from` to the front of `to`; gives its size, or 0 when it does not fit there.
    virtual std::size_t compress(ByteView from, std::span<std::byte> to) noexcept = 0;

    /// Fills `to` with what `from` is a form of; false when that is not exactly `to.size()` bytes, or `from` is no such form.
    /// Bytes that a peer sent: it never writes beyond `to`, and takes no memory whatever they say.
    [[nodiscard]] virtual bool decompress(ByteView from, std::span<std::byte> to) noexcept = 0;
};

}  // namespace lattice::inline v0
