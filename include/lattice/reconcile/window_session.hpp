#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/core/reconciler.hpp>
#include <lattice/reconcile/initiator.hpp>
#include <lattice/reconcile/inquiry.hpp>
#include <lattice/reconcile/wants.hpp>
#include <lattice/reconcile/windows.hpp>

namespace lattice::inline v0::reconcile {

/// The asking side of a comparison of all windows with one partner: which windows to compare, in which order and how.
///
/// The first inquiry compares the newest window at once (and the one before it, while what belongs there may still be under
/// way), and all older ones by one digest. If those differ, the answer holds a digest of each, and the windows that differ
/// follow, newest first, many in one inquiry: recent messages come first, and no window costs a round trip of its own.
///
/// A session takes `found_max` messages and leaves the rest to the next one, which goes on there: so a node that starts from
/// nothing asks for no more than it can fetch and hold meanwhile. Until it has caught up it also lists the windows that its
/// partner has lost messages of.
///
/// Nothing is believed that does not prove itself: a window whose sketches do not decode is listed once by ids, one whose
/// messages hide behind each other's short ids is compared once more under a fresh salt, and then the session gives up.
class WindowSession {
   public:
    using Progress = Reconciler::Progress;

    /// Messages that one session finds at the most: what Limits::tracked_ids_per_peer lets it ask for, by default.
    static constexpr std::size_t found_max = 4'096;
    /// Inquiries of one session. A day of windows that all differ takes five, listings of 8,192 ids each some more.
    static constexpr int inquiries_max = 48;

    /// Begins anew. `boundary`: messages of the window before the newest one may still be under way.
    void begin(const Windows& windows, bool boundary) {
        end();
        newest_ = windows.newest();
        asking_older_ = newest_ != 0 && windows.ages() > 1;
        if (boundary && asking_older_) {
            todo_.push_back({newest_ - 1});
        }
        todo_.push_back({newest_});
    }

    /// Drops everything that was going on.
    void end() {
        todo_.clear();
        open_.clear();
        found_ = 0;
        inquiries_ = 0;
        more_ = false;
        failed_ = false;
        asking_older_ = false;
    }

    [[nodiscard]] bool active() const noexcept { return !open_.empty() || !todo_.empty(); }

    /// The next inquiry.
    [[nodiscard]] Inquiry inquiry(const Windows& windows) {
        ++inquiries_;
        Inquiry inquiry;
        inquiry.newest = newest_;
        if (asking_older_) {
            inquiry.older.emplace();
            for (std::uint64_t age = 1; age < windows.ages() && age <= newest_; ++age) {
                if (windows.left_out(newest_ - age)) {
                    inquiry.older->left_out.insert(age);
                }
            }
            inquiry.older->digest = digest_of_older(windows, newest_, inquiry.older->left_out);
        }
        std::size_t planned = found_;
        while (open_.size() < inquiry_parts_max && !todo_.empty() && planned < found_max) {
            open(windows, todo_.back(), found_max - planned);
            planned += todo_.back().gap;
            todo_.pop_back();
        }
        for (Open& each : open_) {
            inquiry.parts.push_back({newest_ - each.window, each.initiator.request(*summary_of(windows, each))});
        }
        return inquiry;
    }

    /// Takes the answer to the last inquiry. `fresh_salt(messages)` gives the salt for a window of so many messages to be
    /// computed anew, if that may be done now.
    template <typename FreshSalt>
    Progress take(const Windows& windows, const Answer& answer, FreshSalt&& fresh_salt) {
        Progress progress;
        WantsWriter wants;
        std::vector<Open> asked = std::exchange(open_, {});
        for (std::size_t i = 0; i < asked.size(); ++i) {
            if (i >= answer.parts.size()) {
                open_.push_back(std::move(asked[i]));  // It did not fit: to be asked again.
            } else if (const SetSummary* summary = summary_of(windows, asked[i]); summary == nullptr) {
                continue;  // It has left the horizon.
            } else if (asked[i].initiator.take(*summary, answer.parts[i]) == Initiator::Step::again) {
                open_.push_back(std::move(asked[i]));
            } else {
                report(asked[i], *summary, wants, progress);
                conclude(windows, std::move(asked[i]), fresh_salt);
            }
        }
        failed_ = failed_ || (!asked.empty() && answer.parts.empty());
        if (std::exchange(asking_older_, false) && answer.older) {
            plan(windows, *answer.older);
        }
        progress.wants = Bytes(wants.bytes());
        progress.wanted = wants.count();
        progress.state = state();
        if (progress.state == Progress::State::complete) {
            caught_up_ = caught_up_ || (!more_ && !active());
        }
        return progress;
    }

    /// One digest of all windows older than `newest` that are not left out.
    static std::uint64_t digest_of_older(const Windows& windows, std::uint64_t newest,
                                         const AgeSet& left_out) noexcept {
        std::uint64_t sum = 0;
        for (std::uint64_t age = 1; age < windows.ages() && age <= newest; ++age) {
            const std::uint64_t digest = left_out.contains(age) ? 0 : windows.digest_of(newest - age);
            sum += digest == 0 ? 0 : remix(digest ^ remix(newest - age, 9), 10);
        }
        return sum;
    }

   private:
    /// What a window of unknown size is counted for.
    static constexpr std::size_t listing_share = found_max / 8;

    struct Task {
        std::uint64_t window;
        std::size_t gap{0};   ///< Messages that the partner surely holds beyond ours.
        bool listing{false};  ///< By ids, as the partner has lost some of its messages.
    };
    /// A window that is being compared.
    struct Open {
        std::uint64_t window;
        Strategy strategy;
        Initiator initiator;
        std::unique_ptr<SetSummary> fresh;  ///< Under a salt of this session; null: the window's own.
    };

