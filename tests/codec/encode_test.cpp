#include <vector>

#include <lattice/codec/encode.hpp>

#include "codec/frames.hpp"
#include "support/catch.hpp"

using namespace codec_test;

TEST_CASE("the parts of a shared frame are the bytes of the whole one") {
    Random random(1);
    for (int i = 0; i < 300; ++i) {
        const Frame frame = random_frame(random);
        const Bytes whole = encode(frame);
        const EncodedFrame shared = encode_shared(frame);
        Octets joined;
        for (const ByteView part : shared.parts()) {
            joined.insert(joined.end(), part.begin(), part.end());
        }
        REQUIRE(joined == octets(whole.view()));
        REQUIRE(shared.size() == whole.size());
        REQUIRE(encoded_size(frame) == whole.size());
    }
}

TEST_CASE("a shared frame refers to the payload where it is") {
    const Message message = Message::compose(fields("t", "o", as_bytes("payload")));
    const EncodedFrame shared = encode_shared(Push{message, {1, 1}});
    CHECK(shared.message.same_as(message));
    CHECK(shared.parts()[1].data() == message.payload().data());
    CHECK(shared.parts()[1].size() == message.payload().size());

    const EncodedFrame names = encode_shared(Announce{{repeated_id(1)}});
    CHECK_FALSE(names.message);
    CHECK(names.parts()[1].empty());
}

TEST_CASE("an encoder writes exactly the size that it tells") {
    Random random(2);
    for (int i = 0; i < 300; ++i) {
        const Frame frame = random_frame(random);
        const FrameEncoder encoder(frame);
        Octets memory(encoder.size() + 1, std::byte{0x5a});
        REQUIRE(encoder.write(memory.data()) == memory.data() + encoder.size());
        REQUIRE(memory.back() == std::byte{0x5a});
    }
}

TEST_CASE("names beyond what a frame carries are left out, and the list is then not complete") {
    const std::vector<MessageId> names(wire::names_max + 1, repeated_id(1));
    const Decoded ids = decode(encode(SyncIds{MessageId{}, names, true, Naming::keys}).view());
    REQUIRE(ids.status == DecodeStatus::frame);
    CHECK(std::get<SyncIds>(ids.frame).names.size() == wire::names_max);
    CHECK_FALSE(std::get<SyncIds>(ids.frame).complete);

    const Decoded announce = decode(encode(Announce{names}).view());
    REQUIRE(announce.status == DecodeStatus::frame);
    CHECK(std::get<Announce>(announce.frame).names.size() == wire::names_max);
}

TEST_CASE("a foreign message travels under the id that it was given, not under its key") {
    const Message foreign =
        Message::authenticated(Message::claimed(repeated_id(9), fields("t", "o", as_bytes("payload"))));
    REQUIRE(foreign.key() != foreign.id());
    const Decoded decoded = decode(encode(Push{foreign, {1, 1}}).view());
    REQUIRE(decoded.status == DecodeStatus::frame);
    CHECK(message_of(decoded.frame)->id() == repeated_id(9));
    CHECK(Message::authenticated(*message_of(decoded.frame)).key() == foreign.key());
}
