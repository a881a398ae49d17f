#include <array>
#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include <lattice/core/random.hpp>
#include <lattice/transport/tcp/frame_writer.hpp>
#include <lattice/transport/tcp/send_queue.hpp>

#include "support/catch.hpp"
#include "transport/tcp/frames.hpp"

using namespace lattice;
using namespace lattice::test;
using tcp::FrameWriter;
using tcp::SendQueue;
using tcp::WireFrame;

namespace {

constexpr SendQueue::Bounds roomy{1U << 30U, 1U << 30U};

/// Everything that the queue would write, in pieces of at most `bytes_max`.
std::string drain(SendQueue& queue, std::size_t bytes_max = 1U << 20U) {
    std::string text;
    std::array<ByteView, 64> pieces;
    while (!queue.empty()) {
        const std::size_t count = queue.gather(pieces, bytes_max);
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            text += as_text(pieces[i]);
            size += pieces[i].size();
        }
        queue.consume(size);
    }
    return text;
}

std::string wire_text(const Frame& frame) { return std::string(encode(frame).text()); }

}  // namespace

TEST_CASE("what goes in comes out in order, small frames and large") {
    FrameWriter writer;
    SendQueue queue;
    std::string expected;
    for (const std::size_t size : {10U, 4'096U, 4'097U, 100'000U, 1U, 0U}) {
        const Frame frame = push_of_size(size);
        REQUIRE(queue.push(writer.write(frame), roomy));
        expected += wire_text(frame);
    }
    const Frame long_list = SyncIds{{}, std::vector<MessageId>(4'000), true, Naming::keys};
    REQUIRE(queue.push(writer.write(long_list), roomy));
    expected += wire_text(long_list);
    CHECK(queue.bytes() == expected.size());
    CHECK(queue.frames() == 7);
    CHECK(drain(queue) == expected);
    CHECK(queue.bytes() == 0);
    CHECK(queue.frames() == 0);
}

TEST_CASE("frames that were encoded in turn leave in one piece") {
    FrameWriter writer;
    SendQueue first;
    SendQueue second;
    for (int i = 0; i < 50; ++i) {
        const WireFrame frame = writer.write(push_of_size(256));
        REQUIRE(first.push(frame, roomy));
        REQUIRE(second.push(frame, roomy));
    }
    std::array<ByteView, 64> pieces;
    REQUIRE(first.gather(pieces, 1U << 20U) == 1);
    const ByteView of_first = pieces[0];
    REQUIRE(second.gather(pieces, 1U << 20U) == 1);
    CHECK(of_first.data() == pieces[0].data());  // the same memory for every peer
}

TEST_CASE("a large payload is referred to, not copied") {
    FrameWriter writer;
    SendQueue queue;
    const Frame frame = push_of_size(100'000);
    REQUIRE(queue.push(writer.write(frame), roomy));
    std::array<ByteView, 64> pieces;
    REQUIRE(queue.gather(pieces, 1U << 20U) == 2);
    CHECK(pieces[1].data() == message_of(frame)->payload().data());
}

TEST_CASE("what is being written stays put while more is queued") {
    FrameWriter writer;
    SendQueue queue;
    const Frame a = push_of_size(100);
    const Frame b = push_of_size(5'000);
    REQUIRE(queue.push(writer.write(a), roomy));
    std::array<ByteView, 64> pieces;
    REQUIRE(queue.gather(pieces, 1U << 20U) == 1);
    const ByteView in_flight = pieces[0];
    REQUIRE(queue.push(writer.write(b), roomy));
    CHECK(as_text(in_flight) == wire_text(a));
    queue.consume(in_flight.size());
    CHECK(drain(queue) == wire_text(b));
}

TEST_CASE("a full queue takes no more of the same rank") {
    FrameWriter writer;
    SendQueue queue;
    const Frame frame = push_of_size(1'000);
    const SendQueue::Bounds bounds{10'000, 100};
    std::size_t taken = 0;
    while (queue.push(writer.write(frame), bounds)) {
        ++taken;
    }
    CHECK(queue.bytes() <= bounds.bytes);
    CHECK(queue.bytes() + wire_text(frame).size() > bounds.bytes);
    CHECK(queue.frames() == taken);
    CHECK(queue.evicted() == 0);
}

TEST_CASE("the number of frames is bounded too") {
    FrameWriter writer;
    SendQueue queue;
    for (int i = 0; i < 100; ++i) {
        queue.push(writer.write(push_of_size(1)), {1U << 20U, 10});
    }
    CHECK(queue.frames() == 10);
}

TEST_CASE("a lone frame is taken whatever the bound") {
    FrameWriter writer;
    SendQueue queue;
    CHECK(queue.push(writer.write(push_of_size(50'000)), {1'000, 10}));
    CHECK_FALSE(queue.push(writer.write(push_of_size(1)), {1'000, 10}));
}

TEST_CASE("announcements give way to payloads, payloads to control, and nothing gives way to announcements") {
    FrameWriter writer;
    const SendQueue::Bounds bounds{20'000, 1'000};
    const Frame announcement = announce_of(10);
    const Frame payload = push_of_size(300);
    // Larger than a payload, so that it never fits into what is left beside them.
    const Frame request = Request{std::vector<MessageId>(15), Naming::keys};

    SendQueue queue;
    while (queue.push(writer.write(announcement), bounds)) {
    }
    REQUIRE(queue.push(writer.write(payload), bounds));
    CHECK(queue.evicted() != 0);
    CHECK_FALSE(drain(queue).empty());

    SendQueue payloads;
    while (payloads.push(writer.write(payload), bounds)) {
    }
    CHECK_FALSE(payloads.push(writer.write(announcement), bounds));
    CHECK(payloads.evicted() == 0);
    REQUIRE(payloads.push(writer.write(request), bounds));
    CHECK(payloads.evicted() != 0);
    const std::string text = drain(payloads);
    CHECK(text.substr(text.size() - wire_text(request).size()) == wire_text(request));
}

TEST_CASE("a frame that is partly sent is never thrown out") {
    FrameWriter writer;
    SendQueue queue;
    const SendQueue::Bounds bounds{10'000, 1'000};
    const Frame announcement = announce_of(200);
    const Frame payload = push_of_size(4'000);
    REQUIRE(queue.push(writer.write(announcement), bounds));
    std::array<ByteView, 64> pieces;
    queue.gather(pieces, 1U << 20U);
    queue.consume(1);
    CHECK_FALSE(queue.push(writer.write(payload), bounds));
    CHECK(queue.evicted() == 0);
    CHECK(drain(queue) == wire_text(announcement).substr(1));
}

TEST_CASE("a queue pins a bounded number of slabs, however the frames lie") {
    FrameWriter writer;
    SendQueue queue;
    const SendQueue::Bounds bounds{1U << 20U, 100'000};
    std::size_t taken = 0;
    // Frames of others lie between this queue's: each of its frames holds a slab of its own.
    for (int i = 0; i < 10'000; ++i) {
        taken += queue.push(writer.write(push_of_size(10)), bounds) ? 1U : 0U;
        for (std::size_t filled = 0; filled < tcp::Slab::usual_capacity; filled += 4'000) {
            writer.write(push_of_size(4'000));
        }
    }
    CHECK(taken * tcp::Slab::usual_capacity <= 3 * bounds.bytes);
    CHECK(taken != 0);
}

TEST_CASE("a queue behaves as a list of frames would, whatever is done to it") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        LATTICE_SHOW(seed);
        Random random(seed);
        FrameWriter writer;
        SendQueue queue;
        std::string expected;  // nothing is thrown out here, so the twin is the text to be written
        std::string written;
        std::array<ByteView, 8> pieces;
        for (int step = 0; step < 500; ++step) {
            if (random.below(2) == 0) {
                const Frame frame =
                    random.below(3) == 0 ? announce_of(random.below(50)) : push_of_size(random.below(9'000));
                if (queue.push(writer.write(frame), roomy)) {
                    expected += wire_text(frame);
                }
            } else {
                const std::size_t count = queue.gather(pieces, random.below(30'000));
                std::string gathered;
                for (std::size_t i = 0; i < count; ++i) {
                    gathered += as_text(pieces[i]);
                }
                const std::size_t size = random.below(gathered.size() + 1);
                written += gathered.substr(0, size);
                queue.consume(size);
            }
            REQUIRE(queue.bytes() == expected.size() - written.size());
        }
        written += drain(queue, 10'000);
        CHECK(written == expected);
    }
}

TEST_CASE("bytes of a frame that nobody took are used again") {
    FrameWriter writer;
    const WireFrame kept = writer.write(push_of_size(10));
    const WireFrame unwanted = writer.write(push_of_size(20));
    const std::byte* const at = unwanted.data;
    writer.discard(unwanted);
    CHECK(writer.write(push_of_size(30)).data == at);
    CHECK(kept.data + kept.size == at);
}
