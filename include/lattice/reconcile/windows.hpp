#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
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
/// is about one window (Request::window), and equal windows cost 30 to 45 bytes. A node that joins asks for window
/// after window, newest first, each bounded by what it holds.
///
/// Each window has its own salt, that of the epoch with the window's number (see Salt): salts change as time goes on,
/// peers agree on them without a word, and nothing is ever computed anew for it.
///
/// Memory: that of SetSummary per message, and 1.5 to 7 KB per window that was used or asked for; 8 bytes for others.
class Windows {
   public:
    /// `network_key`: see Salt::for_epoch. `options.length` and `options.count` are at least 1.
    Windows(const Salt& network_key, const WindowOptions& options)
        : network_key_(network_key), options_(options), summaries_(options.count) {}

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
            summaries_[static_cast<std::size_t>((newest_ + 1) % options_.count)].reset();
        }
    }

    /// The summary of that window; null when it is beyond the horizon or in the future. Valid until `advance` drops it.
    [[nodiscard]] const SetSummary* find(std::uint64_t number) const { return kept(number); }

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
        for (const auto& summary : summaries_) {
            sum += summary == nullptr ? 0 : summary->size();
        }
        return sum;
    }

   private:
    /// The summary of a window that is kept, made when it is first wanted.
    [[nodiscard]] SetSummary* kept(std::uint64_t number) const {
        if (number > newest_ || newest_ - number >= options_.count) {
            return nullptr;
        }
        auto& summary = summaries_[static_cast<std::size_t>(number % options_.count)];
        if (summary == nullptr) {
            summary = std::make_unique<SetSummary>(Salt::for_epoch(network_key_, number));
        }
        return summary.get();
    }

    Salt network_key_;
    WindowOptions options_;
    std::uint64_t newest_{0};
    /// Window w is at w modulo count; null: nobody has used it. Mutable, because an empty summary says nothing new.
    mutable std::vector<std::unique_ptr<SetSummary>> summaries_;
};

}  // namespace lattice::inline v0::reconcile
