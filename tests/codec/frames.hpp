/// Frames for the codec's tests: made, random, compared; and the bytes of tests/golden.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lattice/codec/binary.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/random.hpp>

namespace codec_test {

using namespace lattice;

using Octets = std::vector<std::byte>;

inline ByteView view(const Octets& bytes) { return {bytes.data(), bytes.size()}; }
inline Octets octets(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

inline WallTime at(std::int64_t microseconds) { return WallTime(std::chrono::microseconds(microseconds)); }

/// 14 November 2023, and 123,456 microseconds.
inline constexpr std::int64_t some_time = 1'700'000'000'123'456;

inline MessageFields fields(std::string_view type, std::string_view origin, ByteView payload,
                            WallTime timestamp = at(some_time)) {
    MessageFields made;
    made.type = type;
    made.origin = origin;
    made.payload = payload;
    made.timestamp = timestamp;
    return made;
}

inline MessageId repeated_id(unsigned value) {
    MessageId id;
    id.bytes.fill(static_cast<std::byte>(value));
    return id;
}

inline bool same_message(const Message& a, const Message& b) {
    return a.id() == b.id() && a.type() == b.type() && a.origin() == b.origin() &&
           equal_bytes(a.payload(), b.payload()) && a.timestamp() == b.timestamp() && a.expiry() == b.expiry() &&
           equal_bytes(a.public_key(), b.public_key()) && equal_bytes(a.signature(), b.signature());
}

inline bool same(const Envelope& a, const Envelope& b) {
    return a.ttl == b.ttl && a.hops == b.hops && a.priority == b.priority && a.receipt == b.receipt;
}

inline bool same_frame(const Frame& a, const Frame& b) {
    if (a.index() != b.index()) {
        return false;
    }
    const auto with_message = [&](const auto& x) {
        const auto& y = std::get<std::decay_t<decltype(x)>>(b);
        return same_message(x.message, y.message) && same(x.envelope, y.envelope);
    };
    const auto with_names = [&](const auto& x) {
        const auto& y = std::get<std::decay_t<decltype(x)>>(b);
        return x.names == y.names && x.naming == y.naming;
    };
    return std::visit(
        Overloaded{[&](const Push& x) { return with_message(x) && x.route == std::get<Push>(b).route; },
                   [&](const Provide& x) { return with_message(x); },
                   [&](const Announce& x) { return x.names == std::get<Announce>(b).names; },
                   [&](const Request& x) { return with_names(x); }, [&](const NotFound& x) { return with_names(x); },
                   [&](const SyncRequest& x) {
                       const auto& y = std::get<SyncRequest>(b);
                       return x.after == y.after && x.limit == y.limit && x.naming == y.naming;
                   },
                   [&](const SyncIds& x) {
                       const auto& y = std::get<SyncIds>(b);
                       return with_names(x) && x.after == y.after && x.complete == y.complete;
                   },
                   [&](const Reconcile& x) {
                       const auto& y = std::get<Reconcile>(b);
                       return x.step == y.step && x.session == y.session && x.body == y.body;
                   },
                   [&](const Acknowledge& x) { return x.items == std::get<Acknowledge>(b).items; },
                   [&](const LinkControl& x) {
                       const auto& y = std::get<LinkControl>(b);
                       return x.step == y.step && x.origin == y.origin && x.name == y.name;
                   }},
        a);
}

inline MessageId random_id(Random& random) {
    MessageId id;
    for (auto& byte : id.bytes) {
        byte = static_cast<std::byte>(random.next());
    }
    return id;
}

inline std::vector<MessageId> random_names(Random& random) {
    std::vector<MessageId> names(random.below(200));
    std::generate(names.begin(), names.end(), [&] { return random_id(random); });
    return names;
}

inline std::string random_identifier(Random& random, std::size_t most) {
    std::string text(1 + random.below(most), ' ');
    std::generate(text.begin(), text.end(), [&] { return static_cast<char>('!' + random.below('~' - '!' + 1)); });
    return text;
}

inline Octets random_octets(Random& random, std::size_t size) {
    Octets bytes(size);
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::byte>(random.next()); });
    return bytes;
}

