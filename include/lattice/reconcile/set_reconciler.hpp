#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/reconciler.hpp>
#include <lattice/core/time.hpp>
#include <lattice/reconcile/byte_io.hpp>
#include <lattice/reconcile/initiator.hpp>
#include <lattice/reconcile/responder.hpp>
#include <lattice/reconcile/short_id.hpp>
#include <lattice/reconcile/windows.hpp>

namespace lattice::inline v0::reconcile {

/// Settings of a SetReconciler; the same on all nodes of a network, or they list names to each other.
struct SetReconcilerOptions {
    /// Shared by the network; secret where outsiders must not prepare collisions (see Salt). All zero: an open network.
    Salt network_key{};
    /// How messages are parted by time, and how far back they are compared.
    WindowOptions windows{};
    /// Bounds what one request of a peer can cost.
    ResponderLimits responder{};
};

/// The Reconciler of this library: anti-entropy whose traffic and work grow with what differs (see Initiator for how).
///
///     gossip.reconcile_with(std::make_unique<reconcile::SetReconciler>());
///
/// Messages are parted into windows of time. A session compares the two newest; then older ones, as long as it finds
/// differences; and one older window in turn, so that all come round. The first session of a node compares all windows, newest
/// first: that is how it catches up with what came before it. Equal windows cost some 40 bytes each way.
///
/// What collides or does not decode is not believed: the session gives up, and the engine lists names once. Memory: see
/// SetSummary, per window in use. One thread at a time.
class SetReconciler final : public Reconciler {
   public:
    explicit SetReconciler(const SetReconcilerOptions& options = {})
        : options_(options), windows_(options.network_key, options.windows) {}

    void held(const Message& message, std::uint32_t slot) override {
        windows_.advance(message.timestamp());
        windows_.add(message.key(), slot, message.timestamp());
    }

    void released(const Message& message, std::uint32_t slot) override {
        windows_.remove(message.key(), slot, message.timestamp());
    }

    Bytes begin(WallTime now) override {
        windows_.advance(now);
        found_differences_ = false;
        turning_ = false;
        visited_ = 0;
        window_ = windows_.newest();
        return open({});
    }

    Progress take(ByteView reply, WallTime now) override {
        windows_.advance(now);
        const SetSummary* summary = windows_.find(window_);
        if (!initiator_ || summary == nullptr) {
            initiator_.reset();
            return {};
        }
        Progress progress;
        if (initiator_->take(*summary, reply) == Initiator::Step::again) {
            progress.state = Progress::State::going_on;
            progress.request = bytes_of(initiator_->request(*summary));
            return progress;
        }
        const SessionOutcome outcome = initiator_->outcome();
        initiator_.reset();
        report(outcome, *summary, progress);
        go_on(outcome, progress);
        return progress;
    }

    std::optional<Bytes> answer(ByteView bytes, WallTime now) override {
        windows_.advance(now);
        const auto request = decode_request(bytes);
        if (!request || !request->window) {
            return std::nullopt;
        }
        const SetSummary* summary = windows_.find(*request->window);
        Reply reply = WindowReply{};
        if (request->salt) {
            reply =
                BusyReply{};  // A summary under a salt of the peer's choice costs a pass over all; it may list names.
        } else if (summary != nullptr) {
            reply = Responder(*summary, options_.responder).answer(*request);
        }
        std::vector<std::byte> encoded;
        encode(reply, request->from, encoded);
        return bytes_of(encoded);
    }

    [[nodiscard]] std::vector<std::uint32_t> named(ByteView wants, std::size_t most) const override {
        std::vector<std::uint32_t> slots;
        ByteReader reader(wants);
        const SetSummary* summary = windows_.find(reader.varint());
        while (summary != nullptr && reader.ok() && reader.remaining() >= sizeof(std::uint64_t) &&
               slots.size() < most) {
            if (const auto slot = summary->find(reader.u64())) {
                slots.push_back(static_cast<std::uint32_t>(*slot));
            }
        }
        return slots;
    }

    /// The windows, for reading.
    [[nodiscard]] const Windows& windows() const noexcept { return windows_; }

   private:
    static Bytes bytes_of(const std::vector<std::byte>& bytes) { return Bytes(ByteView(bytes)); }

    Bytes open(InitiatorOptions options) {
        options.window = window_;
        options.expected_difference = expected_;
        initiator_.emplace(options);
        return bytes_of(initiator_->request(*windows_.find(window_)));
    }

    /// What the session over one window found, as the engine wants it.
    void report(const SessionOutcome& outcome, const SetSummary& summary, Progress& progress) {
        if (!outcome.missing_here.empty()) {
            std::vector<std::byte> wants;
            ByteWriter writer(wants);
            writer.varint(window_);
            for (const std::uint64_t id : outcome.missing_here) {
                writer.u64(id);
            }
            progress.wants = bytes_of(wants);
            progress.wanted = outcome.missing_here.size();
        }
        for (const std::uint64_t id : outcome.missing_there) {
            if (const auto slot = summary.find(id)) {
                progress.lacking.push_back(static_cast<std::uint32_t>(*slot));
            }
        }
        found_differences_ = outcome.differences() != 0;
        expected_ = outcome.differences() == 0 ? 1 : outcome.differences();  // 0 would mean that nothing is known.
    }

    /// What comes after a window: the rest of it, the next one, or the end.
    void go_on(const SessionOutcome& outcome, Progress& progress) {
        switch (outcome.result) {
            case SessionResult::partial: {
                InitiatorOptions rest;
                rest.strategy = outcome.resume_from == 0 ? Strategy::automatic : Strategy::ids;
                rest.from = outcome.resume_from;
                progress.request = open(rest);
                progress.state = Progress::State::going_on;
                return;
            }
            case SessionResult::equal:
            case SessionResult::complete:
            case SessionResult::unknown_window:
                break;
            default:
                progress.state = Progress::State::gave_up;
                return;
        }
        if (const auto next = next_window()) {
            window_ = *next;
            progress.request = open({});
            progress.state = Progress::State::going_on;
        } else {
            caught_up_ = true;
            progress.state = Progress::State::complete;
        }
    }

    /// The two newest, then on into the past while windows differ or this node has not caught up yet; at last, one in turn.
    std::optional<std::uint64_t> next_window() noexcept {
        if (turning_) {
            return std::nullopt;
        }
        ++visited_;
        const std::uint64_t newest = windows_.newest();
        const bool onward = visited_ < 2 || found_differences_ || !caught_up_;
        const bool exists = visited_ < options_.windows.count && visited_ <= newest;
        if (onward && exists) {
            return newest - visited_;
        }
        turning_ = true;
        return exists ? std::optional(windows_.for_turn(2 * turn_++ + 1)) : std::nullopt;
    }

    SetReconcilerOptions options_;
    Windows windows_;
    std::optional<Initiator> initiator_;  ///< Of the open session, about `window_`.
    std::uint64_t window_{0};
    std::size_t visited_{0};   ///< Consecutive windows compared in this session.
    std::uint64_t turn_{0};    ///< Counts the older windows compared in turn.
    std::size_t expected_{0};  ///< Differences that the last window had: the guess for the next.
    bool found_differences_{false};
    bool turning_{false};    ///< The last window of the session, the one in turn, is being compared.
    bool caught_up_{false};  ///< A session over all windows came to its end.
};

}  // namespace lattice::inline v0::reconcile
