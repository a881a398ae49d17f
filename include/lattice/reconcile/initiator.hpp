#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/reconcile/rateless_decoder.hpp>
#include <lattice/reconcile/reply.hpp>
#include <lattice/reconcile/request.hpp>
#include <lattice/reconcile/responder.hpp>
#include <lattice/reconcile/set_summary.hpp>

namespace lattice::inline v0::reconcile {

/// What an initiator wishes.
struct InitiatorOptions {
    /// Anything but automatic forces the responder.
    Strategy strategy{Strategy::automatic};
    /// About how many messages differ, as far as the host knows: what the last session with that peer found, or how
    /// many messages came since, twice. 0: no idea, which costs up to two thirds more bytes.
    /// A wrong guess costs a round trip.
    std::size_t expected_difference{0};
    /// The session uses the summary's salt although the peer may not know it (see Request::salt).
    bool send_salt{false};
    /// The window that the summary is of.
    std::optional<std::uint64_t> window;
    /// Where a listing by ids goes on, and how many it may name at once (0: what fits a reply).
    std::uint64_t from{0};
    std::size_t ids_max{0};
};

/// How a session ended.
enum class SessionResult : std::uint8_t {
    equal,           ///< The sets are the same.
    complete,        ///< All differences were found.
    partial,         ///< Some were found, rightly; `resume_from` says how to go on.
    hidden,          ///< The sets differ but their short ids do not: messages collide. Try again under a fresh salt.
    other_salt,      ///< The peer has another salt. Try again with `send_salt`, or when both have rolled over.
    unknown_window,  ///< The peer keeps no such window.
    busy,            ///< The peer has no time.
    malformed,       ///< The peer sent what is no reply to the request. Its fault.
    failed,          ///< No sketch was decoded in two rounds. List the ids next time.
};

/// What a session found.
struct SessionOutcome {
    SessionResult result{SessionResult::failed};
    std::vector<std::uint64_t> missing_here;  ///< Short ids to ask the peer for. A liar can invent some.
    std::vector<std::uint64_t>
        missing_there;  ///< Short ids of messages of ours that the peer lacks; each is in the summary.
    /// After `partial`: 0 says that a session of any kind finds the rest; else list on from here.
    std::uint64_t resume_from{0};
    int rounds{0};  ///< Round trips.

    /// What to expect of the next session with that peer.
    [[nodiscard]] std::size_t differences() const noexcept { return missing_here.size() + missing_there.size(); }
};

/// The side of a session that asks, learns the difference, and tells the host.
///
/// A value, without I/O or time: send `request(...)`, give the answer to `take(...)`, and if that says so send a
/// request again. At most two rounds; nineteen sessions of twenty need one. The host gives the same summary each time,
/// which may have changed meanwhile: the difference found is that between the peer's set when it replied and ours when
/// the reply was taken.
///
/// Nothing is believed unproved: a sketch counts when a checksum over the peer's whole set agrees, and ids that the
/// peer claims are ids to ask for, no more. Work per reply is bounded by its bytes: one product of field elements for
/// each pair of sums in a bucket, 1.5 steps of 30 updates per symbol, and one look-up per id. After `take` has not
/// returned `again`, the session is over.
class Initiator {
   public:
    enum class Step : std::uint8_t { done, again };

    explicit Initiator(const InitiatorOptions& options = {}) : options_(options), next_(options.strategy) {}

    /// The bytes of the next request.
    [[nodiscard]] std::vector<std::byte> request(const SetSummary& summary) {
        Request request;
        request.strategy = next_;
        request.salt_tag = summary.salt_tag();
        if (options_.send_salt) {
            request.salt = summary.salt();
        }
        request.window = options_.window;
        request.size = summary.size();
        request.digest = summary.digest();
        request.asked = next_ == Strategy::ids ? options_.ids_max : asked_;
        if (next_ == Strategy::bloom) {
            request.filter = filter_of(summary);
        } else if (next_ != Strategy::ids && asked_ == 0 && summary.size() != 0) {
            request.estimator_shape = EstimatorShape::for_expected(options_.expected_difference);
            request.estimator.reserve(request.estimator_shape->bytes());
            summary.estimator().write(*request.estimator_shape,
                                      [&](std::uint8_t byte) { request.estimator.push_back(std::byte{byte}); });
        }
        request.from = options_.from;
        digest_asked_ = request.digest;
        std::vector<std::byte> bytes;
        encode(request, bytes);
        return bytes;
    }

    /// Takes the reply to the last request. `again`: send another one. `done`: see outcome().
    Step take(const SetSummary& summary, ByteView bytes) {
        ++outcome_.rounds;
        const auto reply = decode_reply(bytes, options_.from);
        if (!reply) {
            return finish(SessionResult::malformed);
        }
        return std::visit([&](const auto& body) { return take_body(summary, body); }, *reply);
    }

    [[nodiscard]] const SessionOutcome& outcome() const noexcept { return outcome_; }

   private:
    static constexpr int rounds_max = 2;

    Step finish(SessionResult result) noexcept {
        outcome_.result = result;
        return Step::done;
    }

    /// Asks for a sketch of another size in a last round.
    Step ask(Strategy strategy, std::size_t size) noexcept {
        if (outcome_.rounds >= rounds_max) {
            return finish(SessionResult::failed);
        }
        next_ = strategy;
        asked_ = size;
        return Step::again;
    }

    Step take_body(const SetSummary&, const EqualReply&) { return finish(SessionResult::equal); }
    Step take_body(const SetSummary&, const SaltReply&) { return finish(SessionResult::other_salt); }
    Step take_body(const SetSummary&, const WindowReply&) { return finish(SessionResult::unknown_window); }
    Step take_body(const SetSummary&, const BusyReply&) { return finish(SessionResult::busy); }

