#include <chrono>

#include <lattice/transport/tcp/backoff.hpp>
#include <lattice/transport/tcp/vigil.hpp>

#include "support/catch.hpp"

using namespace lattice;
using namespace std::chrono_literals;
using tcp::Vigil;

namespace {

TcpOptions options() {
    TcpOptions options;
    options.keep_alive_interval = 15s;
    options.keep_alive_timeout = 10s;
    options.stall_timeout = 10s;
    return options;
}

constexpr TimePoint start{1'000s};

}  // namespace

TEST_CASE("a peer that is heard of is left alone") {
    Vigil vigil(options(), start);
    for (TimePoint now = start; now < start + 10min; now += 14s) {
        CHECK(vigil.verdict(now) == Vigil::Verdict::alive);
        vigil.heard(now);
        CHECK(vigil.next() == now + 15s);
    }
}

TEST_CASE("silence is answered by a ping, and only then by the end") {
    Vigil vigil(options(), start);
    CHECK(vigil.verdict(start + 15s - 1ns) == Vigil::Verdict::alive);
    CHECK(vigil.verdict(start + 15s) == Vigil::Verdict::ping);
    vigil.pinged(start + 15s);
    CHECK(vigil.is_pinged());
    CHECK(vigil.next() == start + 25s);
    CHECK(vigil.verdict(start + 25s - 1ns) == Vigil::Verdict::alive);
    CHECK(vigil.verdict(start + 25s) == Vigil::Verdict::silent);
    vigil.heard(start + 20s);
    CHECK_FALSE(vigil.is_pinged());
    CHECK(vigil.verdict(start + 25s) == Vigil::Verdict::alive);
}

TEST_CASE("a peer that talks and takes nothing is stalled") {
    Vigil vigil(options(), start);
    vigil.write_began(start + 1s);
    vigil.heard(start + 10s);
    CHECK(vigil.next() == start + 11s);
    CHECK(vigil.verdict(start + 11s - 1ns) == Vigil::Verdict::alive);
    CHECK(vigil.verdict(start + 11s) == Vigil::Verdict::stalled);
    vigil.write_ended();
    CHECK(vigil.verdict(start + 11s) == Vigil::Verdict::alive);
}

TEST_CASE("waits double up to the bound, and vary") {
    Random random(5);
    tcp::Backoff backoff(100ms, 1s);
    Duration bound = 100ms;
    Duration sum{};
    for (int i = 0; i < 50; ++i) {
        const Duration wait = backoff.wait(random);
        CHECK(wait >= bound / 2);
        CHECK(wait <= bound);
        sum += i >= 10 ? wait : Duration{};
        bound = bound < 500ms ? bound * 2 : 1s;
    }
    CHECK(sum / 40 > 600ms);  // spread over the upper half, not stuck at an end of it
    CHECK(sum / 40 < 900ms);
    backoff.reset();
    CHECK(backoff.wait(random) <= 100ms);
}
