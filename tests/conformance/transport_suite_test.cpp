#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lattice/clock/manual.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/transport/memory.hpp>

#include "conformance/transport_conformance.hpp"
#include "support/catch.hpp"

using namespace lattice;

/// The suite for transports finds what is wrong with transports that are wrong on purpose, and blames nothing else.
namespace {

/// A transport that is right, to be spoilt in one respect by each of those below.
struct Spoilable {
    Spoilable(ManualClock& on, MemoryNetwork<ManualClock>& network, Peer self) : clock(on), inner(network, self) {}

    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        inner.send(frame, peers, statuses);
    }
    void open(TransportEvents events) { inner.open(std::move(events)); }
    void close() { inner.close(); }

    ManualClock& clock;
    MemoryTransport<ManualClock> inner;
};

template <typename SpoiltTransport>
struct Fixture {
    static constexpr std::size_t busy_within = 10'000;

    ManualClock manual;
    MemoryNetwork<ManualClock> network{manual};
    SpoiltTransport a{manual, network, first_peer()};
    SpoiltTransport b{manual, network, second_peer()};

    auto& first() { return a; }
    auto& second() { return b; }
    static Peer first_peer() { return Peer{"first", "memory:first"}; }
    static Peer second_peer() { return Peer{"second", "memory:second"}; }
    static Peer nobody() { return Peer{"nobody", "memory:nobody"}; }

    ManualClock& clock() { return manual; }
    void on_executor(Callback<void()> job) { job(); }
    bool run_until(Callback<bool()> condition, Duration within) {
        return manual.run_until([&] { return condition(); }, within);
    }
};

template <typename SpoiltTransport>
std::vector<std::string> found() {
    return conformance::broken(conformance::transport_rules<Fixture<SpoiltTransport>>());
}

/// Takes a hop off every message on its way, as a transport that knows too much would.
struct Alters : Spoilable {
    using Spoilable::Spoilable;
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        Frame altered = frame;
        if (auto* push = std::get_if<Push>(&altered)) {
            --push->envelope.ttl;
        }
        inner.send(altered, peers, statuses);
    }
};

struct LosesEverySecond : Spoilable {
    using Spoilable::Spoilable;
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        if (++sent % 2 == 0) {
            for (auto& status : statuses) {
                status = SendStatus::sent;
            }
        } else {
            inner.send(frame, peers, statuses);
        }
    }
    int sent{0};
};

struct ShrinksPayloads : Spoilable {
    using Spoilable::Spoilable;
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        if (encoded_size(frame) < 65'536) {
            inner.send(frame, peers, statuses);
        }
    }
};

struct HidesTheSender : Spoilable {
    using Spoilable::Spoilable;
    void open(TransportEvents events) {
        inner.open({[received = std::move(events.received)](const Peer&, Frame frame) mutable {
                        return received(Peer{"somebody", "memory:somebody"}, std::move(frame));
                    },
                    std::move(events.failed)});
    }
};

struct TellsOneStatus : Spoilable {
    using Spoilable::Spoilable;
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        std::vector<SendStatus> all(peers.size());
        inner.send(frame, peers, all);
        if (!all.empty()) {
            statuses[0] = all[0];
        }
    }
};

struct HidesFailures : Spoilable {
    using Spoilable::Spoilable;
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        inner.send(frame, peers, statuses);
        for (auto& status : statuses) {
            status = status == SendStatus::unreachable ? SendStatus::sent : status;
        }
    }
};

struct ReportsWithin : Spoilable {
    using Spoilable::Spoilable;
    void open(TransportEvents events) {
        failed = std::move(events.failed);
        inner.open({std::move(events.received), nullptr});
    }
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        inner.send(frame, peers, statuses);
        for (std::size_t i = 0; i < peers.size(); ++i) {
            if (statuses[i] == SendStatus::unreachable && failed) {
                failed(peers[i]);
            }
        }
    }
    Callback<void(const Peer&)> failed;
};

struct TalksAfterClose : Spoilable {
    using Spoilable::Spoilable;
    void close() {
        clock.post([this] { inner.close(); });
    }
};

struct OpensOnce : Spoilable {
    using Spoilable::Spoilable;
    void open(TransportEvents events) {
        if (!opened) {
            opened = true;
            inner.open(std::move(events));
        }
    }
    bool opened{false};
};

struct TakesEverything : Spoilable {
    using Spoilable::Spoilable;
    void send(const Frame& frame, std::span<const Peer> peers, std::span<SendStatus> statuses) {
        inner.send(frame, peers, statuses);
        for (auto& status : statuses) {
            status = status == SendStatus::busy ? SendStatus::sent : status;
        }
    }
};

using Found = std::vector<std::string>;

bool finds(const Found& found, const std::string& sentence) {
    for (const auto& broken : found) {
        if (broken == sentence) {
            return true;
        }
    }
    return false;
}

TEST_CASE("The transport suite has nothing against a transport that is right", "[conformance]") {
    CHECK(found<Spoilable>() == Found{});
}

TEST_CASE("The transport suite finds what is wrong with a transport", "[conformance]") {
    CHECK(found<Alters>() == Found{"frames arrive unaltered", "frames are not merged or invented",
                                   "the largest payload arrives",
                                   "the sender of a frame can be answered, or is unreachable"});
    CHECK(finds(found<LosesEverySecond>(), "frames are not merged or invented"));
    CHECK(found<ShrinksPayloads>() == Found{"the largest payload arrives"});
    CHECK(found<HidesTheSender>() == Found{"received names the sender"});
    CHECK(found<TellsOneStatus>() == Found{"send gives every peer its own status"});
    CHECK(found<HidesFailures>() == Found{"a peer that does not exist is unreachable or fails"});
    CHECK(found<ReportsWithin>() == Found{"send never calls back"});
    CHECK(finds(found<TalksAfterClose>(), "after close nothing is handed up"));
    CHECK(finds(found<OpensOnce>(), "open and close may alternate"));
    CHECK(found<TakesEverything>() == Found{"a peer that does not read becomes busy"});
}

}  // namespace
