#include <cstddef>
#include <utility>
#include <vector>

#include <lattice/codec/binary.hpp>

#include "codec/frames.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

/// What decoding promises whatever the bytes are.
void check_promises(ByteView bytes, WireLimits limits = {}) {
    const Decoded decoded = decode(bytes, limits);
    const bool whole = decoded.status == DecodeStatus::frame || decoded.status == DecodeStatus::skipped;
    REQUIRE((decoded.fault != FrameFault::none) == (decoded.status == DecodeStatus::malformed));
    if (whole) {
        REQUIRE(decoded.size <= bytes.size());
        REQUIRE(decoded.size > 0);
    }
    if (decoded.status == DecodeStatus::incomplete) {
        REQUIRE((decoded.size == 0 || decoded.size > bytes.size()));
    }
    if (decoded.status != DecodeStatus::frame) {
        return;
    }
    // What was accepted is within the bounds, and is written as something that is accepted again.
    if (const Message* message = message_of(decoded.frame)) {
        REQUIRE(message->payload().size() <= limits.payload_max);
        REQUIRE(is_identifier(message->type(), ceiling::type));
        REQUIRE(is_identifier(message->origin(), ceiling::node_id));
    }
    const Decoded again = decode(encode(decoded.frame).view(), limits);
    REQUIRE(again.status == DecodeStatus::frame);
    REQUIRE(same_frame(again.frame, decoded.frame));
}

/// Bytes in an allocation of just their size, so that a sanitizer sees a read past their end.
struct Exact {
    explicit Exact(ByteView from) : bytes(from.begin(), from.end()) { bytes.shrink_to_fit(); }
    Octets bytes;
};

std::vector<Bytes> one_of_each_kind() {
    const Octets key(32, std::byte{1});
    const Octets signature(64, std::byte{2});
    MessageFields full = fields("state_update", "node-2", as_bytes("some payload"));
    full.expiry = at(some_time + 1);
    full.public_key = view(key);
    full.signature = view(signature);
    const std::vector<MessageId> names{repeated_id(1), repeated_id(2)};
    return {encode(Push{Message::compose(full), {5, 1}}),
            encode(Provide{Message::compose(fields("t", "o", {})), {0, 0}}),
            encode(Announce{names}),
            encode(Request{names, Naming::ids}),
            encode(NotFound{names, Naming::keys}),
            encode(SyncRequest{repeated_id(3), 1000, Naming::ids}),
            encode(SyncIds{repeated_id(3), names, true, Naming::keys}),
            encode(Reconcile{Reconcile::Step::reply, 300, Bytes(std::string_view("sketch"))})};
}

}  // namespace

TEST_CASE("random frames come back as they were") {
    Random random(3);
    for (int i = 0; i < 2'000; ++i) {
        const Frame frame = random_frame(random);
        const Bytes bytes = encode(frame);
        const Decoded decoded = decode(bytes.view());
        REQUIRE(decoded.status == DecodeStatus::frame);
        REQUIRE(decoded.size == bytes.size());
        REQUIRE(same_frame(decoded.frame, frame));
    }
}

TEST_CASE("equal frames have equal bytes, and no others decode to them") {
    for (const Bytes& bytes : one_of_each_kind()) {
        const Decoded decoded = decode(bytes.view());
        REQUIRE(decoded.status == DecodeStatus::frame);
        CHECK(encode(decoded.frame) == bytes);
    }
}

TEST_CASE("a frame cut anywhere is incomplete, and says what it needs once its length is known") {
    for (const Bytes& bytes : one_of_each_kind()) {
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const Exact cut(bytes.view().first(size));
            const Decoded decoded = decode(view(cut.bytes));
            REQUIRE(decoded.status == DecodeStatus::incomplete);
            REQUIRE((decoded.size == bytes.size() || decoded.size == 0));
        }
    }
}

TEST_CASE("a frame whose length says less than its fields take is malformed or shorter") {
    for (const Bytes& bytes : one_of_each_kind()) {
        const std::size_t prefix = varint::read(bytes.view()).size;
        for (std::size_t body = 2; body + prefix < bytes.size(); ++body) {
            Octets shorter(varint::size(body));
            varint::write(shorter.data(), body);
            const ByteView rest = bytes.view().subspan(prefix, body);
            shorter.insert(shorter.end(), rest.begin(), rest.end());
            check_promises(view(shorter));
        }
    }
}

