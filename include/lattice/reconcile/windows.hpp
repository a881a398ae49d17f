#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <lattice/core/message_id.hpp>
#include <lattice/core/time.hpp>
#include <lattice/reconcile/set_summary.hpp>

namespace lattice::inline v0::reconcile {

/// How messages are parted by time.
struct WindowOptions {
    /// The length of a window. The same on all nodes: windows are the multiples of it since the epoch of the message
    /// timestamps.
    std::chrono::microseconds length{std::chrono::minutes(10)};
    /// How many windows are kept; with `length`, the horizon. The default reaches back a day.
    std::size_t count{144};
};

/// One summary per window of time, so that recent messages are reconciled often and old ones seldom, and those beyond
/// the horizon never: their window is dropped as a whole, without a removal per message.
///
/// A message belongs to the window of its timestamp, which is part of the message and so the same everywhere. A session
/// is about one window (Request::window), and equal windows cost 30 to 45 bytes. Memory: SetSummary's per message, and
/// 1.5 to 7 KB per window in use. A node that joins asks for window after window, newest first, each bounded by what it
/// holds.
class Windows {
   public:
    /// `options.length` and `options.count` are at least 1.
    Windows(const Salt& salt, const WindowOptions& options)
        : salt_(salt), options_(options), summaries_(options.count, SetSummary(salt)) {}

    /// The number of the window that a timestamp lies in. Times before the epoch lie in window 0.
    [[nodiscard]] std::uint64_t number_of(WallTime time) const noexcept {
        const auto since_epoch = time.time_since_epoch();
        return since_epoch.count() < 0 ? 0 : static_cast<std::uint64_t>(since_epoch / options_.length);
    }

    /// Adds a message; false, and nothing changed, when its window lies beyond the horizon or after the newest window.
    bool add(const MessageId& id, SetSummary::Handle handle, WallTime time) {
        SetSummary* summary = kept(number_of(time));
        if (summary == nullptr) {
            return false;
        }
        summary->add(id, handle);
        return true;
    }

    /// Removes a message that was added with that handle and time; false when it is not there.
    bool remove(const MessageId& id, SetSummary::Handle handle, WallTime time) {
        SetSummary* summary = kept(number_of(time));
        return summary != nullptr && summary->remove(id, handle);
    }

    /// Makes the window of `now`, and those before it up to the horizon, the ones that are kept. Time never goes back.
    void advance(WallTime now) {
        const std::uint64_t newest = number_of(now);
        for (; newest_ < newest; ++newest_) {
            if (newest - newest_ > options_.count) {
                newest_ = newest - options_.count;  // a long pause: nothing of the past remains
            }
            summaries_[static_cast<std::size_t>((newest_ + 1) % options_.count)] = SetSummary(salt_);
        }
    }

    /// The summary of that window; null when it is beyond the horizon or in the future. Valid until the next change.
    [[nodiscard]] const SetSummary* find(std::uint64_t number) const noexcept {
        const bool kept = number <= newest_ && newest_ - number < options_.count;
        return kept ? &summaries_[static_cast<std::size_t>(number % options_.count)] : nullptr;
    }

    /// The newest window.
    [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }

    /// Which window to reconcile in the `turn`-th session with a peer: every second session the newest, the others by
    /// age, each doubling of the age with the same share, so that a window twice as old comes half as often. All come
    /// within 2 * count * (log2(count) + 1) turns.
    [[nodiscard]] std::uint64_t for_turn(std::uint64_t turn) const noexcept {
        const auto octaves = static_cast<std::uint64_t>(std::bit_width(options_.count - 1));
        if (turn % 2 == 0 || octaves == 0) {
            return newest_;
        }
        const std::uint64_t octave = turn / 2 % octaves;
        const std::uint64_t first = std::uint64_t{1} << octave;
        const std::uint64_t end = octave + 1 == octaves ? options_.count : 2 * first;
        const std::uint64_t age = first + turn / 2 / octaves % (end - first);
        return age <= newest_ ? newest_ - age : newest_;
    }

    /// Messages in all windows.
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (const SetSummary& summary : summaries_) {
            sum += summary.size();
        }
        return sum;
    }

   private:
    [[nodiscard]] SetSummary* kept(std::uint64_t number) noexcept {
        return find(number) == nullptr ? nullptr : &summaries_[static_cast<std::size_t>(number % options_.count)];
    }

    Salt salt_;
    WindowOptions options_;
    std::uint64_t newest_{0};
    std::vector<SetSummary> summaries_;  ///< Window w is at w modulo count.
};

}  // namespace lattice::inline v0::reconcile
