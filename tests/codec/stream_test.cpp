#include <algorithm>
#include <cstring>
#include <vector>

#include <lattice/codec/binary.hpp>

#include "codec/frames.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

constexpr std::string_view unknown_kind = "030163ff";

struct Stream {
    std::vector<Frame> frames;
    Octets bytes;

    void add(const Frame& frame) {
        const Bytes encoded = encode(frame);
        bytes.insert(bytes.end(), encoded.view().begin(), encoded.view().end());
        frames.push_back(frame);
    }
    void add_raw(const Octets& raw) { bytes.insert(bytes.end(), raw.begin(), raw.end()); }
};

Stream random_stream(Random& random, int frames) {
    Stream stream;
    for (int i = 0; i < frames; ++i) {
        stream.add(random_frame(random));
        if (random.below(4) == 0) {
            stream.add_raw(from_hex(unknown_kind));
        }
    }
    return stream;
}

/// As a socket would: into the decoder's own buffer, `chunk()` bytes at a time.
template <typename Chunk>
std::vector<Frame> through_buffer(StreamDecoder& decoder, ByteView bytes, Chunk chunk) {
    std::vector<Frame> frames;
    while (!bytes.empty()) {
        const auto room = decoder.prepare();
        const std::size_t size = std::min({room.size(), bytes.size(), std::size_t{chunk()}});
        std::memcpy(room.data(), bytes.data(), size);
        decoder.commit(size);
        bytes = bytes.subspan(size);
        for (Decoded next = decoder.next(); next.status != DecodeStatus::incomplete; next = decoder.next()) {
            REQUIRE(next.status != DecodeStatus::malformed);
            if (next.status == DecodeStatus::frame) {
                frames.push_back(std::move(next.frame));
            }
        }
    }
    return frames;
}

/// Out of somebody else's buffer.
template <typename Chunk>
std::vector<Frame> through_feed(StreamDecoder& decoder, ByteView bytes, Chunk chunk) {
    std::vector<Frame> frames;
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), std::size_t{chunk()});
        REQUIRE(decoder.feed(bytes.first(size), [&](Decoded next) {
            if (next.status == DecodeStatus::frame) {
                frames.push_back(std::move(next.frame));
            }
        }));
        bytes = bytes.subspan(size);
    }
    return frames;
}

void check_same(const std::vector<Frame>& got, const std::vector<Frame>& expected) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        REQUIRE(same_frame(got[i], expected[i]));
    }
}

}  // namespace

TEST_CASE("a stream split at any one byte gives the same frames") {
    Stream stream;
    stream.add(Push{Message::compose(fields("t", "o", as_bytes("payload"))), {1, 0}});
    stream.add_raw(from_hex(unknown_kind));
    stream.add(Announce{std::vector<MessageId>(5, repeated_id(1))});  // a length of two bytes
    stream.add(SyncRequest{MessageId{}, 7, Naming::keys});
    for (std::size_t split = 0; split <= stream.bytes.size(); ++split) {
        LATTICE_SHOW(split);
        bool first = true;
        const auto halves = [&] { return std::exchange(first, false) && split != 0 ? split : stream.bytes.size(); };
        StreamDecoder buffered;
        check_same(through_buffer(buffered, view(stream.bytes), halves), stream.frames);
        CHECK(buffered.buffered() == 0);
        first = true;
        StreamDecoder fed;
        check_same(through_feed(fed, view(stream.bytes), halves), stream.frames);
        CHECK(fed.buffered() == 0);
    }
}

TEST_CASE("a stream in single bytes, and in random pieces, gives the same frames") {
    Random random(5);
    for (int i = 0; i < 20; ++i) {
        const Stream stream = random_stream(random, 20);
        const std::size_t most = std::size_t{1} << random.below(14);
        const auto one = [] { return std::size_t{1}; };
        const auto pieces = [&] { return static_cast<std::size_t>(1 + random.below(most)); };
        for (const std::size_t buffer : {std::size_t{1}, std::size_t{1'000}, StreamDecoder::buffer_default}) {
            StreamDecoder by_one({}, buffer);
            check_same(through_buffer(by_one, view(stream.bytes), one), stream.frames);
            StreamDecoder by_piece({}, buffer);
            check_same(through_buffer(by_piece, view(stream.bytes), pieces), stream.frames);
            StreamDecoder fed({}, buffer);
            check_same(through_feed(fed, view(stream.bytes), pieces), stream.frames);
        }
    }
}

TEST_CASE("a malformed stream gives the frames before the fault, and nothing after it") {
    Stream stream;
    stream.add(Announce{{repeated_id(1)}});
    stream.add_raw(from_hex("8000"));
    stream.add(Announce{{repeated_id(2)}});
    for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}, stream.bytes.size()}) {
        LATTICE_SHOW(chunk);
        StreamDecoder decoder;
        int frames = 0;
        int malformed = 0;
        bool well = true;
        for (ByteView left = view(stream.bytes); !left.empty(); left = left.subspan(std::min(chunk, left.size()))) {
            well = decoder.feed(left.first(std::min(chunk, left.size())), [&](const Decoded& next) {
                frames += next.status == DecodeStatus::frame ? 1 : 0;
                malformed += next.status == DecodeStatus::malformed ? 1 : 0;
            });
        }
        CHECK_FALSE(well);
        CHECK(frames == 1);
        CHECK(malformed == 1);
        CHECK(decoder.next().status == DecodeStatus::malformed);
        CHECK(decoder.next().fault == FrameFault::length_malformed);
    }
}

TEST_CASE("a declared length takes no memory before the bytes are there") {
    WireLimits limits;
    limits.payload_max = ceiling::payload;
    StreamDecoder decoder(limits);
    Octets bytes(varint::size(ceiling::payload));
    varint::write(bytes.data(), ceiling::payload);
    bytes.resize(1'000);
    CHECK(decoder.feed(view(bytes), [](const Decoded&) {}));
    CHECK(decoder.buffered() == 1'000);
    CHECK(decoder.capacity() <= StreamDecoder::buffer_default);
}

TEST_CASE("a large frame arrives whole, in a buffer that grows with it and shrinks afterwards") {
    const Octets payload(200'000, std::byte{7});
    Stream stream;
    stream.add(Push{Message::compose(fields("t", "o", view(payload))), {1, 0}});
    stream.add(Announce{{repeated_id(1)}});
    StreamDecoder decoder({}, 4'096);
    std::size_t largest = 0;
    const auto chunk = [&] {
        largest = std::max(largest, decoder.capacity());
        return std::size_t{1'500};
    };
    check_same(through_buffer(decoder, view(stream.bytes), chunk), stream.frames);
    CHECK(largest > payload.size());
    CHECK(largest <= 3 * payload.size());
    CHECK(decoder.prepare().size() >= 1'024);
    CHECK(decoder.capacity() == 4'096);
}