TEST_CASE("every change of one bit is handled") {
    for (const Bytes& bytes : one_of_each_kind()) {
        for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
            Exact changed(bytes.view());
            changed.bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            check_promises(view(changed.bytes));
        }
    }
}

TEST_CASE("random bytes are handled") {
    Random random(4);
    for (int i = 0; i < 20'000; ++i) {
        Octets bytes = random_octets(random, random.below(200));
        if (bytes.size() > 3 && random.below(2) == 0) {  // plausible ones get further
            bytes[0] = static_cast<std::byte>(bytes.size() - 1);
            bytes[1] = std::byte{wire::version};
            bytes[2] = static_cast<std::byte>(1 + random.below(8));
        }
        check_promises(view(bytes));
    }
}

TEST_CASE("the payload's bound is the receiver's") {
    const Octets payload(1'000);
    const Bytes bytes = encode(Push{Message::compose(fields("t", "o", view(payload))), {1, 0}});
    WireLimits limits;
    limits.payload_max = 1'000;
    CHECK(decode(bytes.view(), limits).status == DecodeStatus::frame);
    limits.payload_max = 999;
    CHECK(decode(bytes.view(), limits).fault == FrameFault::payload_too_large);
    CHECK(WireLimits(Limits{}).payload_max == Limits{}.payload_max);
}

TEST_CASE("a frame has room for the largest payload, and for the most names, under every setting") {
    for (const std::size_t payload_max : {std::size_t{1}, Limits{}.payload_max, ceiling::payload}) {
        WireLimits limits;
        limits.payload_max = payload_max;
        const Octets payload(payload_max);
        const std::string type(ceiling::type, 't');
        const std::string origin(ceiling::node_id, 'o');
        const Bytes push = encode(Push{Message::compose(fields(type, origin, view(payload))), {1, 0}});
        CHECK(decode(push.view(), limits).status == DecodeStatus::frame);

        const std::vector<MessageId> names(wire::names_max, repeated_id(1));
        const Bytes ids = encode(SyncIds{MessageId{}, names, true, Naming::keys});
        CHECK(decode(ids.view(), limits).status == DecodeStatus::frame);
    }
}

TEST_CASE("a ttl beyond the ceiling counts as the ceiling") {
    const Message message = Message::compose(fields("t", "o", {}));
    const Decoded decoded = decode(encode(Push{message, {255, 7}}).view());
    REQUIRE(decoded.status == DecodeStatus::frame);
    CHECK(std::get<Push>(decoded.frame).envelope.ttl == ceiling::hops);
    CHECK(std::get<Push>(decoded.frame).envelope.hops == 7);
}

TEST_CASE("a limit beyond 32 bits counts as the largest") {
    Octets bytes = from_hex("000106 00");
    bytes.insert(bytes.end(), 32, std::byte{0});
    const Octets limit = from_hex("ffffffffff01");
    bytes.insert(bytes.end(), limit.begin(), limit.end());
    bytes[0] = static_cast<std::byte>(bytes.size() - 1);
    const Decoded decoded = decode(view(bytes));
    REQUIRE(decoded.status == DecodeStatus::frame);
    CHECK(std::get<SyncRequest>(decoded.frame).limit == 0xffffffffU);
}

TEST_CASE("a message is read without copying for a duplicate look-up") {
    const Bytes bytes = encode(Push{Message::compose(fields("t", "o", as_bytes("payload"))), {3, 4}});
    const FrameSlice slice = slice_frame(bytes.view(), {});
    REQUIRE(slice.status == DecodeStatus::frame);
    MessageView message;
    REQUIRE(read_message(slice.fields, {}, message).status == DecodeStatus::frame);
    CHECK(message.id == Message::content_hash(message.fields));
    CHECK(message.envelope.hops == 4);
    CHECK(message.fields.payload.data() == bytes.data() + bytes.size() - message.fields.payload.size());
}
