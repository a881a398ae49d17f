#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/reconcile/bloom_filter.hpp>
#include <lattice/reconcile/byte_io.hpp>
#include <lattice/reconcile/coded_symbols.hpp>
#include <lattice/reconcile/id_list.hpp>
#include <lattice/reconcile/request.hpp>
#include <lattice/reconcile/split_sketch.hpp>

namespace lattice::inline v0::reconcile {

/// "My set is the same."
struct EqualReply {};

/// "I have another salt": its tag. The initiator may send the salt to use, or try again when both have rolled over.
struct SaltReply {
    std::uint16_t salt_tag{0};
};

/// "I keep no such window."
struct WindowReply {};

/// "I do not have the time": this node answers no session of that kind now.
struct BusyReply {};

/// "I cannot choose a size": the responder's own estimator, in a shape that the initiator's bits were too few for.
struct EstimateReply {
    std::uint64_t size{0};  ///< Messages held.
    EstimatorShape shape;
    std::vector<std::byte> bits;
};

/// "Ask again so": another strategy suits better, which needs something of the initiator's.
struct AdviceReply {
    Strategy strategy{Strategy::bloom};
};

/// A PinSketch in parts.
struct SketchReply {
    std::uint32_t checksum{0};  ///< SetSummary::checksum of the set that the sums are of.
    SketchShape shape;
    std::vector<std::uint64_t> sums;  ///< shape.size() of them.
};

/// Coded symbols.
struct SymbolsReply {
    std::uint32_t checksum{0};
    SymbolPrefix symbols;
};

/// A page of ids: all that the responder holds from the id asked for to `end` (0: to the greatest).
struct IdsReply {
    std::uint64_t end{0};            ///< Exclusive.
    std::vector<std::uint64_t> ids;  ///< Ascending.
};

/// The ids of such a page that are not in the initiator's filter, and the responder's own filter.
struct BloomReply {
    IdsReply page;
    std::optional<BloomFilter> filter;
};

/// What a responder sends.
///
/// ```
/// 0      version (high 4 bits, 1) and kind (low 4 bits), the index of the alternative:
/// 1 salt       2 bytes: tag
/// 4 estimate   varint: messages held   estimator (see Request)
/// 5 advice     1 byte: strategy
/// 6 sketch     4 bytes: checksum   1 byte: log2 of parts   1 byte: length of the first part
///              for each further part 1 byte: how many sums it has less than the one before
///              the sums, 8 bytes each, part by part
/// 7 symbols    4 bytes: checksum   varint: symbols   their sums, 8 bytes each
///              the checks of the first 255, 1 byte each
/// 8 ids        8 bytes: end   id list (see IdList)
/// 9 bloom      8 bytes: end   id list   filter as in Request
/// ```
/// What follows after the last field is skipped.
using Reply = std::variant<EqualReply, SaltReply, WindowReply, BusyReply, EstimateReply, AdviceReply, SketchReply,
                           SymbolsReply, IdsReply, BloomReply>;

namespace detail {

/// Writes and reads the body of each alternative.
struct ReplyCodec {
    static void write(const EqualReply&, ByteWriter&) {}
    static void write(const WindowReply&, ByteWriter&) {}
    static void write(const BusyReply&, ByteWriter&) {}
    static void write(const SaltReply& reply, ByteWriter& writer) { writer.u16(reply.salt_tag); }
    static void write(const AdviceReply& reply, ByteWriter& writer) {
        writer.u8(static_cast<std::uint64_t>(reply.strategy));
    }
    static void write(const EstimateReply& reply, ByteWriter& writer) {
        writer.varint(reply.size);
        write_estimator(reply.shape, reply.bits, writer);
    }
    static void write(const SketchReply& reply, ByteWriter& writer) {
        writer.u32(reply.checksum);
        writer.u8(reply.shape.log2_buckets);
        std::uint64_t before = 0;
        for (std::size_t j = 0; j < reply.shape.parts(); ++j) {
            writer.u8(j == 0 ? reply.shape.lengths[j] : before - reply.shape.lengths[j]);
            before = reply.shape.lengths[j];
        }
        for (const std::uint64_t sum : reply.sums) {
            writer.u64(sum);
        }
    }
    static void write(const SymbolsReply& reply, ByteWriter& writer) {
        writer.u32(reply.checksum);
        writer.varint(reply.symbols.sums.size());
        for (const std::uint64_t sum : reply.symbols.sums) {
            writer.u64(sum);
        }
        for (std::size_t i = 0; i < reply.symbols.sums.size() && i < SymbolChecks::count_max; ++i) {
            writer.u8(reply.symbols.checks[i]);
        }
    }
    /// `from`: the least id that was asked for.
    static void write(const IdsReply& reply, ByteWriter& writer, std::uint64_t from) {
        writer.u64(reply.end);
        IdList::write(reply.ids, from, writer);
    }
    static void write(const BloomReply& reply, ByteWriter& writer, std::uint64_t from) {
        write(reply.page, writer, from);
        write_filter(*reply.filter, writer);
    }

