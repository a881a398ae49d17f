#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <lattice/codec/binary.hpp>
#include <lattice/core/bytes.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/time.hpp>
#include <lattice/core/transport.hpp>

#include "conformance/rules.hpp"

/// Every row of the table of the concept Transport, and what the compiler cannot check of it, for any model.
///
/// To check a transport of your own, describe two nodes that can reach each other over a network that loses nothing:
///
///     struct MyFixture {
///         MyTransport& first();                     // two transports that share one executor; both closed at first
///         MyTransport& second();
///         Peer first_peer();                        // how each is known to the other
///         Peer second_peer();
///         Peer nobody();                            // has an address of the right form, at which nothing listens
///         MyClock& clock();                         // the executor, driven as in conformance/clock_conformance.hpp
///         void on_executor(Callback<void()> job);
///         bool run_until(Callback<bool()> condition, Duration within);
///
///         std::vector<Frame> frames();              // optional: the frames that it can carry, if not every kind; the
///                                                   // first of them is a Push
///         Frame largest();                          // optional: a frame with the largest payload, if not 256 KiB
///         static constexpr std::size_t busy_within = ...;   // optional: so many frames to a node that does not read
///                                                   // make it busy; without it that is not tried
///     };
///     TEST_CASE("my transport keeps the rules") { conformance::check(conformance::transport_rules<MyFixture>()); }
///
/// A fixture is made anew for every rule. Nothing here sleeps: a model with real sockets waits inside `run_until`.
namespace lattice::conformance {

inline constexpr Duration transport_patience = std::chrono::seconds{10};     ///< What must happen, happens within this.
inline constexpr Duration transport_moment = std::chrono::milliseconds{20};  ///< For what must not happen.

namespace transport_checks {

inline MessageId name(std::uint8_t number) {
    MessageId id;
    id.bytes.fill(static_cast<std::byte>(number));
    return id;
}

inline Message message(ByteView payload, bool with_everything = false) {
    const std::string key(ceiling::public_key, 'k');
    const std::string signature(ceiling::signature, 's');
    MessageFields fields;
    fields.type = "proof";
    fields.origin = "node-1";
    fields.payload = payload;
    fields.timestamp = WallTime{std::chrono::microseconds{1'767'225'600'123'456}};
    if (with_everything) {
        fields.expiry =
            fields.timestamp + std::chrono::hours{24 * 365 * 100};  // Transports may leave out what expired.
        fields.public_key = as_bytes(key);
        fields.signature = as_bytes(signature);
    }
    return Message::compose(fields);
}

/// One frame of every kind, with the contents that are easiest to get wrong.
inline std::vector<Frame> frames_of_every_kind() {
    const auto every_byte = Bytes::build(256, [](std::byte* at) {
        for (int i = 0; i < 256; ++i) {
            at[i] = static_cast<std::byte>(i);
        }
    });
    return {Push{message(every_byte.view(), true), {10, 3}},
            Push{message({}), {1, 0}},
            Provide{message(as_bytes("\0 a \r\n\r\n \xff")), {0, 200}},
            Announce{{name(1), name(2), name(3)}},
            Announce{},
            Request{{name(4)}, Naming::keys},
            Request{{name(5)}, Naming::ids},
            NotFound{{name(6), name(7)}, Naming::ids},
            SyncRequest{name(8), 1'000, Naming::keys},
            SyncIds{name(9), {name(10), name(11)}, false, Naming::keys},
            SyncIds{name(12), {}, true, Naming::ids},
            Reconcile{Reconcile::Step::reply, 7, Bytes(every_byte.view())},
            Reconcile{Reconcile::Step::wants, 0, {}}};
}

template <typename F>
std::vector<Frame> frames_of(F& fixture) {
    if constexpr (requires { fixture.frames(); }) {
        return fixture.frames();
    } else {
        return frames_of_every_kind();
    }
}

inline bool taken(SendStatus status) { return status == SendStatus::sent || status == SendStatus::crowded; }

/// The frame as text that can be compared: equal for equal frames only.
inline std::string written(const Frame& frame) { return std::string(encode(frame).text()); }

/// What one transport received.
struct Inbox {
    std::vector<std::pair<Peer, std::string>> frames;
    std::vector<Peer> failed;

    [[nodiscard]] bool has(const std::string& frame) const {
        for (const auto& received : frames) {
            if (received.second == frame) {
                return true;
            }
        }
        return false;
    }
};

inline TransportEvents events_into(Inbox& inbox) {
    return {[&inbox](const Peer& from, Frame frame) {
                inbox.frames.emplace_back(from, written(frame));
                return Receipt{};
            },
            [&inbox](const Peer& peer) { inbox.failed.push_back(peer); }};
}

/// Two open transports and what they received; closes them in the end, as a protocol does.
template <typename F>
struct Opened {
    Opened() {
        fixture.on_executor([this] {
            fixture.first().open(events_into(first));
            fixture.second().open(events_into(second));
        });
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    ~Opened() {
        fixture.on_executor([this] {
            fixture.first().close();
            fixture.second().close();
        });
    }

    /// Sends from the first, trying again for as long as the receiver is busy.
    SendStatus send(const Frame& frame, const Peer& to) {
        SendStatus status = SendStatus::busy;
        const bool taken = fixture.run_until(
            [&] {
                status = SendStatus::busy;
                fixture.first().send(frame, std::span(&to, 1), std::span(&status, 1));
                return status != SendStatus::busy;
            },
            transport_patience);
        return taken ? status : SendStatus::busy;
    }

    [[nodiscard]] bool second_receives(std::size_t count) {
        return fixture.run_until([&] { return second.frames.size() >= count; }, transport_patience);
    }

    F fixture;
    Inbox first;
    Inbox second;
};

template <typename F>
std::string frames_arrive_unaltered() {
    Opened<F> nodes;
    for (const Frame& frame : frames_of(nodes.fixture)) {
        const std::string kind = "a frame of kind " + std::to_string(frame.index() + 1);
        nodes.second.frames.clear();
        if (nodes.send(frame, nodes.fixture.second_peer()) != SendStatus::sent) {
            return kind + " was not taken";
        }
        if (!nodes.second_receives(1)) {
            return kind + " did not arrive";
        }
        if (nodes.second.frames[0].second != written(frame)) {
            return kind + " was altered";
        }
    }
    return {};
}

template <typename F>
std::string frames_are_kept_apart() {
    constexpr int count = 100;
    Opened<F> nodes;
    const Frame pattern = frames_of(nodes.fixture).front();
    std::map<std::string, int> arrived;
    for (int i = 0; i < count; ++i) {
        Push push = std::get<Push>(pattern);
        push.envelope.hops = static_cast<std::uint8_t>(i);
        arrived[written(push)] = 0;
        nodes.send(push, nodes.fixture.second_peer());
    }
    const bool in_time = nodes.second_receives(count);
    int strange = 0;
    int missing = 0;
    for (const auto& frame : nodes.second.frames) {
        const auto sent = arrived.find(frame.second);
        if (sent == arrived.end()) {
            ++strange;
        } else {
            ++sent->second;
        }
    }
    for (const auto& frame : arrived) {
        missing += frame.second == 0 ? 1 : 0;
    }
    return first_of({expect(in_time && missing == 0, std::to_string(missing) + " frames did not arrive"),
                     expect(strange == 0, std::to_string(strange) + " frames arrived that were not sent")});
}

template <typename F>
std::string largest_payload_arrives() {
    Opened<F> nodes;
    std::optional<Frame> frame;
    if constexpr (requires { nodes.fixture.largest(); }) {
        frame = nodes.fixture.largest();
    } else {
        const std::string payload(Limits{}.payload_max, 'x');
        frame = Push{message(as_bytes(payload)), {10, 0}};
    }
    nodes.send(*frame, nodes.fixture.second_peer());
    return expect(nodes.second_receives(1) && nodes.second.has(written(*frame)), "it did not arrive as it was sent");
}

template <typename F>
std::string sender_is_named() {
    Opened<F> nodes;
    nodes.send(frames_of(nodes.fixture).front(), nodes.fixture.second_peer());
    if (!nodes.second_receives(1)) {
        return "nothing arrived";
    }
    const Peer from = nodes.second.frames[0].first;
    return expect(from == nodes.fixture.first_peer(), "the sender was called '" + std::string(from.id()) + "'");
}

template <typename F>
std::string sender_can_be_answered() {
    Opened<F> nodes;
    const Frame frame = frames_of(nodes.fixture).front();
    bool answered = false;
    SendStatus status = SendStatus::busy;
    nodes.fixture.on_executor([&] {
        nodes.fixture.second().close();
        nodes.fixture.second().open({[&](const Peer& from, Frame received) {
                                         nodes.fixture.second().send(received, std::span(&from, 1),
                                                                     std::span(&status, 1));
                                         answered = true;
                                         return Receipt{};
                                     },
                                     nullptr});
    });
    nodes.send(frame, nodes.fixture.second_peer());
    const bool arrived = nodes.fixture.run_until([&] { return answered; }, transport_patience);
    const bool back = nodes.fixture.run_until(
        [&] { return status == SendStatus::unreachable || nodes.first.has(written(frame)); }, transport_patience);
    return first_of({expect(arrived, "the frame did not arrive"),
                     expect(back, "the answer neither came back nor was reported as unreachable")});
}

template <typename F>
std::string every_peer_gets_a_status() {
    Opened<F> nodes;
    const Frame frame = frames_of(nodes.fixture).front();
    const std::vector<Peer> peers = {nodes.fixture.nobody(), nodes.fixture.second_peer()};
    std::vector<SendStatus> statuses(2, SendStatus::busy);
    nodes.fixture.on_executor([&] {
        nodes.fixture.first().send(frame, peers, statuses);
        nodes.fixture.first().send(frame, {}, {});
    });
    const bool arrived = nodes.second_receives(1);
    return first_of({expect(statuses[1] == SendStatus::sent, "the second of two peers was not told as sent"),
                     expect(statuses[0] != SendStatus::busy, "the first of two peers got no status"),
                     expect(arrived, "it did not arrive, though only the other peer does not exist")});
}

template <typename F>
std::string nobody_is_reported() {
    Opened<F> nodes;
    const Peer nobody = nodes.fixture.nobody();
    if (nodes.send(frames_of(nodes.fixture).front(), nobody) == SendStatus::unreachable) {
        return {};
    }
    const bool failed = nodes.fixture.run_until([&] { return !nodes.first.failed.empty(); }, transport_patience);
    return first_of({expect(failed, "a peer that does not exist was neither unreachable nor failed"),
                     expect(!failed || nodes.first.failed[0] == nobody, "another peer was reported as failed")});
}

template <typename F>
std::string send_does_not_call_back() {
    Opened<F> nodes;
    const Frame frame = frames_of(nodes.fixture).front();
    std::size_t within = 0;
    nodes.fixture.on_executor([&] {
        const std::vector<Peer> peers = {nodes.fixture.second_peer(), nodes.fixture.nobody()};
        std::vector<SendStatus> statuses(2);
        nodes.fixture.first().send(frame, peers, statuses);
        within = nodes.first.frames.size() + nodes.first.failed.size() + nodes.second.frames.size();
    });
    const bool arrived = nodes.second_receives(1);
    return first_of({expect(within == 0, "a callback was called within send"), expect(arrived, "nothing arrived")});
}

template <typename F>
std::string callbacks_run_on_the_executor() {
    Opened<F> nodes;
    const Frame frame = frames_of(nodes.fixture).front();
    int calls = 0;
    int elsewhere = 0;
    const auto count = [&] {
        ++calls;
        elsewhere += nodes.fixture.clock().on_executor() ? 0 : 1;
    };
    nodes.fixture.on_executor([&] {
        nodes.fixture.second().close();
        nodes.fixture.second().open({[&](const Peer&, Frame) {
                                         count();
                                         return Receipt{};
                                     },
                                     nullptr});
    });
    nodes.send(frame, nodes.fixture.second_peer());
    const bool called = nodes.fixture.run_until([&] { return calls > 0; }, transport_patience);
    return first_of({expect(called, "nothing arrived"), expect(elsewhere == 0, "a callback ran elsewhere")});
}

template <typename F>
std::string close_is_final() {
    Opened<F> nodes;
    const Frame frame = frames_of(nodes.fixture).front();
    const Peer second = nodes.fixture.second_peer();
    std::size_t before = 0;
    nodes.fixture.on_executor([&] {
        for (int i = 0; i < 10; ++i) {
            SendStatus status{};
            nodes.fixture.first().send(frame, std::span(&second, 1), std::span(&status, 1));
        }
        nodes.fixture.second().close();
        before = nodes.second.frames.size();
    });
    nodes.fixture.run_until([&] { return nodes.second.frames.size() > before; }, transport_moment);
    return expect(nodes.second.frames.size() == before, "a frame was handed up after close");
}

template <typename F>
std::string close_and_open_alternate() {
    Opened<F> nodes;
    const Frame frame = frames_of(nodes.fixture).front();
    for (int i = 0; i < 5; ++i) {
        nodes.fixture.on_executor([&] {
            nodes.fixture.second().close();
            nodes.fixture.second().close();
            nodes.fixture.second().open(events_into(nodes.second));
        });
        nodes.second.frames.clear();
        bool arrived = false;
        for (int attempt = 0; attempt < 50 && !arrived; ++attempt) {  // a sender may have to find out that it is back
            nodes.send(frame, nodes.fixture.second_peer());
            arrived = nodes.fixture.run_until([&] { return !nodes.second.frames.empty(); }, transport_patience / 50);
        }
        if (!arrived) {
            return "nothing arrived after it was opened again, time " + std::to_string(i + 1);
        }
    }
    return {};
}

template <typename F>
std::string callback_may_close() {
    Opened<F> nodes;
    const Frame frame = frames_of(nodes.fixture).front();
    int calls = 0;
    nodes.fixture.on_executor([&] {
        nodes.fixture.second().close();
        std::string text(64, 'x');  // on the heap, so that a use after destruction is seen by a sanitizer
        nodes.fixture.second().open({[&, text](const Peer&, Frame) {
                                         nodes.fixture.second().close();
                                         calls += static_cast<int>(text.size()) / 64;
                                         return Receipt{};
                                     },
                                     nullptr});
    });
    for (int i = 0; i < 3; ++i) {
        nodes.send(frame, nodes.fixture.second_peer());
    }
    const bool called = nodes.fixture.run_until([&] { return calls > 0; }, transport_patience);
    nodes.fixture.run_until([&] { return calls > 1; }, transport_moment);
    return first_of({expect(called, "nothing arrived"), expect(calls == 1, "a frame was handed up after close")});
}

template <typename F>
std::string unread_frames_make_busy() {
    Opened<F> nodes;
    const Frame frame = frames_of(nodes.fixture).front();
    const Peer second = nodes.fixture.second_peer();
    SendStatus status = SendStatus::sent;
    nodes.fixture.on_executor([&] {
        for (std::size_t i = 0; i < F::busy_within && taken(status); ++i) {
            nodes.fixture.first().send(frame, std::span(&second, 1), std::span(&status, 1));
        }
    });
    const bool got_busy = status == SendStatus::busy;
    const bool recovers = taken(nodes.send(frame, second));
    return first_of({expect(got_busy, "so many frames were taken that memory has no bound"),
                     expect(recovers, "it stayed busy though the frames were read")});
}

}  // namespace transport_checks

/// The rules of the concept Transport, tried on the two transports of a `Fixture`.
template <typename Fixture>
Rules transport_rules() {
    static_assert(Transport<std::remove_reference_t<decltype(std::declval<Fixture&>().first())>>,
                  "Fixture::first() gives a reference to a model of lattice::Transport");
    namespace checks = transport_checks;
    Rules rules = {
        {"frames arrive unaltered", checks::frames_arrive_unaltered<Fixture>},
        {"frames are not merged or invented", checks::frames_are_kept_apart<Fixture>},
        {"the largest payload arrives", checks::largest_payload_arrives<Fixture>},
        {"received names the sender", checks::sender_is_named<Fixture>},
        {"the sender of a frame can be answered, or is unreachable", checks::sender_can_be_answered<Fixture>},
        {"send gives every peer its own status", checks::every_peer_gets_a_status<Fixture>},
        {"a peer that does not exist is unreachable or fails", checks::nobody_is_reported<Fixture>},
        {"send never calls back", checks::send_does_not_call_back<Fixture>},
        {"callbacks run on the executor", checks::callbacks_run_on_the_executor<Fixture>},
        {"after close nothing is handed up", checks::close_is_final<Fixture>},
        {"open and close may alternate", checks::close_and_open_alternate<Fixture>},
        {"a callback may close its transport", checks::callback_may_close<Fixture>},
    };
    if constexpr (requires { Fixture::busy_within; }) {
        rules.push_back({"a peer that does not read becomes busy", checks::unread_frames_make_busy<Fixture>});
    }
    return rules;
}

}  // namespace lattice::conformance
