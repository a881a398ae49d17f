#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include <lattice/core/bytes.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/sha256.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// The immutable fields of a message as views, to make one from or to hand one to an encoder.
template <typename>
struct BasicMessageFields {
    std::string_view type;             ///< Selects the handler. 1 to 64 printable ASCII characters without spaces.
    std::string_view origin;           ///< Node id of who broadcast it. 1 to 128 such characters.
    ByteView payload;                  ///< Opaque.
    WallTime timestamp{};              ///< When the origin broadcast it, by the origin's clock.
    std::optional<WallTime> expiry{};  ///< Not worth having from then on; absent: the receiver's horizon decides.
    ByteView public_key{};             ///< Ed25519 key of the origin, 32 bytes, or empty.
    ByteView signature{};              ///< Ed25519 signature by that key, 64 bytes, or empty.
};
using MessageFields = BasicMessageFields<OnUse>;

/// A message: what the origin said, and nothing that a relay may change (that is in Envelope).
///
/// A handle to one shared, immutable allocation that holds every field; a copy costs a counter. Threads as for Bytes.
///
/// Names. `id()` is what the origin calls it. `key()` is what this library files it under, in memory and on the wire
/// between nodes of this library. For a message made by this library both are the SHA-256 of the fields, so nobody can
/// put another content under the name. A foreign node computes its ids in its own way, which nobody can check; the key of
/// such a message is SHA-256(id, fields), so that whoever names an id first cannot suppress the true message.
template <typename T>
class BasicMessage {
    using Message = BasicMessage;
    using MessageFields = BasicMessageFields<T>;
    using Sha256 = BasicSha256<T>;

   public:
    /// What is known about the id.
    enum class Authenticity : std::uint8_t {
        unchecked,  ///< As a peer claimed it; `key()` is still that claim.
        verified,   ///< The id is the SHA-256 of the fields; `key() == id()`.
        foreign,    ///< The id is not; `key()` covers the id and the fields.
    };

    /// An empty handle; only assignment, destruction and the test for emptiness are allowed on it.
    BasicMessage() noexcept = default;

    /// A new message of this node's; its id is computed here. Lengths are the caller's duty (see Limits).
    static Message compose(const MessageFields& fields) {
        Message message = allocate(fields, false);
        message.body_->name = content_hash(fields);
        message.body_->authenticity = Authenticity::verified;
        return message;
    }

    /// A message as a peer sent it under a claimed id. Nothing is checked yet: see `authenticated()`.
    static Message claimed(const MessageId& id, const MessageFields& fields) {
        Message message = allocate(fields, false);
        message.body_->name = id;
        return message;
    }

    /// The same message with the claim about its id settled, `verified` or `foreign`. Hashes the fields unless that was
    /// done before. The caller must hold the only handle to an unchecked message.
    static Message authenticated(Message message) {
        if (message.authenticity() != Authenticity::unchecked) {
            return message;
        }
        const MessageId hash = content_hash(message.fields());
        return settled(std::move(message), hash);
    }

    /// The same, and with it the claim of `next`, another message whose turn comes later, as far as it turns out to be true:
    /// two hashes at once take the time of one where the processor has instructions for them (see Sha256::finish_both). A
    /// false claim stays unchecked. Only the calling thread may have handles to an unchecked message.
    static Message authenticated(Message message, const Message& next) {
        if (message.authenticity() != Authenticity::unchecked || next.authenticity() != Authenticity::unchecked) {
            return authenticated(std::move(message));
        }
        Sha256 hash = hash_of_head(message.fields());
        Sha256 hash_of_next = hash_of_head(next.fields());
        const auto hashes = Sha256::finish_both(hash, message.hashed_content(), hash_of_next, next.hashed_content());
        if (hashes[1] == next.body_->name) {
            next.body_->authenticity = Authenticity::verified;
        }
        return settled(std::move(message), hashes[0]);
    }

