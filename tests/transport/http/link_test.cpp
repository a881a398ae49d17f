#include <memory>
#include <string>
#include <vector>

#include <lattice/transport/http/link.hpp>

#include "support/catch.hpp"
#include "transport/http/fixture.hpp"

using namespace lattice_test;
using http::Batch;
using http::Link;
using http::OutgoingFrame;
using http::PeerKind;
using http::QueuedFrame;

namespace {

const std::string me = "me";

QueuedFrame queued(Frame frame, std::size_t weight = 10) {
    return {std::make_shared<OutgoingFrame>(std::move(frame), me), weight, 0};
}

Request request_of(int names) {
    Request request{{}, Naming::ids};
    for (int i = 0; i < names; ++i) {
        request.names.push_back(make_message("{\"i\":" + std::to_string(i) + "}").id());
    }
    return request;
}

Link make_link() { return Link(Peer("p", "http://a:1"), {"a", 1}); }

}  // namespace

TEST_CASE("a queue is bounded in items and in bytes, and takes one frame of any size") {
    HttpLimits limits;
    limits.queue_items_max = 3;
    limits.queue_bytes_max = 100;
    Link link = make_link();
    CHECK(link.push(queued(Announce{}, 1'000), limits));
    CHECK_FALSE(link.push(queued(Announce{}, 1), limits));
    link.clear();
    CHECK(link.push(queued(Announce{}, 60), limits));
    CHECK_FALSE(link.push(queued(Announce{}, 60), limits));
    CHECK(link.push(queued(Announce{}, 40), limits));
    CHECK(link.push(queued(Announce{}, 0), limits));
    CHECK_FALSE(link.push(queued(Announce{}, 0), limits));
}

TEST_CASE("a queue is crowded from a quarter of its bounds on") {
    HttpLimits limits;
    limits.queue_items_max = 8;
    limits.queue_bytes_max = 100;
    Link link = make_link();
    CHECK(link.push(queued(Announce{}, 1), limits));
    CHECK(link.push(queued(Announce{}, 24), limits));
    CHECK_FALSE(link.is_crowded(limits));
    CHECK(link.push(queued(Announce{}, 0), limits));
    CHECK(link.is_crowded(limits));
    link.clear();
    CHECK_FALSE(link.is_crowded(limits));
    CHECK(link.push(queued(Announce{}, 26), limits));
    CHECK(link.is_crowded(limits));
}

TEST_CASE("a peer that understands frames gets as many as fit into one request") {
    const HttpLimits limits;
    Link link = make_link();
    link.kind = PeerKind::lattice;
    const std::size_t third = limits.frames_body_max() / 6;
    for (int i = 0; i < 7; ++i) {
        REQUIRE(link.push(queued(Announce{}, third), limits));
    }
    CHECK(link.take(limits).frames.size() == 3);
    CHECK(link.take(limits).frames.size() == 3);
    CHECK(link.take(limits).frames.size() == 1);
    CHECK(link.empty());
    CHECK(link.exchanges_max(limits) == 1);
}

TEST_CASE("any other peer gets one request at a time, and each name of a Request by itself") {
    const HttpLimits limits;
    for (const PeerKind kind : {PeerKind::unknown, PeerKind::foreign}) {
        Link link = make_link();
        link.kind = kind;
        REQUIRE(link.push(queued(request_of(3)), limits));
        REQUIRE(link.push(queued(Announce{}), limits));
        for (std::size_t i = 0; i < 3; ++i) {
            const Batch batch = link.take(limits);
            REQUIRE(batch.frames.size() == 1);
            CHECK(batch.frames[0].first_name == i);
        }
        CHECK(std::holds_alternative<Announce>(link.take(limits).frames[0].frame->frame()));
        CHECK(link.empty());
        CHECK(link.exchanges_max(limits) == (kind == PeerKind::foreign ? limits.connections_per_peer : 1));
    }
}

TEST_CASE("frames that are put back come first, in their order") {
    const HttpLimits limits;
    Link link = make_link();
    link.kind = PeerKind::lattice;
    for (std::size_t i = 1; i <= 4; ++i) {
        REQUIRE(link.push(queued(Announce{std::vector<MessageId>(i)}), limits));
    }
    Batch batch = link.take(limits);
    REQUIRE(link.push(queued(Announce{std::vector<MessageId>(5)}), limits));
    link.put_back(std::move(batch.frames));
    const Batch again = link.take(limits);
    REQUIRE(again.frames.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(std::get<Announce>(again.frames[i].frame->frame()).names.size() == i + 1);
    }
}

TEST_CASE("a frame is encoded once in each form") {
    OutgoingFrame frame(Push{make_message(), {5, 1}}, me);
    CHECK(frame.json().data() == frame.json().data());
    CHECK(decode_json(frame.json()));
    std::string body;
    frame.append_binary(body);
    frame.append_binary(body);
    const auto frames = http::decode_frames(body, {}, 10);
    REQUIRE(frames.has_value());
    CHECK(frames->size() == 2);
    CHECK_FALSE(http::decode_frames(body, {}, 1).has_value());
    CHECK_FALSE(http::decode_frames(body.substr(1), {}, 10).has_value());
    CHECK_FALSE(http::decode_frames(body.substr(0, body.size() - 1), {}, 10).has_value());
}
