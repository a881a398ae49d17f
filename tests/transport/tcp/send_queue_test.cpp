#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lattice/codec/decode.hpp>
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

Priority any_priority(Random& random) { return static_cast<Priority>(random.below(4)); }

std::size_t size_of(std::span<const ByteView> pieces) {
    std::size_t size = 0;
    for (const ByteView piece : pieces) {
        size += piece.size();
    }
    return size;
}

/// Calls `each(frame, text)` for the frames that the text is made of, the last of them perhaps cut short.
template <typename Each>
void for_frames(std::string_view text, Each each) {
    for (Decoded next = decode(as_bytes(text)); next.status == DecodeStatus::frame; next = decode(as_bytes(text))) {
        each(next.frame, text.substr(0, next.size));
        text.remove_prefix(next.size);
    }
}

std::array<std::string, tcp::ranks> by_rank(std::string_view text) {
    std::array<std::string, tcp::ranks> ranks;
    for_frames(text, [&](const Frame& frame, std::string_view bytes) {
        ranks[static_cast<std::size_t>(tcp::rank_of(frame))] += bytes;
    });
    return ranks;
}

std::size_t frames_in(std::string_view text) {
    std::size_t count = 0;
    for_frames(text, [&](const Frame&, std::string_view) { ++count; });
    return count;
}

}  // namespace

TEST_CASE("what goes in comes out in order, small frames and large, control first") {
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
    expected = wire_text(long_list) + expected;  // Control frames overtake.
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
    CHECK(text.substr(0, wire_text(request).size()) == wire_text(request));
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

TEST_CASE("a queue behaves as a list of frames per rank would, whatever is done to it") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        LATTICE_SHOW(seed);
        Random random(seed);
        FrameWriter writer;
        SendQueue queue;
        std::array<std::string, tcp::ranks> expected;  // Nothing is thrown out here.
        std::size_t total = 0;
        std::string written;
        std::array<ByteView, 8> pieces;
        for (int step = 0; step < 500; ++step) {
            if (random.below(2) == 0) {
                const Frame frame = random.below(3) == 0 ? announce_of(random.below(50))
                                                         : push_of_size(random.below(9'000), any_priority(random));
                REQUIRE(queue.push(writer.write(frame), roomy));
                expected[static_cast<std::size_t>(tcp::rank_of(frame))] += wire_text(frame);
                total += wire_text(frame).size();
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
            REQUIRE(queue.bytes() == total - written.size());
        }
        written += drain(queue, 10'000);
        CHECK(queue.frames() == 0);
        CHECK((by_rank(written) == expected));
    }
}

TEST_CASE("a critical message overtakes a backlog of bulk, all but what is with the system") {
    FrameWriter writer;
    SendQueue queue;
    std::array<ByteView, 64> pieces;
    for (int i = 0; i < 1'000; ++i) {
        REQUIRE(queue.push(writer.write(push_of_size(1'000, Priority::bulk)), roomy));
    }
    const std::size_t in_flight = size_of(std::span(pieces).first(queue.gather(pieces, 10'000)));
    const Frame urgent = push_of_size(1'000, Priority::critical);
    REQUIRE(queue.push(writer.write(urgent), roomy));
    queue.consume(in_flight);
    const std::string text = drain(queue, 10'000);
    CHECK(text.find(wire_text(urgent)) <= tcp::Run::bytes_usual + 4'000);
    CHECK(frames_in(text) > 900);
}

TEST_CASE("priorities share a full link by weight, whatever the sizes of their messages") {
    FrameWriter writer;
    SendQueue queue;
    const std::array<std::size_t, 4> sizes{20'000, 300, 1'000, 100};
    const auto total = [](std::size_t size) { return 400'000 / size; };
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t count = 0; count < total(sizes[i]); ++count) {
            REQUIRE(queue.push(writer.write(push_of_size(sizes[i], static_cast<Priority>(i))), roomy));
        }
    }
    std::string text;
    std::array<ByteView, 64> pieces;
    while (text.size() < 450'000) {
        const std::span<const ByteView> gathered = std::span(pieces).first(queue.gather(pieces, 8'000));
        for (const ByteView piece : gathered) {
            text += as_text(piece);
        }
        queue.consume(size_of(gathered));
    }
    const auto shares = by_rank(text);
    const auto share = [&](tcp::Rank rank) {
        return static_cast<double>(shares[static_cast<std::size_t>(rank)].size()) / static_cast<double>(text.size());
    };
    CHECK(std::abs(share(tcp::Rank::critical) - 8 / 15.0) < 0.08);
    CHECK(std::abs(share(tcp::Rank::high) - 4 / 15.0) < 0.05);
    CHECK(std::abs(share(tcp::Rank::normal) - 2 / 15.0) < 0.04);
    CHECK(std::abs(share(tcp::Rank::bulk) - 1 / 15.0) < 0.03);
}

TEST_CASE("at the bound the lowest priority gives way first") {
    FrameWriter writer;
    SendQueue queue;
    const SendQueue::Bounds bounds{50'000, 1'000};
    for (const Priority priority : {Priority::high, Priority::bulk, Priority::normal}) {
        for (int i = 0; i < 13; ++i) {
            REQUIRE(queue.push(writer.write(push_of_size(1'000, priority)), bounds));
        }
    }
    while (queue.push(writer.write(push_of_size(1'000, Priority::bulk)), bounds)) {
    }
    for (int i = 0; i < 10; ++i) {
        REQUIRE(queue.push(writer.write(push_of_size(1'000, Priority::critical)), bounds));
    }
    const auto left = by_rank(drain(queue));
    const auto frames_of = [&](tcp::Rank rank) { return frames_in(left[static_cast<std::size_t>(rank)]); };
    CHECK(frames_of(tcp::Rank::critical) == 10);
    CHECK(frames_of(tcp::Rank::high) == 13);
    CHECK(frames_of(tcp::Rank::normal) == 13);
    CHECK(frames_of(tcp::Rank::bulk) < 15);
    CHECK(queue.evicted() != 0);
}

TEST_CASE("a message whose time has passed when its turn comes is left out") {
    FrameWriter writer;
    SendQueue queue;
    const auto at = [](int seconds) { return WallTime{std::chrono::seconds(seconds)}; };
    const Frame early = push_of_size(100, Priority::normal, at(10));
    const Frame late = push_of_size(100, Priority::normal, at(20));
    const Frame never = push_of_size(100);
    for (const Frame* frame : {&early, &late, &never, &early}) {
        REQUIRE(queue.push(writer.write(*frame), roomy));
    }
    CHECK(queue.has_expiries());
    std::array<ByteView, 8> pieces;
    std::string text;
    for (std::size_t i = 0, count = queue.gather(pieces, 10'000, at(10)); i < count; ++i) {
        text += as_text(pieces[i]);
    }
    CHECK(text == wire_text(late) + wire_text(never));
    CHECK(queue.expired() == 2);
    queue.consume(text.size());
    CHECK(queue.empty());
    CHECK(queue.bytes() == 0);
    CHECK_FALSE(queue.has_expiries());
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
