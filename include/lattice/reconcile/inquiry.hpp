#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/reconcile/byte_io.hpp>
#include <lattice/reconcile/short_id.hpp>
#include <lattice/reconcile/windows.hpp>

namespace lattice::inline v0::reconcile {

/// Parts in one inquiry: bounds what one frame can ask for, whatever a Request may cost.
inline constexpr std::size_t inquiry_parts_max = 32;

/// All windows of age 1 and more that are not left out, by one digest.
struct OlderWindows {
    std::uint64_t digest{0};
    AgeSet left_out;
};

/// What one node asks another about all windows at once: whether the older ones are equal, by one digest, and a Request for
/// each window that it wants to compare now.
///
/// ```
/// 0      version (high 4 bits, 2) | flags: 1: a network key follows, 2: older windows follow
///        [16 bytes: the network key that the asker uses]
///        varint: the asker's newest window, to which ages refer
///        [8 bytes: digest of the windows of age 1 and more   ages: those left out]
///        parts, to the end: varint: age   varint: length   a Request
/// ages:  1 byte: length   that many bytes: bit i of byte j stands for age 8j + i
/// ```
struct Inquiry {
    using Older = OlderWindows;
    struct Part {
        std::uint64_t age{0};
        std::vector<std::byte> request;
    };

    std::optional<Salt> network_key;
    std::uint64_t newest{0};
    std::optional<Older> older;
    std::vector<Part> parts;  ///< At most inquiry_parts_max.
};

/// What a node that uses another key holds.
enum class KeyHolding : std::uint8_t {
    unknown,  ///< It does not tell its key.
    messages,
    nothing,
};

/// "I use another key."
struct OtherNetworkKey {
    KeyHolding holding{KeyHolding::unknown};
    Salt key;  ///< Of no meaning when `holding` is unknown.
};

/// What is in one window.
struct WindowDigest {
    std::uint8_t age{0};
    std::uint64_t digest{0};
    std::uint64_t size{0};  ///< Messages.
};

/// What is in each window of age 1 and more.
struct WindowDigests {
    AgeSet left_out;                    ///< By either side.
    std::vector<WindowDigest> windows;  ///< Those that are not empty, ascending by age.
};

/// The answer to an Inquiry.
///
/// ```
/// 0      version (high 4 bits, 2) | flags: 1: "I use another key" follows, 2: older windows differ and follow
///        [1 byte: 0: and do not tell it, 1: this one and I hold messages, 2: this one and I hold none   [16 bytes: the key]]
///        [ages: those left out   varint: count   for each window that is not empty 1 byte: age   8 bytes: digest
///         varint: messages]
///        parts, to the end: varint: length   a Reply
/// ```
struct Answer {
    using Holding = KeyHolding;
    using OtherKey = OtherNetworkKey;
    using WindowDigest = reconcile::WindowDigest;
    using Older = WindowDigests;