    static SaltReply read_salt(ByteReader& reader) { return {reader.u16()}; }

    static AdviceReply read_advice(ByteReader& reader) {
        const std::uint8_t strategy = reader.u8();
        if (strategy > static_cast<std::uint8_t>(Strategy::ids)) {
            reader.fail();
        }
        return {static_cast<Strategy>(strategy & 7U)};
    }

    static EstimateReply read_estimate(ByteReader& reader) {
        EstimateReply reply;
        reply.size = reader.varint();
        if (const auto shape = read_estimator(reader, reply.bits)) {
            reply.shape = *shape;
        } else {
            reader.fail();
        }
        return reply;
    }

    static SketchReply read_sketch(ByteReader& reader) {
        SketchReply reply;
        reply.checksum = reader.u32();
        reply.shape.log2_buckets = reader.u8();
        if (reply.shape.log2_buckets > PowerSums::log2_buckets_max) {
            reader.fail();
            return reply;
        }
        std::uint8_t before = 0;
        for (std::size_t j = 0; j < reply.shape.parts(); ++j) {
            const std::uint8_t byte = reader.u8();
            // A larger step than the length wraps to a length that is not valid.
            before = static_cast<std::uint8_t>(j == 0 ? byte : before - byte);
            reply.shape.lengths[j] = before;
        }
        if (!reply.shape.valid() || reader.remaining() / 8 < reply.shape.size()) {
            reader.fail();
            return reply;
        }
        for (std::size_t left = reply.shape.size(); left != 0; --left) {
            reply.sums.push_back(reader.u64());
        }
        return reply;
    }

    static SymbolsReply read_symbols(ByteReader& reader) {
        SymbolsReply reply;
        reply.checksum = reader.u32();
        const std::uint64_t count = reader.varint();
        if (count > SymbolIndices::symbols_max || count > reader.remaining() / 8) {
            reader.fail();
            return reply;
        }
        reply.symbols.sums.resize(static_cast<std::size_t>(count));
        for (std::uint64_t& sum : reply.symbols.sums) {
            sum = reader.u64();
        }
        for (std::size_t i = 0; i < count && i < SymbolChecks::count_max; ++i) {
            reply.symbols.checks.toggle(i, reader.u8());
        }
        return reply;
    }

    static IdsReply read_ids(ByteReader& reader, std::uint64_t from) {
        IdsReply reply;
        reply.end = reader.u64();
        auto ids = IdList::read(from, reader);
        const bool in_page = reply.end == 0 || (reply.end > from && (!ids || ids->empty() || ids->back() < reply.end));
        if (!ids || !in_page) {
            reader.fail();
            return reply;
        }
        reply.ids = std::move(*ids);
        return reply;
    }

    static BloomReply read_bloom(ByteReader& reader, std::uint64_t from) {
        BloomReply reply;
        reply.page = read_ids(reader, from);
        reply.filter = read_filter(reader);
        return reply;
    }

    static std::optional<Reply> read(std::uint8_t kind, ByteReader& reader, std::uint64_t from) {
        switch (kind) {
            case 0:
                return EqualReply{};
            case 1:
                return read_salt(reader);
            case 2:
                return WindowReply{};
            case 3:
                return BusyReply{};
            case 4:
                return read_estimate(reader);
            case 5:
                return read_advice(reader);
            case 6:
                return read_sketch(reader);
            case 7:
                return read_symbols(reader);
            case 8:
                return read_ids(reader, from);
            case 9:
                return read_bloom(reader, from);
            default:
                return std::nullopt;
        }
    }
};

}  // namespace detail

/// Appends the reply's bytes. `from`: that of the request.
inline void encode(const Reply& reply, std::uint64_t from, std::vector<std::byte>& bytes) {
    ByteWriter writer(bytes);
    writer.u8(static_cast<std::uint64_t>(detail::wire_version) << 4U | reply.index());
    if (const auto* ids = std::get_if<IdsReply>(&reply)) {
        detail::ReplyCodec::write(*ids, writer, from);
    } else if (const auto* bloom = std::get_if<BloomReply>(&reply)) {
        detail::ReplyCodec::write(*bloom, writer, from);
    } else {
        std::visit(
            [&](const auto& body) {
                if constexpr (requires { detail::ReplyCodec::write(body, writer); }) {
                    detail::ReplyCodec::write(body, writer);
                }
            },
            reply);
    }
}

/// The reply in a peer's bytes, checked against every bound that the format has; nothing when they are malformed or of
/// another version. `from`: that of the request that is answered. What it allocates is in proportion to the bytes that
/// are there.
inline std::optional<Reply> decode_reply(ByteView bytes, std::uint64_t from) {
    ByteReader reader(bytes);
    const std::uint8_t mark = reader.u8();
    if (mark >> 4U != detail::wire_version) {
        return std::nullopt;
    }
    auto reply = detail::ReplyCodec::read(mark & 15U, reader, from);
    return reader.ok() ? std::move(reply) : std::nullopt;
}

}  // namespace lattice::inline v0::reconcile