    BasicMessage(const Message& other) noexcept : body_(other.body_) {
        if (body_ != nullptr) {
            body_->owners.fetch_add(1, std::memory_order_relaxed);
        }
    }
    BasicMessage(Message&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    Message& operator=(Message other) noexcept {
        std::swap(body_, other.body_);
        return *this;
    }
    ~BasicMessage() {
        if (body_ != nullptr && body_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            body_->~Body();
            ::operator delete(body_);
        }
    }

    explicit operator bool() const noexcept { return body_ != nullptr; }

    [[nodiscard]] MessageId id() const noexcept {
        if (!body_->has_claimed_id) {
            return body_->name;
        }
        MessageId id;
        std::memcpy(id.bytes.data(), body_->claimed_id(), MessageId::size);
        return id;
    }
    [[nodiscard]] const MessageId& key() const noexcept { return body_->name; }
    [[nodiscard]] Authenticity authenticity() const noexcept { return body_->authenticity; }

    [[nodiscard]] std::string_view type() const noexcept { return as_text({body_->content(), body_->type_size}); }
    [[nodiscard]] std::string_view origin() const noexcept {
        return as_text({body_->content() + body_->type_size, body_->origin_size});
    }
    [[nodiscard]] ByteView payload() const noexcept { return {body_->payload(), body_->payload_size}; }
    [[nodiscard]] WallTime timestamp() const noexcept { return body_->timestamp; }
    [[nodiscard]] std::optional<WallTime> expiry() const noexcept {
        return body_->expiry == WallTime{} ? std::nullopt : std::optional(body_->expiry);
    }
    [[nodiscard]] ByteView public_key() const noexcept {
        return {body_->payload() + body_->payload_size, body_->public_key_size};
    }
    [[nodiscard]] ByteView signature() const noexcept {
        return {body_->payload() + body_->payload_size + body_->public_key_size, body_->signature_size};
    }

    /// All fields as views, valid while a handle lives.
    [[nodiscard]] MessageFields fields() const noexcept {
        return {type(), origin(), payload(), timestamp(), expiry(), public_key(), signature()};
    }

    /// Bytes that the message occupies, its counter included: what memory bounds are counted in.
    [[nodiscard]] std::size_t footprint() const noexcept { return sizeof(Body) + body_->content_size(); }

    /// Whether both handles name the same allocation.
    [[nodiscard]] bool same_as(const Message& other) const noexcept { return body_ == other.body_; }

    /// SHA-256 over a tag, the lengths and instants as 8-byte little-endian numbers, then type, origin and payload: every
    /// field has its length before it, so no two messages give the same text. Signatures are not covered (they sign it).
    static MessageId content_hash(const MessageFields& fields) noexcept {
        Sha256 hash = hash_of_head(fields);
        hash.update(as_bytes(fields.type));
        hash.update(as_bytes(fields.origin));
        return hash.finish(fields.payload);
    }

   private:
    struct Body {
        std::atomic<std::uint32_t> owners{1};
        std::uint32_t payload_size{};
        std::uint16_t type_size{};
        std::uint16_t origin_size{};
        std::uint8_t public_key_size{};
        std::uint8_t signature_size{};
        Authenticity authenticity{Authenticity::unchecked};
        bool has_claimed_id{};
        WallTime timestamp{};
        WallTime expiry{};
        MessageId name;

        std::byte* content() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
        std::byte* payload() noexcept { return content() + type_size + origin_size; }
        std::byte* claimed_id() noexcept { return payload() + payload_size + public_key_size + signature_size; }
        [[nodiscard]] std::size_t content_size() const noexcept {
            return std::size_t{type_size} + origin_size + payload_size + public_key_size + signature_size +
                   (has_claimed_id ? MessageId::size : 0);
        }
    };

    static void put(std::byte* at, std::uint64_t value) noexcept {
        for (std::size_t i = 0; i < 8; ++i) {
            at[i] = static_cast<std::byte>(value >> (8 * i));
        }
    }

    static Sha256 hash_of_head(const MessageFields& fields) noexcept {
        std::byte head[48];
        std::memcpy(head, "lattice1", 8);
        put(head + 8, fields.type.size());
        put(head + 16, fields.origin.size());
        put(head + 24, fields.payload.size());
        put(head + 32, static_cast<std::uint64_t>(fields.timestamp.time_since_epoch().count()));
        put(head + 40, static_cast<std::uint64_t>(fields.expiry.value_or(WallTime{}).time_since_epoch().count()));
        Sha256 hash;
        hash.update(ByteView(head));
        return hash;
    }

    /// Type, origin and payload, which lie one behind the other: what is hashed behind the head.
    [[nodiscard]] ByteView hashed_content() const noexcept {
        return {body_->content(), std::size_t{body_->type_size} + body_->origin_size + body_->payload_size};
    }

    static Message settled(Message message, const MessageId& hash) {
        if (hash == message.body_->name) {
            message.body_->authenticity = Authenticity::verified;
            return message;
        }
        Message foreign = allocate(message.fields(), true);
        std::memcpy(foreign.body_->claimed_id(), message.body_->name.bytes.data(), MessageId::size);
        foreign.body_->name = foreign_key(message.body_->name, hash);
        foreign.body_->authenticity = Authenticity::foreign;
        return foreign;
    }

    static MessageId foreign_key(const MessageId& claimed, const MessageId& hash) noexcept {
        Sha256 both;
        both.update(as_bytes("lattice foreign"));
        both.update(ByteView(claimed.bytes));
        both.update(ByteView(hash.bytes));
        return both.finish();
    }

    static Message allocate(const MessageFields& fields, bool has_claimed_id) {
        Body sizes;
        sizes.payload_size = static_cast<std::uint32_t>(fields.payload.size());
        sizes.type_size = static_cast<std::uint16_t>(fields.type.size());
        sizes.origin_size = static_cast<std::uint16_t>(fields.origin.size());
        sizes.public_key_size = static_cast<std::uint8_t>(fields.public_key.size());
        sizes.signature_size = static_cast<std::uint8_t>(fields.signature.size());
        sizes.has_claimed_id = has_claimed_id;

        Message message;
        message.body_ = new (::operator new(sizeof(Body) + sizes.content_size())) Body;
        Body& body = *message.body_;
        body.payload_size = sizes.payload_size;
        body.type_size = sizes.type_size;
        body.origin_size = sizes.origin_size;
        body.public_key_size = sizes.public_key_size;
        body.signature_size = sizes.signature_size;
        body.has_claimed_id = has_claimed_id;
        body.timestamp = fields.timestamp;
        body.expiry = fields.expiry.value_or(WallTime{});
        std::byte* at = body.content();
        // Copies the sizes that were allocated, not those of the fields; that also keeps GCC from seeing overflows at -O3.
        const auto append = [&at](const auto& part, std::size_t size) {
            if (size != 0) std::memcpy(at, part.data(), size);
            at += size;
        };
        append(fields.type, sizes.type_size);
        append(fields.origin, sizes.origin_size);
        append(fields.payload, sizes.payload_size);
        append(fields.public_key, sizes.public_key_size);
        append(fields.signature, sizes.signature_size);
        return message;
    }

    Body* body_{nullptr};
};
using Message = BasicMessage<OnUse>;

/// Which of several waiting messages goes first. Each class gets its share under load, so that none is starved.
enum class Priority : std::uint8_t { critical, high, normal, bulk };

/// What relays change: never part of the message, never covered by its id.
struct Envelope {
    std::uint8_t ttl{0};   ///< Hops that eager forwarding may still make. Bounds pushing only, never retrieval.
    std::uint8_t hops{0};  ///< Hops made so far; 0 at the origin. Advisory: a peer may lie.
    Priority priority{Priority::normal};  ///< As the origin wished; at each hop, queues heed it.
    bool receipt{false};  ///< The sender counts the receiver, if this is its first copy: see ReceiptLedger.
};

}  // namespace lattice::inline v0