    static const SetSummary* summary_of(const Windows& windows, const Open& open) {
        return open.fresh ? open.fresh.get() : windows.find(open.window);
    }

    void open(const Windows& windows, const Task& task, std::size_t room) {
        const SetSummary* summary = windows.find(task.window);
        if (summary == nullptr) {
            return;
        }
        InitiatorOptions options;
        if (task.window == newest_) {
            options.expected_difference = expected_;
        }
        if (task.window == rest_of_) {
            options.from = std::exchange(rest_from_, 0);
        }
        if (task.listing || summary->size() == 0 || options.from != 0) {
            options.strategy = Strategy::ids;
            options.ids_max = summary->size() + room;
        }
        open(task.window, options, nullptr);
    }

    void open(std::uint64_t window, InitiatorOptions options, std::unique_ptr<SetSummary> fresh) {
        options.send_salt = fresh != nullptr;
        open_.push_back({window, options.strategy, Initiator(options), std::move(fresh)});
    }

    /// Adds what the comparison of a window found to what the engine is told.
    void report(const Open& open, const SetSummary& summary, WantsWriter& wants, Progress& progress) {
        const SessionOutcome& outcome = open.initiator.outcome();
        if (open.window == newest_ && outcome.result != SessionResult::partial) {
            expected_ = outcome.differences() == 0 ? 1 : outcome.differences();  // 0 would mean that nothing is known.
        }
        WantedIds wanted{open.window, {}, outcome.missing_here};
        if (open.fresh) {
            wanted.salt = open.fresh->salt();
        }
        if (const std::size_t room = found_max - found_; wanted.ids.size() > room && !std::exchange(more_, true)) {
            const bool ascending = outcome.result == SessionResult::partial || open.strategy == Strategy::ids;
            rest_of_ = open.window;
            rest_from_ = ascending && !open.fresh ? wanted.ids[room] : 0;
        }
        if (wanted.ids.size() > found_max - found_) {
            wanted.ids.resize(found_max - found_);
        }
        found_ += wanted.ids.size();
        if (!wanted.ids.empty()) {
            wants.add(wanted);
        }
        for (const std::uint64_t id : outcome.missing_there) {
            const auto slot = summary.find(id);
            if (slot && *slot != SetSummary::gone && progress.lacking.size() < found_max) {
                progress.lacking.push_back(*slot);
            }
        }
    }

    /// What comes after a window was compared: nothing, the rest of it, or another way.
    template <typename FreshSalt>
    void conclude(const Windows& windows, Open done, FreshSalt&& fresh_salt) {
        const SessionOutcome& outcome = done.initiator.outcome();
        InitiatorOptions options;
        switch (outcome.result) {
            case SessionResult::equal:
            case SessionResult::complete:
            case SessionResult::unknown_window:
                return;
            case SessionResult::partial:
                if (!more_) {
                    options.strategy = outcome.resume_from == 0 ? Strategy::automatic : Strategy::ids;
                    options.from = outcome.resume_from;
                    open(done.window, options, std::move(done.fresh));
                }
                return;
            case SessionResult::hidden:
                if (const auto salt = done.fresh ? std::nullopt : fresh_salt(windows.find(done.window)->size())) {
                    open(done.window, options, std::make_unique<SetSummary>(windows.computed(done.window, *salt)));
                    return;
                }
                break;
            case SessionResult::failed:
                if (done.strategy != Strategy::ids) {
                    options.strategy = Strategy::ids;
                    open(done.window, options, std::move(done.fresh));
                    return;
                }
                break;
            default:
                break;
        }
        failed_ = true;
    }

    /// The older windows differ: those that do, the newest to be compared first.
    void plan(const Windows& windows, const Answer::Older& theirs) {
        std::vector<Task> tasks;
        auto window = theirs.windows.begin();
        for (std::uint64_t age = 1; age < windows.ages() && age <= newest_; ++age) {
            Answer::WindowDigest there;
            for (; window != theirs.windows.end() && window->age <= age; ++window) {
                there = window->age == age ? *window : there;
            }
            const std::size_t here = windows.size_of(newest_ - age);
            const std::uint64_t gap = there.size < here ? 0 : there.size - here;
            const bool lost_there = theirs.left_out.contains(age);
            const bool differs = !lost_there && there.digest != windows.digest_of(newest_ - age);
            const bool listing = lost_there && !caught_up_;
            if ((differs || listing) && !windows.left_out(newest_ - age) && !is_open(newest_ - age)) {
                tasks.push_back({newest_ - age, static_cast<std::size_t>(listing ? listing_share : gap), listing});
            }
        }
        todo_.assign(tasks.rbegin(), tasks.rend());
    }

    [[nodiscard]] bool is_open(std::uint64_t window) const noexcept {
        for (const Open& each : open_) {
            if (each.window == window) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] Progress::State state() const noexcept {
        if (failed_) {
            return Progress::State::gave_up;
        }
        return active() && !more_ && inquiries_ < inquiries_max ? Progress::State::going_on : Progress::State::complete;
    }

    std::vector<Task> todo_;  ///< The next one last.
    std::vector<Open> open_;
    std::uint64_t newest_{0};   ///< What ages of this session refer to.
    std::size_t expected_{0};   ///< Differences that the newest window had last time: the guess for the next.
    std::size_t found_{0};      ///< Messages missed here that this session found.
    std::uint64_t rest_of_{0};  ///< The window in which the last session stopped, and the id from which to go on.
    std::uint64_t rest_from_{0};
    int inquiries_{0};
    bool asking_older_{false};
    bool more_{false};  ///< There is more than one session may find.
    bool failed_{false};
    bool caught_up_{false};  ///< A session over all windows came to its end.
};

}  // namespace lattice::inline v0::reconcile
