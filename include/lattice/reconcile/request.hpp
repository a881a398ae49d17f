#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/reconcile/bloom_filter.hpp>
#include <lattice/reconcile/byte_io.hpp>
#include <lattice/reconcile/difference_estimator.hpp>
#include <lattice/reconcile/short_id.hpp>

namespace lattice::inline v0::reconcile {

/// How a difference is found. d: differences, n: messages held by each side; bytes both ways.
enum class Strategy : std::uint8_t {
    /// The responder picks by estimated difference and sizes; what is below, in this order as d grows.
    automatic = 0,
    /// A PinSketch, in parts (see SplitSketch): 8.0 to 10.6 bytes per difference of the capacity chosen, for up to some
    /// 300 differences. CPU 2 us for one difference, 20 for 10, 200 for 100.
    sketch = 1,
    /// Coded symbols (see SymbolIndices): 9.4 bytes per difference at 10,000, 12 at 100; 0.4 us per difference.
    symbols = 2,
    /// Bloom filters of both sets and the ids outside: 2.4 bytes per message held and 6 per missing one. Leaves the
    /// false positives, 1 % of the differences, to a next session. For sets of similar size it is the cheapest way when
    /// they share a quarter to two thirds of their messages.
    bloom = 3,
    /// All short ids, ascending and compressed, in pages: 6.1 bytes per message held by the responder at n = 100,000.
    /// Always works, needs no arithmetic; the cheapest when little is shared, and for a node that starts from nothing.
    ids = 4,
};

/// What an initiator sends. A decoded request has been checked against every bound that does not depend on the
/// responder.
///
/// ```
/// 0      version (high 4 bits, 1) | 8: a byte of flags follows | strategy (low 3 bits)
///        [flags: 1: a salt follows, 2: a window follows; others are ignored]
///        2 bytes: the salt's tag
///        [16 bytes: the salt]  [varint: the window]
///        varint: messages held    8 bytes: their digest
/// automatic:        estimator
/// sketch, symbols:  varint: sums or symbols asked for (0: choose)   estimator
/// bloom:            varint: words   1 byte: hashes   8 bytes: salt   the words, 8 bytes each   8 bytes: from
/// ids:              varint: how many at the most (0: what fits)   8 bytes: the least id asked for
/// estimator:        1 byte: levels (low 4 bits), log2 of bits per level (high 4 bits); the bits; a byte 0: none
/// ```
/// Numbers are little-endian. What follows after the last field is skipped, so that later versions may add fields.
struct Request {
    Strategy strategy{Strategy::automatic};
    std::uint16_t salt_tag{0};
    /// The salt itself, when the session is to use one that the responder does not have: it then answers from a summary
    /// made for this session.
    std::optional<Salt> salt;
    /// The window whose messages are meant (see Windows); none: all.
    std::optional<std::uint64_t> window;
    std::uint64_t size{0};
    std::uint64_t digest{0};
    std::uint64_t asked{0};  ///< The size wished for: sums, symbols or ids; 0 leaves it to the responder.
    std::optional<EstimatorShape> estimator_shape;
    std::vector<std::byte> estimator;   ///< estimator_shape->bytes() of them.
    std::optional<BloomFilter> filter;  ///< There if, and only if, the strategy is bloom.
    std::uint64_t from{0};

