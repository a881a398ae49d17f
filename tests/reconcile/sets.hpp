/// Sets of message ids for the tests of this folder.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <lattice/core/message_id.hpp>
#include <lattice/core/random.hpp>
#include <lattice/reconcile/initiator.hpp>
#include <lattice/reconcile/responder.hpp>
#include <lattice/reconcile/set_summary.hpp>

namespace lattice::reconcile_test {

inline MessageId random_id(Random& random) {
    MessageId id;
    for (auto& byte : id.bytes) {
        byte = static_cast<std::byte>(random.next() >> 56U);
    }
    return id;
}

inline std::vector<std::uint64_t> random_short_ids(Random& random, std::size_t count) {
    std::vector<std::uint64_t> ids(count);
    for (auto& id : ids) {
        id = random.next() | 1U;
    }
    return ids;
}

inline std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

inline std::string hex(const std::vector<std::byte>& bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
        text += "0123456789abcdef"[std::to_integer<std::size_t>(byte >> 4)];
        text += "0123456789abcdef"[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return text;
}

inline std::vector<std::byte> from_hex(const std::string& text) {
    const auto nibble = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        bytes.push_back(static_cast<std::byte>(nibble(text[i]) * 16 + nibble(text[i + 1])));
    }
    return bytes;
}

inline constexpr reconcile::Salt test_salt{0x0123456789abcdefU, 0xfedcba9876543210U};

/// Two nodes that share some messages and miss some of each other's, with the plain sets beside the summaries.
struct TwoNodes {
    reconcile::SetSummary here;
    reconcile::SetSummary there;
    std::set<std::uint64_t> only_here;
    std::set<std::uint64_t> only_there;

    TwoNodes(Random& random, std::size_t shared, std::size_t here_alone, std::size_t there_alone,
             reconcile::Salt salt = test_salt)
        : here(salt), there(salt) {
        for (std::size_t i = 0; i < shared; ++i) {
            const MessageId id = random_id(random);
            here.add(id, 0);
            there.add(id, 0);
        }
        for (std::size_t i = 0; i < here_alone; ++i) {
            const MessageId id = random_id(random);
            here.add(id, 1);
            only_here.insert(shorten(id, salt).value);
        }
        for (std::size_t i = 0; i < there_alone; ++i) {
            const MessageId id = random_id(random);
            there.add(id, 2);
            only_there.insert(shorten(id, salt).value);
        }
    }
};

/// A whole session between two summaries, and what it cost.
struct Session {
    reconcile::SessionOutcome outcome;
    std::size_t bytes{0};

    Session(const reconcile::SetSummary& here, const reconcile::SetSummary& there,
            const reconcile::InitiatorOptions& options = {}, reconcile::ResponderLimits limits = {}) {
        reconcile::Initiator initiator(options);
        for (auto step = reconcile::Initiator::Step::again; step == reconcile::Initiator::Step::again;) {
            const auto request_bytes = initiator.request(here);
            const auto request = reconcile::decode_request(request_bytes);
            std::vector<std::byte> reply_bytes;
            encode(reconcile::Responder(there, limits).answer(*request), request->from, reply_bytes);
            bytes += request_bytes.size() + reply_bytes.size();
            step = initiator.take(here, reply_bytes);
        }
        outcome = initiator.outcome();
    }

    [[nodiscard]] bool found(const TwoNodes& nodes) const {
        return std::set(outcome.missing_here.begin(), outcome.missing_here.end()) == nodes.only_there &&
               std::set(outcome.missing_there.begin(), outcome.missing_there.end()) == nodes.only_here &&
               outcome.differences() == nodes.only_here.size() + nodes.only_there.size();
    }
};

}  // namespace lattice::reconcile_test
