#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <lattice/transport/tcp/inbox.hpp>
#include <lattice/transport/tcp/receive_buffer.hpp>

#include "support/catch.hpp"
#include "transport/tcp/frames.hpp"

using namespace lattice;
using namespace lattice::test;
using tcp::Inbox;
using tcp::ReceiveBuffer;

namespace {

/// Lets `bytes` arrive in reads of at most `read_max`, and takes frames after each; the frames as text on the wire.
std::vector<std::string> feed(Inbox& inbox, ByteView bytes, std::size_t read_max, TcpFault& fault) {
    std::vector<std::string> frames;
    while (!bytes.empty()) {
        const auto [at, room] = inbox.prepare();
        REQUIRE(room != 0);
        const std::size_t size = std::min({room, read_max, bytes.size()});
        std::memcpy(at, bytes.data(), size);
        inbox.commit(size);
        bytes = bytes.subspan(size);
        for (Inbox::Turn turn{Inbox::Turn::End::exhausted, {}}; turn.end == Inbox::Turn::End::exhausted;) {
            turn = inbox.take_turn(
                WireLimits{},
                [&](Frame&& frame) {
                    frames.emplace_back(encode(frame).text());
                    return true;
                },
                [&](ByteView unknown) {
                    frames.emplace_back(as_text(unknown));
                    return true;
                },
                [](const Message&) {});
            if (turn.end == Inbox::Turn::End::faulty) {
                fault = turn.fault;
                return frames;
            }
        }
    }
    return frames;
}

}  // namespace

TEST_CASE("frames come out the same however their bytes arrive") {
    std::vector<std::string> expected;
    std::string bytes;
    for (const std::size_t size : {0U, 100U, 200'000U, 7U, 70'000U, 3U}) {
        expected.emplace_back(encode(push_of_size(size)).text());
        bytes += expected.back();
    }
    for (const std::size_t read_max : {1U, 7U, 1'000U, 8'192U, 65'536U, 1'000'000U}) {
        LATTICE_SHOW(read_max);
        Inbox inbox;
        TcpFault fault{};
        CHECK(feed(inbox, as_bytes(bytes), read_max, fault) == expected);
        CHECK(fault == TcpFault::none);
    }
}

TEST_CASE("the buffer grows with what arrives, not with what is declared") {
    ReceiveBuffer buffer;
    auto [at, room] = buffer.prepare(0);
    CHECK(buffer.capacity() == ReceiveBuffer::initial);
    std::memset(at, 1, 5);
    buffer.commit(5);
    buffer.prepare(250'000);  // a large frame is declared, five bytes of it are there
    CHECK(buffer.capacity() == ReceiveBuffer::initial);
    std::size_t arrived = 5;
    while (arrived < 250'000) {
        const auto [more_at, more_room] = buffer.prepare(250'000);
        REQUIRE(more_room != 0);
        CHECK(buffer.capacity() <= std::max<std::size_t>(2 * arrived, ReceiveBuffer::usual));
        const std::size_t size = std::min<std::size_t>(more_room, 1'000);
        std::memset(more_at, 1, size);
        buffer.commit(size);
        arrived += size;
    }
    CHECK(buffer.capacity() <= 256'000 + ReceiveBuffer::usual);
    CHECK(buffer.view().size() == arrived);
    buffer.consume(arrived);
    buffer.prepare(0);
    CHECK(buffer.capacity() == ReceiveBuffer::usual);  // the large one is given back
}

TEST_CASE("a declared length beyond the cap is refused before its bytes come") {
    Inbox inbox;
    TcpFault fault{};
    const std::string bytes("\xff\xff\xff\x7f", 4);
    CHECK(feed(inbox, as_bytes(bytes), 4, fault).empty());
    CHECK(fault == TcpFault::oversize);
}

TEST_CASE("bytes that are no frame are told from bytes that are not one yet") {
    Inbox inbox;
    TcpFault fault{};
    CHECK(feed(inbox, as_bytes(std::string_view("\x80\x00", 2)), 2, fault).empty());
    CHECK(fault == TcpFault::malformed);
}

TEST_CASE("a turn has an end, and the next one goes on from there") {
    std::string bytes;
    const std::size_t count = 2 * Inbox::frames_per_turn + 1;
    for (std::size_t i = 0; i < count; ++i) {
        bytes += std::string("\x02\x01\xf7", 3);  // frames of a kind that nobody knows
    }
    Inbox inbox;
    const auto [at, room] = inbox.prepare();
    REQUIRE(room >= bytes.size());
    std::memcpy(at, bytes.data(), bytes.size());
    inbox.commit(bytes.size());
    std::vector<std::size_t> turns;
    for (Inbox::Turn turn{Inbox::Turn::End::exhausted, {}}; turn.end == Inbox::Turn::End::exhausted;) {
        turns.push_back(0);
        turn = inbox.take_turn(
            WireLimits{}, [](Frame&&) { return true; },
            [&](ByteView) {
                ++turns.back();
                return true;
            },
            [](const Message&) {});
    }
    CHECK(turns == std::vector<std::size_t>{Inbox::frames_per_turn, Inbox::frames_per_turn, 1});
}

TEST_CASE("before a frame is taken, the message behind it is told of, if it has arrived") {
    const Frame first = push_of_size(10);
    const Frame second = push_of_size(700);
    const Frame third = push_of_size(20);
    std::string bytes;
    for (const Frame& frame : {first, announce_of(2), second, third}) {
        bytes += encode(frame).text();
    }
    Inbox inbox;
    const auto [at, room] = inbox.prepare();
    REQUIRE(room >= bytes.size());
    const std::size_t last_byte_missing = bytes.size() - 1;
    std::memcpy(at, bytes.data(), bytes.size());
    inbox.commit(last_byte_missing);
    std::vector<MessageId> told;
    std::vector<MessageId> taken;
    const auto turn = [&](std::size_t frames_max) {
        return inbox
            .take_turn(
                WireLimits{},
                [&](Frame&& frame) {
                    const Message* message = message_of(frame);
                    taken.push_back(message == nullptr ? MessageId{} : message->key());
                    return taken.size() < frames_max;
                },
                [](ByteView) { return false; }, [&](const Message& message) { told.push_back(message.key()); })
            .end;
    };
    const auto key = [](const Frame& frame) { return message_of(frame)->key(); };
    CHECK(turn(2) == Inbox::Turn::End::stopped);
    CHECK(taken == std::vector<MessageId>{key(first), {}});
    CHECK(told == std::vector<MessageId>{key(second)});
    CHECK(turn(9) == Inbox::Turn::End::drained);
    CHECK(taken == std::vector<MessageId>{key(first), {}, key(second)});
    CHECK(told == std::vector<MessageId>{key(second)});
    inbox.commit(1);
    CHECK(turn(9) == Inbox::Turn::End::drained);
    CHECK(taken.back() == key(third));
    CHECK(taken.size() == 4);
}
