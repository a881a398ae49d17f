#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/codec/binary.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/sim/chance.hpp>
#include <lattice/sim/clock.hpp>
#include <lattice/sim/network.hpp>

namespace lattice::inline v0::sim {

/// What a hostile node does to the others. A node may do several.
enum class Misdeed : std::uint8_t {
    drop_everything,  ///< Takes messages and passes none on.
    never_answer,     ///< Announces what it saw and answers no request.
    garbage,          ///< Sends bytes that are no frame, or nearly one.
    mutation,         ///< Sends frames that it got with bits flipped.
    replay,           ///< Sends what it got again, much later and to many.
    id_flood,         ///< Announces, asks for and lists names that nobody knows, in masses.
    ttl_lies,         ///< Sends messages with the hops and ttl of its choice.
    time_lies,        ///< Sends messages of its own from the past and the future.
    oversize,         ///< Sends payloads and lists above every bound.
    forbidden,        ///< Sends well-formed messages that honest validators reject.
    message_flood,    ///< Sends more messages than any honest node would, each of them useless.
};
inline constexpr std::size_t misdeeds = 11;

constexpr std::string_view name_of(Misdeed misdeed) noexcept {
    constexpr std::string_view names[misdeeds] = {
        "drops everything", "never answers",      "garbage",           "mutated frames",
        "replay",           "id floods",          "ttl lies",          "time lies",
        "oversized frames", "forbidden messages", "floods of messages"};
    return names[static_cast<std::size_t>(misdeed)];
}

/// The type of messages that hostile nodes send against the validators' will.
inline constexpr std::string_view forbidden_type = "forbidden";

/// What answers at the address of a hostile node: it keeps some of what comes in and acts on every beat.
///
/// It speaks frames, and bytes through the binary codec; bytes that do not decode are counted and go no further, as a
/// transport that checks its input would have it.
class Hostile {
   public:
    /// Called with every message that this node makes up or alters, before it is sent.
    using Witness = Callback<void(const Message&)>;

    Hostile(Network& network, const SimClock& clock, NodeIndex self, NodeIndex nodes, std::uint64_t seed,
            std::vector<Misdeed> deeds, Witness witness)
        : network_(network),
          clock_(clock),
          self_(self),
          nodes_(nodes),
          random_(seed),
          deeds_(std::move(deeds)),
          witness_(std::move(witness)) {}

    /// A frame from an honest node: what can be used later is kept.
    void receive(const Frame& frame) {
        if (const Message* message = message_of(frame); message != nullptr) {
            messages_[kept_messages_++ % messages_.size()] = *message;
        }
        frames_[kept_frames_++ % frames_.size()] = frame;
    }

    /// Does each of its deeds once.
    void beat() {
        for (const Misdeed deed : deeds_) {
            act(deed);
        }
    }

    /// Time between beats.
    static constexpr Duration interval = std::chrono::milliseconds{200};

   private:
    void act(Misdeed deed) {
        switch (deed) {
            case Misdeed::drop_everything:
                return;
            case Misdeed::never_answer:
                return announce_what_it_keeps_back();
            case Misdeed::garbage:
                return send_bytes(noise());
            case Misdeed::mutation:
                return send_bytes(mutated());
            case Misdeed::replay:
                return replay();
            case Misdeed::id_flood:
                return flood();
            case Misdeed::ttl_lies:
                return lie_about_hops();
            case Misdeed::time_lies:
                return lie_about_time();
            case Misdeed::oversize:
                return exceed();
            case Misdeed::forbidden:
                return send(Push{compose(forbidden_type, "no", {}), {10, 0}});
            case Misdeed::message_flood:
                return flood_with_messages();
        }
    }

    [[nodiscard]] NodeIndex victim() { return static_cast<NodeIndex>(random_.below(nodes_)); }
    void send(const Frame& frame) { send_to(victim(), frame); }
    void send_to(NodeIndex to, const Frame& frame) {
        if (to != self_) {
            network_.send_to(self_, to, frame);
        }
    }

    [[nodiscard]] const Message* some_message() {
        const std::size_t held = kept_messages_ < messages_.size() ? kept_messages_ : messages_.size();
        return held == 0 ? nullptr : &messages_[random_.below(held)];
    }

    Message compose(std::string_view type, std::string_view text, Duration age) {
        const std::string payload = std::string(text) + std::to_string(random_.next());
        MessageFields fields;
        fields.type = type;
        fields.origin = "hostile";
        fields.payload = as_bytes(payload);
        fields.timestamp = clock_.wall() - std::chrono::duration_cast<WallTime::duration>(age);
        Message message = Message::compose(fields);
        witness_(message);
        return message;
    }