    [[nodiscard]] bool has_asked() const noexcept {
        return strategy == Strategy::sketch || strategy == Strategy::symbols || strategy == Strategy::ids;
    }
};

namespace detail {

inline constexpr std::uint8_t wire_version = 1;
inline constexpr std::uint8_t flags_follow = 8;
inline constexpr std::uint8_t salt_follows = 1;
inline constexpr std::uint8_t window_follows = 2;

inline void write_filter(const BloomFilter& filter, ByteWriter& writer) {
    writer.varint(filter.shape().words);
    writer.u8(filter.shape().hashes);
    writer.u64(filter.salt().low);
    for (const std::uint64_t word : filter.words()) {
        writer.u64(word);
    }
}

/// A filter whose words are all there; nothing is allocated before that is known.
inline std::optional<BloomFilter> read_filter(ByteReader& reader) {
    const std::uint64_t words = reader.varint();
    BloomShape shape{0, reader.u8()};
    const std::uint64_t salt = reader.u64();
    if (words <= BloomShape::words_max) {
        shape.words = static_cast<std::uint32_t>(words);
    }
    if (!shape.valid() || reader.remaining() / 8 < words) {
        reader.fail();
        return std::nullopt;
    }
    std::vector<std::uint64_t> content(shape.words);
    for (std::uint64_t& word : content) {
        word = reader.u64();
    }
    return BloomFilter(shape, Salt{salt, 0}, std::move(content));
}

inline void write_estimator(EstimatorShape shape, ByteView bits, ByteWriter& writer) {
    writer.u8(static_cast<std::uint64_t>(shape.log2_bits) << 4U | shape.levels);
    for (const std::byte byte : bits) {
        writer.u8(std::to_integer<std::uint64_t>(byte));
    }
}

/// The shape, none for a byte 0; the bits are left in `bits`.
inline std::optional<EstimatorShape> read_estimator(ByteReader& reader, std::vector<std::byte>& bits) {
    const std::uint8_t packed = reader.u8();
    if (packed == 0) {
        return std::nullopt;
    }
    const EstimatorShape shape{static_cast<std::uint8_t>(packed & 15U), static_cast<std::uint8_t>(packed >> 4U)};
    if (!shape.valid()) {
        reader.fail();
        return std::nullopt;
    }
    const ByteView taken = reader.take(shape.bytes());
    bits.assign(taken.begin(), taken.end());
    return shape;
}

}  // namespace detail

/// Appends the request's bytes.
inline void encode(const Request& request, std::vector<std::byte>& bytes) {
    ByteWriter writer(bytes);
    const unsigned flags = (request.salt ? detail::salt_follows : 0U) | (request.window ? detail::window_follows : 0U);
    writer.u8(static_cast<unsigned>(detail::wire_version) << 4U | (flags != 0 ? detail::flags_follow : 0U) |
              static_cast<unsigned>(request.strategy));
    if (flags != 0) {
        writer.u8(flags);
    }
    writer.u16(request.salt_tag);
    if (request.salt) {
        writer.u64(request.salt->low);
        writer.u64(request.salt->high);
    }
    if (request.window) {
        writer.varint(*request.window);
    }
    writer.varint(request.size);
    writer.u64(request.digest);
    if (request.has_asked()) {
        writer.varint(request.asked);
    }
    if (request.strategy == Strategy::bloom) {
        detail::write_filter(*request.filter, writer);
    }
    if (request.strategy == Strategy::bloom || request.strategy == Strategy::ids) {
        writer.u64(request.from);
    } else if (request.estimator_shape) {
        detail::write_estimator(*request.estimator_shape, request.estimator, writer);
    } else {
        writer.u8(0);
    }
}

/// The request in a peer's bytes; nothing when they are malformed or of another version.
inline std::optional<Request> decode_request(ByteView bytes) {
    ByteReader reader(bytes);
    Request request;
    const std::uint8_t mark = reader.u8();
    const auto strategy = static_cast<std::uint8_t>(mark & 7U);
    if (mark >> 4U != detail::wire_version || strategy > static_cast<std::uint8_t>(Strategy::ids)) {
        return std::nullopt;
    }
    const std::uint8_t flags = (mark & detail::flags_follow) != 0 ? reader.u8() : std::uint8_t{0};
    request.strategy = static_cast<Strategy>(strategy);
    request.salt_tag = reader.u16();
    if ((flags & detail::salt_follows) != 0) {
        request.salt.emplace();
        request.salt->low = reader.u64();
        request.salt->high = reader.u64();
    }
    if ((flags & detail::window_follows) != 0) {
        request.window = reader.varint();
    }
    request.size = reader.varint();
    request.digest = reader.u64();
    if (request.has_asked()) {
        request.asked = reader.varint();
    }
    if (request.strategy == Strategy::bloom) {
        request.filter = detail::read_filter(reader);
    }
    if (request.strategy == Strategy::bloom || request.strategy == Strategy::ids) {
        request.from = reader.u64();
    } else {
        request.estimator_shape = detail::read_estimator(reader, request.estimator);
    }
    return reader.ok() ? std::optional(std::move(request)) : std::nullopt;
}

}  // namespace lattice::inline v0::reconcile
