#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lattice/codec/compression.hpp>
#include <lattice/codec/reader.hpp>
#include <lattice/codec/writer.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/limits.hpp>
#include <lattice/transport/tcp/options.hpp>

namespace lattice::inline v0::tcp {

/// The first bytes of a connection, in both directions; frames of the binary codec follow.
///
///      0      1      2      3      4         5      6      7
///     +------+------+------+------+---------+------+------+------+-- - -
///     | 0xb7   'l'    't'    'c'  | version | kind | body length | body
///     +------+------+------+------+---------+------+------+------+-- - -
///
/// The dialler says hello; the other answers welcome or refusal, and frames may follow a welcome at once. The first byte
/// is no ASCII and no TLS record, so that HTTP and TLS clients are told apart by one byte. Lengths have the low byte
/// first. `version` is that of this layout; the versions of what follows are in the body.
///
///     hello, welcome:  oldest version (1) | newest version (1) | nonce (8) | network size (1) network | id size (1) id
///                      | compression method (1) | its dictionary (4); left out: none
///     refusal:         TcpFault (1)
///
/// Receivers skip bytes behind the fields they know: a later version adds fields there.
namespace handshake {

inline constexpr std::uint8_t magic[4] = {0xb7, 'l', 't', 'c'};
inline constexpr std::uint8_t layout_version = 1;
inline constexpr std::size_t head_size = 8;
/// No body is longer: two names and room for later fields.
inline constexpr std::size_t body_max = 1'024;
inline constexpr std::size_t network_id_max = 64;
/// Versions of the frames that this node can speak.
inline constexpr std::uint8_t oldest_version = 1;
inline constexpr std::uint8_t newest_version = 1;

enum class Kind : std::uint8_t { hello = 1, welcome = 2, refusal = 3 };

/// Who a node says it is.
struct Hello {
    std::uint8_t oldest{oldest_version};
    std::uint8_t newest{newest_version};
    std::uint64_t nonce{};  ///< Random per transport: only a node itself knows its own.
    std::string network_id;
    std::string node_id;
    CompressionKind compression;  ///< What it compresses payloads with, and understands.

    friend bool operator==(const Hello&, const Hello&) = default;
};

/// One parsed greeting.
struct Greeting {
    Kind kind{Kind::hello};
    Hello hello;                      ///< Of a hello or welcome.
    TcpFault reason{TcpFault::none};  ///< Of a refusal.
    std::size_t size{};               ///< Bytes that it took.
};

/// What the front of received bytes is.
struct Parsed {
    enum class Status : std::uint8_t { read, incomplete, not_lattice, malformed } status{Status::incomplete};
    Greeting greeting;
};

namespace detail {

inline constexpr std::size_t compression_size = 5;

inline std::vector<std::byte> with_head(Kind kind, std::size_t body_size) {
    std::vector<std::byte> bytes(head_size + body_size);
    std::memcpy(bytes.data(), magic, sizeof magic);
    bytes[4] = std::byte{layout_version};
    bytes[5] = static_cast<std::byte>(kind);
    bytes[6] = static_cast<std::byte>(body_size & 0xffU);
    bytes[7] = static_cast<std::byte>(body_size >> 8U);
    return bytes;
}

inline std::optional<Hello> read_hello(ByteView body) {
    Reader reader(body);
    Hello hello;
    hello.oldest = reader.byte();
    hello.newest = reader.byte();
    hello.nonce = reader.fixed64();
    hello.network_id = reader.text(reader.byte());
    hello.node_id = reader.text(reader.byte());
    if (reader.ok() && reader.left() >= compression_size) {
        hello.compression.method = reader.byte();
        for (unsigned shift = 0; shift < 32; shift += 8) {
            hello.compression.dictionary |= std::uint32_t{reader.byte()} << shift;
        }
    }
    if (!reader.ok() || hello.oldest > hello.newest || hello.network_id.size() > network_id_max ||
        !is_identifier(hello.node_id, ceiling::node_id)) {
        return std::nullopt;
    }
    return hello;
}

}  // namespace detail

/// The bytes of a hello or welcome. The names must be within their bounds.
inline std::vector<std::byte> encode(Kind kind, const Hello& hello) {
    const bool compresses = hello.compression != CompressionKind{};
    std::vector<std::byte> bytes = detail::with_head(
        kind, 12 + hello.network_id.size() + hello.node_id.size() + (compresses ? detail::compression_size : 0));
    Writer writer(bytes.data() + head_size);
    writer.byte(hello.oldest);
    writer.byte(hello.newest);
    writer.fixed64(hello.nonce);
    writer.byte(hello.network_id.size());
    writer.text(hello.network_id);
    writer.byte(hello.node_id.size());
    writer.text(hello.node_id);
    if (compresses) {
        writer.byte(hello.compression.method);
        for (unsigned shift = 0; shift < 32; shift += 8) {
            writer.byte((hello.compression.dictionary >> shift) & 0xffU);
        }
    }
    return bytes;
}

inline std::vector<std::byte> encode_refusal(TcpFault reason) {
    std::vector<std::byte> bytes = detail::with_head(Kind::refusal, 1);
    bytes[head_size] = static_cast<std::byte>(reason);
    return bytes;
}

/// Reads the greeting at the front of `bytes`. What cannot become one is told from the first wrong byte on.
inline Parsed parse(ByteView bytes) {
    using Status = Parsed::Status;
    for (std::size_t i = 0; i < sizeof magic && i < bytes.size(); ++i) {
        if (std::to_integer<std::uint8_t>(bytes[i]) != magic[i]) {
            return {Status::not_lattice, {}};
        }
    }
    if (bytes.size() < head_size) {
        return {};
    }
    const std::size_t body_size =
        std::to_integer<std::size_t>(bytes[6]) | (std::to_integer<std::size_t>(bytes[7]) << 8U);
    if (std::to_integer<std::uint8_t>(bytes[4]) != layout_version || body_size > body_max) {
        return {Status::malformed, {}};
    }
    if (bytes.size() < head_size + body_size) {
        return {};
    }
    Greeting greeting;
    greeting.kind = static_cast<Kind>(bytes[5]);
    greeting.size = head_size + body_size;
    const ByteView body = bytes.subspan(head_size, body_size);
    switch (greeting.kind) {
        case Kind::hello:
        case Kind::welcome:
            if (auto hello = detail::read_hello(body)) {
                greeting.hello = *std::move(hello);
                return {Status::read, std::move(greeting)};
            }
            break;
        case Kind::refusal:
            if (!body.empty()) {
                greeting.reason = static_cast<TcpFault>(body[0]);
                return {Status::read, std::move(greeting)};
            }
            break;
    }
    return {Status::malformed, {}};
}

/// The newest version that both speak, or nothing.
constexpr std::optional<std::uint8_t> common_version(const Hello& a, const Hello& b) noexcept {
    const std::uint8_t newest = a.newest < b.newest ? a.newest : b.newest;
    const std::uint8_t oldest = a.oldest > b.oldest ? a.oldest : b.oldest;
    return newest >= oldest ? std::optional(newest) : std::nullopt;
}

/// What `self` has against `other`, whichever of them dialled; `none` when they may talk.
inline TcpFault objection(const Hello& self, const Hello& other) noexcept {
    if (!common_version(self, other)) {
        return TcpFault::version;
    }
    if (self.network_id != other.network_id) {
        return TcpFault::wrong_network;
    }
    if (self.nonce == other.nonce) {
        return TcpFault::self;
    }
    return self.node_id == other.node_id ? TcpFault::id_taken : TcpFault::none;
}

}  // namespace handshake

}  // namespace lattice::inline v0::tcp
