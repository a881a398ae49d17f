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
    explicit Side(std::uint64_t seed, const SetReconcilerOptions& options = {}, std::size_t holds_at_most = 100'000)
        : random(seed), room(holds_at_most), reconciler(options) {
        reconciler.attach(cache, seed);
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
    std::size_t room;
    MessageCache cache{room, 1U << 30U, random};
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

SetReconcilerOptions in_a_closed_network() {
    SetReconcilerOptions options;
    options.network_key = reconcile::Salt{1, 2};
    return options;
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

TEST_CASE("equal sets cost at most 40 bytes each way, whatever they hold") {
    Side one(1, in_a_closed_network());
    Side two(2, in_a_closed_network());
    for (int i = 0; i < 5'000; ++i) {
        const Message message = at(now - std::chrono::seconds(15 * i), i);
        one.hold(message);
        two.hold(message);
    }
    run(one, two);
    const Found again = run(one, two);
    CHECK(again.state == State::complete);
    CHECK(again.requests == 1);
    CHECK(again.bytes <= 40 + 4);
}

TEST_CASE("a node without anything finds all of the day, the newest first, in few round trips") {
    Side joiner(1, in_a_closed_network());
    Side old(2, in_a_closed_network());
    for (int i = 0; i < 4'000; ++i) {
        old.hold(at(now - std::chrono::seconds(i * 20), i));
    }
    Bytes request = joiner.reconciler.begin(now);
    const auto reply = old.reconciler.answer(request.view(), now);
    const auto progress = joiner.reconciler.take(reply->view(), now);
    for (const std::uint32_t slot : old.reconciler.named(progress.wants.view(), 100'000)) {
        CHECK(old.cache.at(slot)->message.timestamp() > now - 30min);
    }
    const Found found = run(joiner, old);
    CHECK(found.state == State::complete);
    CHECK(found.missing_here.size() == 4'000);
    CHECK(found.missing_there.empty());
    CHECK(found.requests <= 6);
    CHECK(found.bytes <= 4'000 * 10);
}

TEST_CASE("what one session leaves over the next ones find, without listing it all again") {
    Side joiner(1);
    Side old(2);
    for (int i = 0; i < 30'000; ++i) {
        old.hold(at(now - std::chrono::milliseconds(i * 100), i));
    }
    std::size_t bytes = 0;
    int sessions = 0;
    for (; joiner.cache.size() < 30'000 && sessions < 20; ++sessions) {
        const Found found = run(joiner, old);
        REQUIRE(found.state == State::complete);
        REQUIRE(found.missing_here.size() <= reconcile::WindowSession::found_max);
        bytes += found.bytes;
        for (const MessageId& key : found.missing_here) {
            joiner.hold(old.cache.find(key, Naming::keys)->message);
        }
    }
    LATTICE_SHOW(bytes);
    CHECK(sessions <= 9);
    CHECK(bytes <= 30'000 * 12);
    CHECK(run(joiner, old).missing_here.empty());
}

TEST_CASE("differences are found in all windows, in two round trips") {
    Side one(1, in_a_closed_network());
    Side two(2, in_a_closed_network());
    for (int i = 0; i < 1'400; ++i) {
        const Message message = at(now - std::chrono::minutes(i), i);
        one.hold(message);
        if (i % 70 != 0) {  // Differences in 20 windows.
            two.hold(message);
        }
    }
    const Found found = run(one, two);
    CHECK(found.missing_there.size() == 20);
    CHECK(found.requests == 2);
}

TEST_CASE("nodes that drew different keys agree on one, for one round trip more") {
    Side one(1);
    Side two(2);
    CHECK_FALSE(one.reconciler.key() == two.reconciler.key());
    for (int i = 0; i < 100; ++i) {
        one.hold(at(now, i));
        two.hold(at(now, i + 1));
    }
    const Found found = run(one, two);
    CHECK(one.reconciler.key() == two.reconciler.key());
    CHECK(found.state == State::complete);
    CHECK(found.missing_here.size() == 1);
    CHECK(found.missing_there.size() == 1);
    CHECK(found.requests == 2);
    CHECK(run(two, one).requests == 1);
}

TEST_CASE("a newcomer takes over the key of the network, and not the other way round") {
    const bool newcomer_asks = GENERATE(true, false);
    const std::uint64_t seed = GENERATE(3U, 4U, 5U, 6U);
    Side newcomer(seed);
    Side old(2);
    old.hold(at(now, 1));
    const reconcile::Salt key = old.reconciler.key();
    newcomer_asks ? run(newcomer, old) : run(old, newcomer);
    CHECK(old.reconciler.key() == key);
    CHECK(newcomer.reconciler.key() == key);
}

TEST_CASE("nobody makes a node change its key more often than it can afford") {
    Side one(1);
    for (int i = 0; i < 5'000; ++i) {
        one.hold(at(now, i));
    }
    int changes = 0;
    reconcile::Inquiry inquiry;
    inquiry.newest = one.reconciler.windows().newest();
    for (std::uint64_t i = 0; i < 100; ++i) {
        const reconcile::Salt before = one.reconciler.key();
        inquiry.network_key = reconcile::Salt{0, 1'000 - i};
        std::vector<std::byte> bytes;
        encode(inquiry, bytes);
        one.reconciler.answer(ByteView(bytes), now + std::chrono::milliseconds(i));
        changes += one.reconciler.key() == before ? 0 : 1;
    }
    CHECK(changes == 1);  // 5,000 messages take a pause of 250 ms.
}

TEST_CASE("a key of the network's own is neither told nor given up") {
    SetReconcilerOptions other;
    if (GENERATE(true, false)) {
        other.network_key = reconcile::Salt{7, 7};
    }
    Side one(1, in_a_closed_network());
    Side two(2, other);
    one.hold(at(now, 1));
    two.hold(at(now, 2));
    const Bytes request = two.reconciler.begin(now);
    const auto answer = reconcile::decode_answer(one.reconciler.answer(request.view(), now)->view());
    REQUIRE(answer->other_key);
    CHECK(answer->other_key->holding == reconcile::Answer::Holding::unknown);
    CHECK(run(one, two).state == State::gave_up);
    CHECK(run(two, one).state == State::gave_up);
    CHECK(one.reconciler.key() == *in_a_closed_network().network_key);
}

TEST_CASE("messages that a full cache let go are not asked for again") {
    Side one(1, {}, 300);
    Side two(2, {}, 200);
    for (int i = 0; i < 500; ++i) {
        one.hold(at(now - std::chrono::seconds(5 * (500 - i)), i));
        two.hold(at(now - std::chrono::seconds(5 * (500 - i)), i));
    }
    run(one, two);
    const Found found = run(one, two);
    CHECK(found.missing_here.empty());
    CHECK(found.missing_there.empty());
    CHECK(found.bytes <= 200);
}

TEST_CASE("a newcomer gets what is left of windows that have lost messages") {
    Side joiner(1);
    Side old(2, {}, 300);
    for (int i = 0; i < 500; ++i) {
        old.hold(at(now - std::chrono::seconds(20 * (500 - i)), i));
    }
    const Found found = run(joiner, old);
    CHECK(found.state == State::complete);
    CHECK(found.missing_here.size() == 300);
}

TEST_CASE("messages come and go during a session, and what is found is true of what is held") {
    Side one(1, in_a_closed_network());
    Side two(2, in_a_closed_network());
    std::vector<Message> messages;
    for (int i = 0; i < 400; ++i) {
        messages.push_back(at(now - std::chrono::seconds(i), i));
        one.hold(messages.back());
    }
    const Bytes request = one.reconciler.begin(now);
    const auto reply = two.reconciler.answer(request.view(), now);
    one.cache.drop_outdated(now - 200s, now);
    one.hold(at(now, 1'000));
    const auto progress = one.reconciler.take(reply->view(), now);
    CHECK_FALSE(progress.lacking.empty());
    for (const MessageId& key : one.keys(progress.lacking)) {
        CHECK(one.cache.find(key, Naming::keys)->message.timestamp() >= now - 200s);
    }
}

TEST_CASE("messages that collide are noticed, and told apart under a fresh salt") {
    Side one(1, in_a_closed_network());
    Side two(2, in_a_closed_network());
    std::vector<Message> messages;
    for (int i = 0; i < 300; ++i) {
        messages.push_back(at(now, i));
        one.hold(messages.back());
        two.hold(messages.back());
    }
    // Nobody can make two ids that collide at will, so the summary of one side is told of a twin of another message's name.
    // Its cache holds a message of its own in the twin's slot.
    const Message hidden = at(now, 1'000);
    two.cache.listen(nullptr);
    two.hold(hidden);
    std::uint32_t slot = 0;
    while (two.cache.at(slot) == nullptr || !two.cache.at(slot)->message.same_as(hidden)) {
        ++slot;
    }
    two.reconciler.held(messages[7], slot);
    SECTION("by the side that lacks it") {
        const Found found = run(one, two);
        CHECK(found.state == State::complete);
        CHECK(found.missing_here == std::set<MessageId>{hidden.key()});
        CHECK(found.requests == 2);
    }
    SECTION("by the side that has it") {
        const Found found = run(two, one);
        CHECK(found.state == State::complete);
        CHECK(found.missing_there == std::set<MessageId>{hidden.key()});
    }
    SECTION("not more often than a node can afford") {
        run(one, two);
        CHECK(run(one, two).state == State::gave_up);
        CHECK(run(one, two, now + 1min).state == State::complete);
    }
}

TEST_CASE("a sketch that never decodes is followed by one listing, and then the session gives up") {
    Side one(1, in_a_closed_network());
    Side two(2, in_a_closed_network());
    for (int i = 0; i < 400; ++i) {
        one.hold(at(now, i));
        two.hold(at(now, i + 10));
    }
    const bool lies_in_lists_too = GENERATE(false, true);
    Bytes request = one.reconciler.begin(now);
    std::vector<reconcile::Strategy> asked;
    Reconciler::Progress progress;
    do {
        const auto inquiry = reconcile::decode_inquiry(request.view());
        asked.push_back(reconcile::decode_request(inquiry->parts.at(0).request)->strategy);
        auto answer = reconcile::decode_answer(two.reconciler.answer(request.view(), now)->view());
        if (asked.back() != reconcile::Strategy::ids) {
            answer->parts.at(0).at(1) ^= std::byte{1};  // Of the checksum.
        } else if (lies_in_lists_too) {
            answer->parts.at(0).resize(3);
        }
        std::vector<std::byte> bytes;
        encode(*answer, bytes);
        progress = one.reconciler.take(ByteView(bytes), now);
        request = progress.request;
        REQUIRE(asked.size() < 10);
    } while (progress.state == State::going_on);
    REQUIRE(asked.size() == 3);
    CHECK(asked.back() == reconcile::Strategy::ids);
    CHECK(progress.state == (lies_in_lists_too ? State::gave_up : State::complete));
    CHECK(progress.wanted == (lies_in_lists_too ? 0U : 10U));
}

TEST_CASE("a partner that answers for ever ends the session with its last inquiry") {
    Side one(1, in_a_closed_network());
    Side two(2, in_a_closed_network());
    one.hold(at(now, 1));
    two.hold(at(now, 2));
    Bytes request = one.reconciler.begin(now);
    reconcile::Answer answer;
    int inquiries = 0;
    for (auto state = State::going_on; state == State::going_on; ++inquiries) {
        REQUIRE(inquiries < 100);
        // A page of ids that ends a little further on each time.
        reconcile::IdsReply page;
        page.end = static_cast<std::uint64_t>(inquiries) + 2;
        const auto inquiry = reconcile::decode_inquiry(request.view());
        const auto asked = reconcile::decode_request(inquiry->parts.at(0).request);
        answer.parts.assign(1, {});
        encode(page, asked->from, answer.parts.at(0));
        std::vector<std::byte> bytes;
        encode(answer, bytes);
        const auto progress = one.reconciler.take(ByteView(bytes), now);
        state = progress.state;
        request = progress.request;
    }
    CHECK(inquiries == reconcile::WindowSession::inquiries_max);
}

TEST_CASE("reconcilers of nodes that change at random stay in agreement with two plain sets") {
    const std::uint64_t seed = GENERATE(1U, 2U);
    Random random(seed);
    Side one(seed);
    Side two(seed + 10);
    std::set<MessageId> in_one;
    std::set<MessageId> in_two;
    WallTime time = now;
    for (int round = 0, number = 0; round < 60; ++round) {
        time += std::chrono::seconds(random.below(400));
        for (std::uint64_t left = random.below(40); left != 0; --left) {
            const Message message = at(time - std::chrono::seconds(random.below(20'000)), number++);
            const std::uint64_t whose = random.below(6);
            if (whose != 0) {
                one.hold(message);
                in_one.insert(message.key());
            }
            if (whose != 1) {
                two.hold(message);
                in_two.insert(message.key());
            }
        }
        const Found found = run(one, two, time);
        REQUIRE(found.state == State::complete);
        std::set<MessageId> union_of_both = in_one;
        union_of_both.insert(in_two.begin(), in_two.end());
        REQUIRE(found.missing_here.size() == union_of_both.size() - in_one.size());
        REQUIRE(found.missing_there.size() == union_of_both.size() - in_two.size());
        for (const MessageId& key : found.missing_here) {
            REQUIRE(in_one.count(key) == 0);
            if (random.below(2) == 0) {  // Half of what is found is fetched.
                one.hold(two.cache.find(key, Naming::keys)->message);
                in_one.insert(key);
            }
        }
    }
    CHECK(in_one.size() > 500);
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