    Step take_body(const SetSummary& summary, const EstimateReply& reply) {
        const DifferenceEstimate estimate = summary.estimator().compare(reply.shape, reply.bits.data());
        const StrategyCosts costs(estimate, summary.size(), reply.size);
        if (estimate.saturated || costs.ids_bytes() < costs.symbols_bytes()) {
            return take_body(summary, AdviceReply{Strategy::ids});
        }
        return ask(Strategy::symbols, costs.symbols());
    }

    Step take_body(const SetSummary&, const AdviceReply& reply) {
        if (outcome_.rounds >= rounds_max || (reply.strategy != Strategy::bloom && reply.strategy != Strategy::ids)) {
            return finish(SessionResult::failed);
        }
        next_ = reply.strategy;
        return Step::again;
    }

    Step take_body(const SetSummary& summary, const SketchReply& reply) {
        std::size_t next = 0;
        SplitSketch sketch(summary.power_sums(reply.shape.log2_buckets), reply.shape,
                           [&] { return reply.sums[next++]; });
        if (const auto ids = sketch.decode(); ids && confirm(summary, *ids, reply.checksum)) {
            return settle(summary, *ids);
        }
        // The difference is larger than its estimate's 95 % bound, but hardly by half. Ids that somebody made to meet
        // in one bucket would break a second split sketch, too; symbols they do not.
        const std::size_t size = reply.shape.size();
        return reply.shape.parts() == 1 ? ask(Strategy::sketch, size + size / 2 + 8)
                                        : ask(Strategy::symbols, 2 * size + 32);
    }

    Step take_body(const SetSummary& summary, const SymbolsReply& reply) {
        SymbolPrefix difference = summary.symbols(reply.symbols.sums.size());
        for (std::size_t i = 0; i < difference.sums.size(); ++i) {
            difference.sums[i] ^= reply.symbols.sums[i];
            difference.checks.toggle(i, reply.symbols.checks[i < SymbolChecks::count_max ? i : 0]);
        }
        const auto ids = RatelessDecoder(std::move(difference)).decode();
        if (ids && confirm(summary, *ids, reply.checksum)) {
            return settle(summary, *ids);
        }
        const std::size_t count = reply.symbols.sums.size();
        return ask(Strategy::symbols, count + count / 2 + 64);
    }

    Step take_body(const SetSummary& summary, const IdsReply& reply) {
        std::size_t at = 0;
        for (const std::uint64_t own : own_ids_until(summary, reply.end)) {
            for (; at < reply.ids.size() && reply.ids[at] < own; ++at) {
                outcome_.missing_here.push_back(reply.ids[at]);
            }
            if (at < reply.ids.size() && reply.ids[at] == own) {
                ++at;
            } else {
                outcome_.missing_there.push_back(own);
            }
        }
        outcome_.missing_here.insert(outcome_.missing_here.end(), reply.ids.begin() + static_cast<std::ptrdiff_t>(at),
                                     reply.ids.end());
        outcome_.resume_from = reply.end;
        if (reply.end != 0 || options_.from != 0) {
            return finish(reply.end == 0 ? SessionResult::complete : SessionResult::partial);
        }
        return outcome_.differences() == 0 ? settle(summary, {}) : finish(SessionResult::complete);
    }

    Step take_body(const SetSummary& summary, const BloomReply& reply) {
        for (const std::uint64_t id : reply.page.ids) {
            if (!summary.contains(id)) {
                outcome_.missing_here.push_back(id);
            }
        }
        for (const std::uint64_t own : own_ids_until(summary, reply.page.end)) {
            if (!reply.filter->may_contain(own)) {
                outcome_.missing_there.push_back(own);
            }
        }
        outcome_.resume_from = reply.page.end;
        return finish(SessionResult::partial);
    }

    [[nodiscard]] std::vector<std::uint64_t> own_ids_until(const SetSummary& summary, std::uint64_t end) const {
        auto ids = summary.table().ascending_from(options_.from, summary.table().size());
        while (end != 0 && !ids.empty() && ids.back() >= end) {
            ids.pop_back();
        }
        return ids;
    }

    /// Whether our set, changed by `ids`, has the peer's checksum.
    [[nodiscard]] static bool confirm(const SetSummary& summary, const std::vector<std::uint64_t>& ids,
                                      std::uint32_t checksum) noexcept {
        std::uint32_t expected = summary.checksum();
        for (const std::uint64_t id : ids) {
            const std::uint32_t change = SetSummary::checksum_of(id);
            expected += summary.contains(id) ? 0 - change : change;
        }
        return expected == checksum;
    }

    /// Reports proven differences. None at all means that some are hidden, unless our set has changed since we asked.
    Step settle(const SetSummary& summary, const std::vector<std::uint64_t>& ids) {
        for (const std::uint64_t id : ids) {
            (summary.contains(id) ? outcome_.missing_there : outcome_.missing_here).push_back(id);
        }
        if (ids.empty()) {
            return finish(summary.digest() == digest_asked_ ? SessionResult::hidden : SessionResult::complete);
        }
        return finish(SessionResult::complete);
    }

    /// Ten bits per id: 1 % of what the peer lacks stays unseen. The salt differs from set to set, so not the same 1 %.
    static BloomFilter filter_of(const SetSummary& summary) {
        BloomFilter filter(BloomShape::for_rate(summary.table().size(), 0.01), Salt{remix(summary.digest(), 6), 0});
        summary.table().for_each([&](std::uint64_t id, SetSummary::Handle) { filter.insert(id); });
        return filter;
    }

    InitiatorOptions options_;
    Strategy next_;
    std::size_t asked_{0};
    std::uint64_t digest_asked_{0};
    SessionOutcome outcome_;
};

}  // namespace lattice::inline v0::reconcile
