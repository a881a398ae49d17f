#include <algorithm>
#include <deque>
#include <string>

#include <lattice/core/message_cache.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;

namespace {

Message numbered(int number) { return test::message("payload " + std::to_string(number)); }

Message foreign(std::uint64_t id) {
    const Message plain = test::message("foreign " + std::to_string(id));
    return Message::authenticated(Message::claimed(test::name(id), plain.fields()));
}

}  // namespace

TEST_CASE("held messages are found by key, foreign ones by id too") {
    Random random(1);
    MessageCache cache(10, 1 << 20, random);
    const Message own = numbered(1);
    const Message other = foreign(77);
    CHECK(cache.insert(own, {10, 1}, {}));
    CHECK_FALSE(cache.insert(own, {10, 1}, {}));
    CHECK(cache.insert(other, {3, 2}, Peer("p")));
    REQUIRE(cache.find(own.key(), Naming::keys) != nullptr);
    CHECK(cache.find(own.key(), Naming::ids)->message.same_as(own));
    REQUIRE(cache.find(other.key(), Naming::keys) != nullptr);
    CHECK(cache.find(other.key(), Naming::keys)->envelope.ttl == 3);
    REQUIRE(cache.find(test::name(77), Naming::ids) != nullptr);
    CHECK(cache.find(test::name(77), Naming::keys) == nullptr);
    CHECK(cache.find(test::name(78), Naming::ids) == nullptr);
}

TEST_CASE("with one source the cache is first in, first out") {
    Random random(1);
    MessageCache cache(16, 1 << 20, random);
    std::deque<Message> twin;
    for (int i = 0; i < 200; ++i) {
        const Message message = i % 5 == 0 ? foreign(static_cast<std::uint64_t>(i)) : numbered(i);
        cache.insert(message, {}, Peer("p"));
        twin.push_back(message);
        if (twin.size() > 16) {
            CHECK(cache.find(twin.front().key(), Naming::keys) == nullptr);
            CHECK(cache.find(twin.front().id(), Naming::ids) == nullptr);
            twin.pop_front();
        }
        REQUIRE(cache.size() == twin.size());
        for (const Message& held : twin) {
            REQUIRE(cache.find(held.key(), Naming::keys) != nullptr);
        }
    }
}

TEST_CASE("the peer that brought most bytes pays at the bound") {
    Random random(1);
    MessageCache cache(8, 1 << 20, random);
    for (int i = 0; i < 4; ++i) {
        cache.insert(numbered(i), {}, Peer("honest"));
    }
    for (int i = 100; i < 200; ++i) {
        cache.insert(numbered(i), {}, Peer("flooder"));
    }
    for (int i = 0; i < 4; ++i) {
        CHECK(cache.find(numbered(i).key(), Naming::keys) != nullptr);
    }
    CHECK(cache.size() == 8);
}

// Fault 9 of the reference: eviction by the sender's timestamp lets far-future messages pin the cache.
TEST_CASE("timestamps do not pin messages") {
    Random random(1);
    MessageCache cache(4, 1 << 20, random);
    const Message pinned = test::message("future", "liar", WallTime::max());
    cache.insert(pinned, {}, Peer("p"));
    for (int i = 0; i < 4; ++i) {
        cache.insert(numbered(i), {}, Peer("p"));
    }
    CHECK(cache.find(pinned.key(), Naming::keys) == nullptr);
}

TEST_CASE("bytes are bounded as well as messages") {
    Random random(1);
    MessageCache cache(1'000, 10'000, random);
    for (int i = 0; i < 50; ++i) {
        cache.insert(test::message(std::string(1'000, 'x') + std::to_string(i)), {}, {});
        REQUIRE(cache.bytes() <= 10'000);
    }
    CHECK(cache.size() >= 8);
}

TEST_CASE("names are listed in ascending order, page by page") {
    Random random(1);
    MessageCache cache(100, 1 << 20, random);
    std::vector<MessageId> keys;
    for (int i = 0; i < 50; ++i) {
        cache.insert(numbered(i), {}, {});
        keys.push_back(numbered(i).key());
    }
    std::sort(keys.begin(), keys.end());
    std::vector<MessageId> listed;
    bool complete = false;
    for (int pages = 0; !complete; ++pages) {
        REQUIRE(pages < 8);
        std::vector<MessageId> page;
        complete = cache.names_after(listed.empty() ? MessageId{} : listed.back(), 7, Naming::keys, page);
        REQUIRE(page.size() <= 7);
        listed.insert(listed.end(), page.begin(), page.end());
    }
    CHECK(listed == keys);
}

TEST_CASE("what is outdated goes, wherever it stands, and the rest stays in order") {
    Random random(1);
    MessageCache cache(20, 1 << 20, random);
    const WallTime now{std::chrono::hours{1'000}};
    const auto old = [&](int i) { return i % 3 == 0; };
    const auto expiring = [&](int i) { return i % 3 == 1; };
    std::vector<Message> messages;
    for (int i = 0; i < 20; ++i) {
        const std::string payload = std::to_string(i);
        MessageFields fields{"type", "origin", as_bytes(payload), old(i) ? now - std::chrono::hours{2} : now};
        if (expiring(i)) {
            fields.expiry = now + std::chrono::hours{1};
        }
        messages.push_back(Message::compose(fields));
        cache.insert(messages.back(), {}, Peer(i % 2 == 0 ? "a" : "b"));
    }
    cache.drop_outdated(now - std::chrono::hours{2}, now);
    CHECK(cache.size() == 20);
    cache.drop_outdated(now - std::chrono::hours{1}, now);
    CHECK(cache.size() == 13);
    for (int i = 0; i < 20; ++i) {
        CHECK((cache.find(messages[static_cast<std::size_t>(i)].key(), Naming::keys) == nullptr) == old(i));
    }
    cache.drop_outdated(now - std::chrono::hours{1}, now + std::chrono::hours{1});
    CHECK(cache.size() == 6);
    for (int i = 100; i < 120; ++i) {
        cache.insert(numbered(i), {}, Peer("a"));
        REQUIRE(cache.size() <= 20);
    }
    CHECK(cache.find(numbered(119).key(), Naming::keys) != nullptr);
    cache.drop_outdated(WallTime::max(), now);
    CHECK(cache.size() == 0);
    CHECK(cache.bytes() == 0);
    CHECK(cache.insert(numbered(1), {}, Peer("b")));
}