    void announce_what_it_keeps_back() {
        Announce announce;
        for (int i = 0; i < 4; ++i) {
            if (const Message* message = some_message(); message != nullptr) {
                announce.names.push_back(message->key());
            }
        }
        if (!announce.names.empty()) {
            send(std::move(announce));
        }
    }

    std::vector<std::byte> noise() {
        std::vector<std::byte> bytes(1 + random_.below(200));
        for (auto& byte : bytes) {
            byte = static_cast<std::byte>(random_.next());
        }
        if (random_.below(2) == 0 && bytes.size() > 3) {  // A plausible beginning leads further into the decoder.
            bytes[0] = static_cast<std::byte>(bytes.size() < 129 ? bytes.size() - 1 : 127);
            bytes[1] = std::byte{1};
            bytes[2] = static_cast<std::byte>(random_.below(9));
        }
        return bytes;
    }

    std::vector<std::byte> mutated() {
        const std::size_t held = kept_frames_ < frames_.size() ? kept_frames_ : frames_.size();
        if (held == 0) {
            return noise();
        }
        const Bytes original = encode(frames_[random_.below(held)]);
        std::vector<std::byte> bytes(original.view().begin(), original.view().end());
        const std::uint64_t flips = 1 + random_.below(4);
        for (std::uint64_t i = 0; i < flips; ++i) {
            bytes[random_.below(bytes.size())] ^= static_cast<std::byte>(1U << random_.below(8));
        }
        if (random_.below(4) == 0) {
            bytes.resize(1 + random_.below(bytes.size()));
        }
        return bytes;
    }

    void send_bytes(const std::vector<std::byte>& bytes) {
        Decoded decoded = decode(bytes);
        if (decoded.status != DecodeStatus::frame) {
            ++network_.traffic().undecodable;
            return;
        }
        if (const Message* message = message_of(decoded.frame); message != nullptr) {
            witness_(Message::authenticated(Message::claimed(message->id(), message->fields())));
        }
        send(decoded.frame);
    }

    void replay() {
        for (int i = 0; i < 3; ++i) {
            if (const Message* message = some_message(); message != nullptr) {
                send(Push{*message, {10, 1}});
                send(Provide{*message, {0, 3}});
            }
        }
    }

    void flood() {
        std::vector<MessageId> names(100 + random_.below(900));
        for (auto& name : names) {
            for (auto& byte : name.bytes) {
                byte = static_cast<std::byte>(random_.next());
            }
        }
        const NodeIndex to = victim();
        switch (random_.below(4)) {
            case 0:
                return send_to(to, Announce{std::move(names)});
            case 1:
                return send_to(to, Request{std::move(names), Naming::keys});
            case 2:
                return send_to(to, NotFound{std::move(names), Naming::keys});
            default:
                return send_to(to, SyncIds{{}, std::move(names), false, Naming::keys});
        }
    }

    void flood_with_messages() {
        const NodeIndex to = victim();
        for (int i = 0; i < 100; ++i) {
            send_to(to, Push{compose("flood", "tomorrow", std::chrono::hours{-24}), {10, 0}});
        }
    }

    void lie_about_hops() {
        if (const Message* message = some_message(); message != nullptr) {
            const std::array<Envelope, 4> lies{{{255, 0}, {0, 0}, {255, 255}, {1, 200}}};
            send(Push{*message, lies[random_.below(lies.size())]});
        }
    }

    void lie_about_time() {
        const std::array<Duration, 4> ages{std::chrono::hours{-1}, std::chrono::hours{48}, std::chrono::minutes{-30},
                                           std::chrono::hours{24 * 365 * 30}};
        const Message message = compose("time", "lie", ages[random_.below(ages.size())]);
        if (random_.below(2) == 0) {
            return send(Push{message, {10, 0}});
        }
        send(Provide{message, {10, 0}});
    }

    void exceed() {
        if (random_.below(2) == 0) {
            const std::string excess(Limits{}.payload_max + 1 + random_.below(1000), 'x');
            const Message message = compose("big", excess, {});
            return send(Push{message, {10, 0}});
        }
        std::vector<MessageId> names(20'000);
        for (std::size_t i = 0; i < names.size(); ++i) {
            names[i].bytes[0] = static_cast<std::byte>(i);
            names[i].bytes[1] = static_cast<std::byte>(i >> 8U);
        }
        send(Announce{std::move(names)});
    }

    Network& network_;
    const SimClock& clock_;
    NodeIndex self_;
    NodeIndex nodes_;
    Random random_;
    std::vector<Misdeed> deeds_;
    Witness witness_;
    std::array<Message, 32> messages_;  ///< The last ones that came in.
    std::array<Frame, 16> frames_;
    std::size_t kept_messages_{0};
    std::size_t kept_frames_{0};
};

}  // namespace lattice::inline v0::sim
