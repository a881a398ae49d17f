#include <chrono>
#include <set>
#include <string>
#include <utility>

#include <lattice/core/message.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

namespace {

MessageFields fields_of(std::string_view type, std::string_view origin, std::string_view payload) {
    return {type, origin, as_bytes(payload), WallTime{1'700'000'000'123'456us}};
}

}  // namespace

TEST_CASE("a composed message holds its fields and a verified id") {
    MessageFields fields = fields_of("proof", "node-1", "payload");
    fields.expiry = WallTime{1'800'000'000s};
    const std::string key(32, 'k');
    const std::string signature(64, 's');
    fields.public_key = as_bytes(key);
    fields.signature = as_bytes(signature);
    const Message message = Message::compose(fields);
    CHECK(message.type() == "proof");
    CHECK(message.origin() == "node-1");
    CHECK(as_text(message.payload()) == "payload");
    CHECK(message.timestamp() == fields.timestamp);
    CHECK(message.expiry() == fields.expiry);
    CHECK(as_text(message.public_key()) == key);
    CHECK(as_text(message.signature()) == signature);
    CHECK(message.authenticity() == Message::Authenticity::verified);
    CHECK(message.id() == message.key());
    CHECK(message.id() == Message::content_hash(fields));
}

TEST_CASE("every immutable field changes the id, and lengths cannot be shifted between fields") {
    const MessageFields base = fields_of("ab", "cd", "ef");
    std::set<MessageId> ids{Message::content_hash(base), Message::content_hash(fields_of("abc", "d", "ef")),
                            Message::content_hash(fields_of("a", "bcd", "ef")),
                            Message::content_hash(fields_of("ab", "c", "def"))};
    MessageFields later = base;
    later.timestamp += 1us;
    ids.insert(Message::content_hash(later));
    MessageFields expiring = base;
    expiring.expiry = later.timestamp;
    ids.insert(Message::content_hash(expiring));
    CHECK(ids.size() == 6);
}

TEST_CASE("a claim about an id is settled: verified or foreign") {
    const MessageFields fields = fields_of("proof", "node-1", "payload");
    const MessageId hash = Message::content_hash(fields);

    const Message honest = Message::authenticated(Message::claimed(hash, fields));
    CHECK(honest.authenticity() == Message::Authenticity::verified);
    CHECK(honest.key() == hash);

    MessageId other = hash;
    other.bytes[0] ^= std::byte{1};
    const Message unchecked = Message::claimed(other, fields);
    CHECK(unchecked.key() == other);
    const Message foreign = Message::authenticated(unchecked);
    CHECK(foreign.authenticity() == Message::Authenticity::foreign);
    CHECK(foreign.id() == other);
    CHECK(foreign.key() != other);
    CHECK(foreign.key() != hash);
    CHECK(as_text(foreign.payload()) == "payload");
}

TEST_CASE("with a message's claim, that of the next one is settled if it is true") {
    using Authenticity = Message::Authenticity;
    const MessageFields fields = fields_of("proof", "node-1", "payload");
    const std::string longer(700, 'p');
    const MessageFields fields_of_next = fields_of("proof of another", "node-2", longer);
    const auto claimed = [](const MessageFields& of, bool truly) {
        MessageId id = Message::content_hash(of);
        id.bytes[3] ^= truly ? std::byte{0} : std::byte{1};
        return Message::claimed(id, of);
    };
    for (const bool truly : {true, false}) {
        for (const bool next_truly : {true, false}) {
            const Message next = claimed(fields_of_next, next_truly);
            const MessageId claim_of_next = next.key();
            const Message message = Message::authenticated(claimed(fields, truly), next);
            CHECK(message.authenticity() == (truly ? Authenticity::verified : Authenticity::foreign));
            CHECK(message.key() == Message::authenticated(claimed(fields, truly)).key());
            CHECK(next.authenticity() == (next_truly ? Authenticity::verified : Authenticity::unchecked));
            CHECK(next.key() == claim_of_next);
        }
    }
    const Message settled = Message::compose(fields_of_next);
    CHECK(Message::authenticated(claimed(fields, true), settled).authenticity() == Authenticity::verified);
    CHECK(settled.authenticity() == Authenticity::verified);
}

// Fault 6 of the reference: whoever names an id first suppresses the true message.
TEST_CASE("two contents under one foreign id have two keys") {
    MessageId id;
    id.bytes[5] = std::byte{9};
    const Message one = Message::authenticated(Message::claimed(id, fields_of("proof", "a", "true")));
    const Message two = Message::authenticated(Message::claimed(id, fields_of("proof", "a", "false")));
    CHECK(one.id() == two.id());
    CHECK(one.key() != two.key());
}

TEST_CASE("handles share one allocation") {
    const Message message = Message::compose(fields_of("proof", "node-1", "payload"));
    Message copy = message;
    CHECK(copy.same_as(message));
    Message moved = std::move(copy);
    CHECK_FALSE(copy);  // NOLINT: what is left behind is specified
    CHECK(moved.payload().data() == message.payload().data());
    CHECK(message.footprint() >= std::string("proofnode-1payload").size());
    CHECK(message.footprint() <= std::string("proofnode-1payload").size() + 72);
}
