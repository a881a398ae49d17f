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
