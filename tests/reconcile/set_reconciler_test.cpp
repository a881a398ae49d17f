#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <lattice/core/message_cache.hpp>
#include <lattice/core/random.hpp>
#include <lattice/reconcile/set_reconciler.hpp>

#include "support/catch.hpp"
#include "support/names.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using reconcile::SetReconciler;
using reconcile::SetReconcilerOptions;
using State = Reconciler::Progress::State;

namespace {

constexpr WallTime now{1'700'000'000s};

/// A cache with its reconciler, without an engine.
struct Side {
    explicit Side(std::uint64_t seed, const SetReconcilerOptions& options = {}) : random(seed), reconciler(options) {
        cache.listen(&reconciler);
    }
    void hold(const Message& message) { cache.insert(message, {}, {}); }
    std::vector<MessageId> keys(const std::vector<std::uint32_t>& slots) const {
        std::vector<MessageId> names;
        for (const std::uint32_t slot : slots) {
            REQUIRE(cache.at(slot) != nullptr);
            names.push_back(cache.at(slot)->message.key());
        }
        return names;
    }

    Random random;
    MessageCache cache{100'000, 1U << 30U, random};
    SetReconciler reconciler;
};

/// What a whole session told both sides.
struct Found {
    std::set<MessageId> missing_here;
    std::set<MessageId> missing_there;
    State state{};
    int requests{0};
    std::size_t bytes{0};
};

Found run(Side& asker, Side& answerer, WallTime at = now) {
    Found found;
    Bytes request = asker.reconciler.begin(at);
    for (;;) {
        REQUIRE(++found.requests < 1'000);
        const auto reply = answerer.reconciler.answer(request.view(), at);
        REQUIRE(reply.has_value());
        found.bytes += request.size() + reply->size();
        const auto progress = asker.reconciler.take(reply->view(), at);
        for (const MessageId& key : answerer.keys(answerer.reconciler.named(progress.wants.view(), 100'000))) {
            found.missing_here.insert(key);
        }
        for (const MessageId& key : asker.keys(progress.lacking)) {
            found.missing_there.insert(key);
        }
        found.state = progress.state;
        if (progress.state != State::going_on) {
            return found;
        }
        request = progress.request;
    }
}

Message at(WallTime time, int number) { return test::message("m" + std::to_string(number), "origin", time); }

}  // namespace

TEST_CASE("a session finds what either side lacks, and nothing else") {
    const int differences = GENERATE(0, 1, 7, 60, 900);
    Side one(1);
    Side two(2);
    std::set<MessageId> only_one;
    std::set<MessageId> only_two;
    for (int i = 0; i < 3'000; ++i) {
        const Message message = at(now - std::chrono::seconds(i / 10), i);
        if (i % 2 == 0 && i / 2 < differences) {
            one.hold(message);
            only_one.insert(message.key());
        } else if (i % 2 == 1 && i / 2 < differences) {
            two.hold(message);
            only_two.insert(message.key());
        } else {
            one.hold(message);
            two.hold(message);
        }
    }
    const Found found = run(one, two);
    CHECK(found.state == State::complete);
    CHECK(found.missing_there == only_one);
    CHECK(found.missing_here == only_two);
}

TEST_CASE("equal sets cost little, and after the first session only the newest windows and one in turn are asked for") {
    Side one(1);
    Side two(2);
    for (int i = 0; i < 500; ++i) {
        const Message message = at(now - std::chrono::minutes(i), i);
        one.hold(message);
        two.hold(message);
    }
    CHECK(run(one, two).requests == 144);  // The whole day, once.
    const Found again = run(one, two);
    CHECK(again.requests == 3);
    CHECK(again.bytes <= 3 * 80);
}

TEST_CASE("a node without anything finds all of the day in its first session") {
    Side joiner(1);
    Side old(2);
    for (int i = 0; i < 2'000; ++i) {
        old.hold(at(now - std::chrono::seconds(i * 40), i));
    }
    const Found found = run(joiner, old);
    CHECK(found.state == State::complete);
    CHECK(found.missing_here.size() == 2'000);
    CHECK(found.missing_there.empty());
}

TEST_CASE("differences in the past are followed as far as they go") {
    Side one(1);
    Side two(2);
    run(one, two);
    for (int i = 0; i < 60; ++i) {  // An hour that only the other has seen, six windows.
        two.hold(at(now - std::chrono::minutes(i), i));
    }
    const Found found = run(one, two);
    CHECK(found.missing_here.size() == 60);
    CHECK(found.requests <= 12);
}

TEST_CASE("messages come and go during a session, and what is found is true of what is held") {
    Side one(1);
    Side two(2);
    std::vector<Message> messages;
    for (int i = 0; i < 400; ++i) {
        messages.push_back(at(now - std::chrono::seconds(i), i));
        one.hold(messages.back());
    }
    const Bytes request = one.reconciler.begin(now);
    const auto reply = two.reconciler.answer(request.view(), now);
    one.cache.drop_if([&](const Message& message) { return message.same_as(messages[5]); });
    one.hold(at(now, 1'000));
    const auto progress = one.reconciler.take(reply->view(), now);
    for (const MessageId& key : one.keys(progress.lacking)) {
        CHECK(key != messages[5].key());
    }
}

TEST_CASE("networks with different keys give up and leave it to lists") {
    SetReconcilerOptions other;
    other.network_key.low = 7;
    Side one(1);
    Side two(2, other);
    one.hold(at(now, 1));
    two.hold(at(now, 2));
    CHECK(run(one, two).state == State::gave_up);
}

TEST_CASE("hostile bytes end a session and are answered with nothing") {
    Side one(1);
    one.hold(at(now, 1));
    Random random(5);
    for (int i = 0; i < 3'000; ++i) {
        std::vector<std::byte> bytes(static_cast<std::size_t>(random.below(200)));
        for (auto& byte : bytes) {
            byte = static_cast<std::byte>(random.next());
        }
        one.reconciler.begin(now);
        const auto progress = one.reconciler.take(ByteView(bytes), now);
        REQUIRE(progress.wanted <= bytes.size());
        one.reconciler.answer(ByteView(bytes), now);
        REQUIRE(one.reconciler.named(ByteView(bytes), 100).size() <= 100);
    }
    CHECK_FALSE(one.reconciler.answer({}, now).has_value());
    CHECK(one.reconciler.take({}, now).state == State::gave_up);
}
