#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/codec/binary.hpp>

#include "codec/frames.hpp"
#include "support/catch.hpp"

using namespace codec_test;

namespace {

constexpr std::string_view proof = R"({"proof_id":"proof_12345"})";

Octets counting(unsigned from, std::size_t count) {
    Octets bytes(count);
    for (std::size_t i = 0; i < count; ++i) {
        bytes[i] = static_cast<std::byte>(from + i);
    }
    return bytes;
}

Message proof_message() { return Message::compose(fields("proof", "node1", as_bytes(proof))); }

Message full_message() {
    const Octets payload = counting(0, 40);
    const Octets key = counting(0, 32);
    const Octets signature = counting(64, 64);
    MessageFields full = fields("state_update", "node-2", view(payload));
    full.expiry = at(some_time + 60'000'000);
    full.public_key = view(key);
    full.signature = view(signature);
    return Message::compose(full);
}

Route some_route() {
    return {Course::slice, true, 25, 2'000, 3, 0x01020304U, {0x0102030405060708U, 0xf1f2f3f4f5f6f7f8U}};
}

Announce many_names() {
    Announce announce;
    for (unsigned i = 0; i < 130; ++i) {
        announce.names.push_back(repeated_id(i));
    }
    return announce;
}

struct Vector {
    std::string name;
    Frame frame;
};

/// What the files of tests/golden hold. They were written by a program in another language that follows the drawing.
std::vector<Vector> vectors() {
    const MessageId a = repeated_id(0xa0);
    const MessageId b = repeated_id(0xb1);
    const auto foreign = Message::claimed(repeated_id(0x11), fields("proof", "python-node", as_bytes(R"({"a":1})")));
    return {{"push", Push{proof_message(), {10, 0}}},
            {"push_priority", Push{proof_message(), {10, 0, Priority::critical}}},
            {"push_route", Push{proof_message(), {10, 0, Priority::bulk}, some_route()}},
            {"push_overlay", Push{proof_message(), {10, 0}, {Course::overlay}}},
            {"push_all_fields", Push{full_message(), {7, 3}}},
            {"push_empty_payload", Push{Message::compose(fields("t", "o", {}, at(0))), {0, 255}}},
            {"push_foreign", Push{Message::authenticated(foreign), {32, 1}}},
            {"provide", Provide{proof_message(), {0, 4}}},
            {"announce", Announce{{a, b}}},
            {"announce_many", many_names()},
            {"request", Request{{a}, Naming::ids}},
            {"not_found", NotFound{{b}, Naming::keys}},
            {"sync_request", SyncRequest{MessageId{}, 4096, Naming::keys}},
            {"sync_ids", SyncIds{a, {b}, true, Naming::ids}},
            {"acknowledge", Acknowledge{{{0x0102030405060708U, 1}, {0xf1f2f3f4f5f6f7f8U, 3}}}},
            {"push_receipt", Push{proof_message(), {10, 0, Priority::normal, true}}},
            {"push_route_receipt", Push{proof_message(), {10, 0, Priority::bulk, true}, some_route()}},
            {"provide_receipt", Provide{proof_message(), {0, 4, Priority::normal, true}}},
            {"acknowledge_tally",
             Acknowledge{{{0x0102030405060708U, 1, {1, true}}, {0xf1f2f3f4f5f6f7f8U, 0, {300, false}}}}},
            {"link_join", LinkControl{LinkStep::join, 0, {}}},
            {"link_herald", LinkControl{LinkStep::herald, 0x0102030405060708U, repeated_id(0x5a)}},
            {"link_graft", LinkControl{LinkStep::graft, 0x0102030405060708U, repeated_id(0x5a)}},
            {"link_prune", LinkControl{LinkStep::prune, 0x0102030405060708U, {}}},
            {"reconcile", Reconcile{Reconcile::Step::wants, 300, Bytes(std::string_view("sketch"))}},
            {"reconcile_empty", Reconcile{Reconcile::Step::request, 0xffffffffU, Bytes{}}},
            {"sync_ids_empty", SyncIds{MessageId{}, {}, false, Naming::keys}}};
}

std::string_view status_name(DecodeStatus status) {
    switch (status) {
        case DecodeStatus::frame:
            return "frame";
        case DecodeStatus::incomplete:
            return "incomplete";
        case DecodeStatus::skipped:
            return "skipped";
        case DecodeStatus::malformed:
            return "malformed";
    }
    return "";
}

std::string_view fault_name(FrameFault fault) {
    switch (fault) {
        case FrameFault::none:
            return "none";
        case FrameFault::length_malformed:
            return "length_malformed";
        case FrameFault::frame_too_large:
            return "frame_too_large";
        case FrameFault::frame_too_short:
            return "frame_too_short";
        case FrameFault::fields_malformed:
            return "fields_malformed";
        case FrameFault::type_invalid:
            return "type_invalid";
        case FrameFault::origin_invalid:
            return "origin_invalid";
        case FrameFault::time_out_of_range:
            return "time_out_of_range";
        case FrameFault::payload_too_large:
            return "payload_too_large";
        case FrameFault::too_many_names:
            return "too_many_names";
    }
    return "";
}

}  // namespace

TEST_CASE("every golden frame decodes to its fields, and the fields encode to it") {
    for (const auto& [name, frame] : vectors()) {
        LATTICE_SHOW(name);
        const Octets bytes = golden(name);
        REQUIRE_FALSE(bytes.empty());

        CHECK(octets(encode(frame).view()) == bytes);
        const Decoded decoded = decode(view(bytes));
        REQUIRE(decoded.status == DecodeStatus::frame);
        CHECK(decoded.size == bytes.size());
        CHECK(same_frame(decoded.frame, frame));
    }
}

TEST_CASE("a golden message that names itself by its hash is verified, another is foreign") {
    const Decoded named = decode(view(golden("push")));
    REQUIRE(named.status == DecodeStatus::frame);
    CHECK(message_of(named.frame)->authenticity() == Message::Authenticity::unchecked);
    CHECK(Message::authenticated(*message_of(named.frame)).authenticity() == Message::Authenticity::verified);

    const Decoded foreign = decode(view(golden("push_foreign")));
    REQUIRE(foreign.status == DecodeStatus::frame);
    CHECK(Message::authenticated(*message_of(foreign.frame)).authenticity() == Message::Authenticity::foreign);
}

TEST_CASE("fields of later versions are skipped") {
    const Decoded extended = decode(view(golden("push_extension")));
    REQUIRE(extended.status == DecodeStatus::frame);
    CHECK(same_frame(extended.frame, Push{proof_message(), {10, 0}}));

    const Octets trailing = golden("sync_request_trailing");
    const Decoded request = decode(view(trailing));
    REQUIRE(request.status == DecodeStatus::frame);
    CHECK(request.size == trailing.size());
    CHECK(same_frame(request.frame, SyncRequest{MessageId{}, 4096, Naming::keys}));
}

TEST_CASE("every golden refusal is refused for its reason") {
    std::size_t refused = 0;
    for (const std::string& line : golden_lines("refused.txt")) {
        LATTICE_SHOW(line);
        if (line.starts_with("#")) {
            continue;
        }
        const auto space = line.find(' ');
        const std::string expected = line.substr(0, space);
        const Octets bytes = from_hex(line.substr(space, line.find('#') - space));

        const Decoded decoded = decode(view(bytes));
        const bool malformed = decoded.status == DecodeStatus::malformed;
        CHECK((malformed ? fault_name(decoded.fault) : status_name(decoded.status)) == expected);
        CHECK((decoded.fault != FrameFault::none) == malformed);
        CHECK((decoded.status == DecodeStatus::skipped) == (expected == "skipped"));
        if (decoded.status == DecodeStatus::skipped) {
            CHECK(decoded.size == bytes.size());
        }
        ++refused;
    }
    CHECK(refused > 35);
}

TEST_CASE("every alternative of Frame has a golden frame") {
    std::vector<bool> found(std::variant_size_v<Frame>);
    for (const auto& [name, frame] : vectors()) {
        found[frame.index()] = true;
    }
    CHECK(std::count(found.begin(), found.end(), false) == 0);
}

TEST_CASE("every fault has a sentence of its own") {
    std::vector<std::string_view> sentences;
    for (int fault = 0; fault <= static_cast<int>(FrameFault::too_many_names); ++fault) {
        sentences.push_back(describe(static_cast<FrameFault>(fault)));
        CHECK(fault_name(static_cast<FrameFault>(fault)) != "");
    }
    std::sort(sentences.begin(), sentences.end());
    CHECK(std::adjacent_find(sentences.begin(), sentences.end()) == sentences.end());
}