    std::optional<OtherKey> other_key;
    std::optional<Older> older;
    std::vector<std::vector<std::byte>> parts;  ///< In the order of the inquiry's; those that did not fit are left out.
};

namespace detail {

inline constexpr std::uint8_t inquiry_version = 2;

inline void write_ages(const AgeSet& ages, ByteWriter& writer) {
    std::uint64_t length = 0;
    const auto byte = [&](std::size_t i) { return ages.words[i / 8] >> (8 * (i % 8)) & 0xffU; };
    for (std::size_t i = 0; i < 8 * ages.words.size(); ++i) {
        length = byte(i) == 0 ? length : i + 1;
    }
    writer.u8(length);
    for (std::size_t i = 0; i < length; ++i) {
        writer.u8(byte(i));
    }
}

inline AgeSet read_ages(ByteReader& reader) {
    AgeSet ages;
    const std::size_t length = reader.u8();
    if (length > 8 * ages.words.size()) {
        reader.fail();
        return ages;
    }
    for (std::size_t i = 0; i < length; ++i) {
        ages.words[i / 8] |= std::uint64_t{reader.u8()} << (8 * (i % 8));
    }
    return ages;
}

inline void write_salt(const Salt& salt, ByteWriter& writer) {
    writer.u64(salt.low);
    writer.u64(salt.high);
}

inline Salt read_salt(ByteReader& reader) {
    Salt salt;
    salt.low = reader.u64();
    salt.high = reader.u64();
    return salt;
}

inline void write_part(const std::vector<std::byte>& part, std::vector<std::byte>& bytes) {
    ByteWriter(bytes).varint(part.size());
    bytes.insert(bytes.end(), part.begin(), part.end());
}

inline std::vector<std::byte> read_part(ByteReader& reader) {
    const std::uint64_t length = reader.varint();
    if (length > reader.remaining()) {
        reader.fail();
        return {};
    }
    const ByteView taken = reader.take(static_cast<std::size_t>(length));
    return {taken.begin(), taken.end()};
}

}  // namespace detail

/// Appends the inquiry's bytes.
inline void encode(const Inquiry& inquiry, std::vector<std::byte>& bytes) {
    ByteWriter writer(bytes);
    writer.u8(static_cast<unsigned>(detail::inquiry_version) << 4U | (inquiry.network_key ? 1U : 0U) |
              (inquiry.older ? 2U : 0U));
    if (inquiry.network_key) {
        detail::write_salt(*inquiry.network_key, writer);
    }
    writer.varint(inquiry.newest);
    if (inquiry.older) {
        writer.u64(inquiry.older->digest);
        detail::write_ages(inquiry.older->left_out, writer);
    }
    for (const Inquiry::Part& part : inquiry.parts) {
        writer.varint(part.age);
        detail::write_part(part.request, bytes);
    }
}

/// The inquiry in a peer's bytes, its parts not yet decoded; nothing when they are malformed or of another version.
inline std::optional<Inquiry> decode_inquiry(ByteView bytes) {
    ByteReader reader(bytes);
    Inquiry inquiry;
    const std::uint8_t mark = reader.u8();
    if (mark >> 4U != detail::inquiry_version) {
        return std::nullopt;
    }
    if ((mark & 1U) != 0) {
        inquiry.network_key = detail::read_salt(reader);
    }
    inquiry.newest = reader.varint();
    if ((mark & 2U) != 0) {
        inquiry.older.emplace();
        inquiry.older->digest = reader.u64();
        inquiry.older->left_out = detail::read_ages(reader);
    }
    while (reader.remaining() != 0) {
        const std::uint64_t age = reader.varint();
        if (inquiry.parts.size() == inquiry_parts_max || age > inquiry.newest) {
            return std::nullopt;
        }
        inquiry.parts.push_back({age, detail::read_part(reader)});
    }
    return reader.ok() ? std::optional(std::move(inquiry)) : std::nullopt;
}

/// Appends the answer's bytes.
inline void encode(const Answer& answer, std::vector<std::byte>& bytes) {
    ByteWriter writer(bytes);
    writer.u8(static_cast<unsigned>(detail::inquiry_version) << 4U | (answer.other_key ? 1U : 0U) |
              (answer.older ? 2U : 0U));
    if (answer.other_key) {
        writer.u8(static_cast<std::uint64_t>(answer.other_key->holding));
        if (answer.other_key->holding != Answer::Holding::unknown) {
            detail::write_salt(answer.other_key->key, writer);
        }
    }
    if (answer.older) {
        detail::write_ages(answer.older->left_out, writer);
        writer.varint(answer.older->windows.size());
        for (const Answer::WindowDigest& window : answer.older->windows) {
            writer.u8(window.age);
            writer.u64(window.digest);
            writer.varint(window.size);
        }
    }
    for (const auto& part : answer.parts) {
        detail::write_part(part, bytes);
    }
}

/// The answer in a peer's bytes, its parts not yet decoded; nothing when they are malformed or of another version.
inline std::optional<Answer> decode_answer(ByteView bytes) {
    ByteReader reader(bytes);
    Answer answer;
    const std::uint8_t mark = reader.u8();
    if (mark >> 4U != detail::inquiry_version) {
        return std::nullopt;
    }
    if ((mark & 1U) != 0) {
        const std::uint8_t holding = reader.u8();
        if (holding > static_cast<std::uint8_t>(Answer::Holding::nothing)) {
            return std::nullopt;
        }
        answer.other_key.emplace();
        answer.other_key->holding = static_cast<Answer::Holding>(holding);
        if (answer.other_key->holding != Answer::Holding::unknown) {
            answer.other_key->key = detail::read_salt(reader);
        }
    }
    if ((mark & 2U) != 0) {
        answer.older.emplace();
        answer.older->left_out = detail::read_ages(reader);
        for (std::uint64_t left = reader.varint(); left != 0 && reader.ok(); --left) {
            const std::uint8_t age = reader.u8();
            if (!answer.older->windows.empty() && answer.older->windows.back().age >= age) {
                return std::nullopt;
            }
            const std::uint64_t digest = reader.u64();
            answer.older->windows.push_back({age, digest, reader.varint()});
        }
    }
    while (reader.remaining() != 0) {
        if (answer.parts.size() == inquiry_parts_max) {
            return std::nullopt;
        }
        answer.parts.push_back(detail::read_part(reader));
    }
    return reader.ok() ? std::optional(std::move(answer)) : std::nullopt;
}

}  // namespace lattice::inline v0::reconcile