/// Verified or foreign, with or without each optional field, payloads of every order of magnitude.
inline Message random_message(Random& random) {
    const std::string type = random_identifier(random, ceiling::type);
    const std::string origin = random_identifier(random, ceiling::node_id);
    const Octets payload = random_octets(random, random.below(std::size_t{1} << random.below(15)));
    const Octets key = random_octets(random, random.below(2) * ceiling::public_key);
    const Octets signature = random_octets(random, random.below(2) * ceiling::signature);
    MessageFields made = fields(type, origin, view(payload));
    made.timestamp = at(static_cast<std::int64_t>(random.below((std::uint64_t{1} << 53U) + 1)));
    if (random.below(2) == 0) {
        made.expiry = at(1 + static_cast<std::int64_t>(random.below(std::uint64_t{1} << 53U)));
    }
    made.public_key = view(key);
    made.signature = view(signature);
    return random.below(4) == 0 ? Message::claimed(random_id(random), made) : Message::compose(made);
}

inline Reconcile random_reconcile(Random& random) {
    const Octets body = random_octets(random, random.below(3'000));
    return {static_cast<Reconcile::Step>(random.below(3)), static_cast<std::uint32_t>(random.next()),
            Bytes(view(body))};
}

/// Of any course; one of rumors has nothing else to say.
inline Route random_route(Random& random) {
    const auto course = static_cast<Course>(random.below(3));
    if (course == Course::rumor) {
        return {};
    }
    const auto bytes = random.next();
    const Slice slice = random.below(2) == 0 ? Slice{} : Slice{random.next(), random.next()};
    return {course,
            (bytes & 1U) != 0,
            static_cast<std::uint8_t>(bytes >> 8U),
            static_cast<std::uint16_t>(bytes >> 16U),
            static_cast<std::uint8_t>(bytes >> 60U),
            static_cast<std::uint32_t>(random.next()),
            slice};
}

inline Acknowledge random_acknowledge(Random& random) {
    Acknowledge made;
    for (std::uint64_t count = random.below(40); count != 0; --count) {
        made.items.push_back({random.next(), static_cast<std::uint8_t>(random.next())});
    }
    for (Acknowledge::Item& item : made.items) {
        const std::uint64_t tallied = random.next() & random.next();
        item.tally =
            (tallied & 1U) == 0 ? Tally{} : Tally{static_cast<std::uint32_t>(tallied >> 33U), random.below(2) == 0};
    }
    return made;
}

inline LinkControl random_link_control(Random& random) {
    LinkControl made;
    made.step = static_cast<LinkStep>(random.below(10));
    made.origin = made.step >= LinkStep::herald ? random.next() : 0;
    if (made.step == LinkStep::herald || (made.step == LinkStep::graft && random.below(2) == 0)) {
        made.name = random_id(random);
    }
    return made;
}

inline Frame random_frame(Random& random) {
    const Naming naming = random.below(2) == 0 ? Naming::keys : Naming::ids;
    const Envelope envelope{static_cast<std::uint8_t>(random.below(ceiling::hops + 1)),
                            static_cast<std::uint8_t>(random.below(256)), static_cast<Priority>(random.below(4)),
                            random.below(2) == 0};
    switch (random.below(10)) {
        case 0:
            return Push{random_message(random), envelope, random_route(random)};
        case 1:
            return Provide{random_message(random), envelope};
        case 2:
            return Announce{random_names(random)};
        case 3:
            return Request{random_names(random), naming};
        case 4:
            return NotFound{random_names(random), naming};
        case 5:
            return SyncRequest{random_id(random), static_cast<std::uint32_t>(random.next()), naming};
        case 6:
            return random_reconcile(random);
        case 7:
            return random_acknowledge(random);
        case 8:
            return random_link_control(random);
        default:
            return SyncIds{random_id(random), random_names(random), random.below(2) == 0, naming};
    }
}

/// Hexadecimal digits, white space between them or not.
inline Octets from_hex(std::string_view text) {
    Octets bytes;
    int high = -1;
    for (const char c : text) {
        const auto digit = std::string_view("0123456789abcdef").find(c);
        if (digit == std::string_view::npos) {
            continue;
        }
        if (high < 0) {
            high = static_cast<int>(digit);
        } else {
            bytes.push_back(static_cast<std::byte>(high * 16 + static_cast<int>(digit)));
            high = -1;
        }
    }
    return bytes;
}

inline std::vector<std::string> golden_lines(const std::string& name) {
    std::ifstream file(std::filesystem::path(__FILE__).parent_path().parent_path() / "golden" / name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// The frame in tests/golden/<name>.hex, without the comments.
inline Octets golden(const std::string& name) {
    std::string digits;
    for (const std::string& line : golden_lines(name + ".hex")) {
        digits += line.substr(0, line.find('#'));
    }
    return from_hex(digits);
}

}  // namespace codec_test
