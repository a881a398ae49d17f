#include <chrono>

#include <lattice/core/reconcile_session.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;

TEST_CASE("only the partner's reply to the last request is expected, until the deadline") {
    const Limits limits;
    ReconcileSession session;
    CHECK_FALSE(session.active());
    CHECK(session.deadline() == TimePoint::max());
    const Peer partner("a");
    const auto first = session.ask(partner, limits, TimePoint{1s});
    CHECK(session.expects(partner, first));
    CHECK_FALSE(session.expects(Peer("b"), first));
    CHECK(session.deadline() == TimePoint{1s} + limits.sync_timeout);
    const auto second = session.ask(partner, limits, TimePoint{2s});
    CHECK_FALSE(session.expects(partner, first));
    CHECK(session.expects(partner, second));
    session.end();
    CHECK_FALSE(session.expects(partner, second));
}

TEST_CASE("a partner that answers each request late does not hold a session open for ever") {
    const Limits limits;
    ReconcileSession session;
    const Peer partner("a");
    const TimePoint start{1s};
    for (TimePoint now = start; now < start + 10 * limits.sync_timeout; now += limits.sync_timeout / 2) {
        session.ask(partner, limits, now);
        CHECK(session.deadline() <= start + 3 * limits.sync_timeout);
    }
    session.end();
    session.ask(partner, limits, start + 20 * limits.sync_timeout);
    CHECK(session.deadline() == start + 21 * limits.sync_timeout);
}

TEST_CASE("haste ends, sooner when there was nothing to find") {
    ReconcileSession session;
    CHECK_FALSE(session.still_in_haste(true));
    for (const bool found_something : {true, false}) {
        session.hurry();
        int sessions = 1;
        while (session.still_in_haste(found_something)) {
            ++sessions;
        }
        CHECK(sessions == (found_something ? 6 : 3));
    }
}

TEST_CASE("a probe is taken once") {
    ReconcileSession session;
    CHECK_FALSE(session.take_probe());
    session.begin_probe();
    CHECK(session.take_probe());
    CHECK_FALSE(session.take_probe());
}

TEST_CASE("a session that asked for names goes on until its partner names some") {
    ReconcileSession session;
    const Peer partner("a");
    const Limits limits;
    const std::uint32_t number = session.ask(partner, limits, TimePoint{1s});
    session.await_names();
    CHECK(session.active());
    CHECK_FALSE(session.expects(partner, number));  // The reply came; another copy of it is none.
    session.named_by(Peer("b"));
    CHECK(session.active());
    session.named_by(partner);
    CHECK_FALSE(session.active());

    static_cast<void>(session.ask(partner, limits, TimePoint{1s}));
    session.named_by(partner);  // Announcements of its own: the reply is still to come.
    CHECK(session.active());
}
