#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <lattice/core/message.hpp>
#include <lattice/core/message_cache.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/time.hpp>
#include <lattice/reconcile/set_summary.hpp>

namespace lattice::inline v0::reconcile {

/// How messages are parted by time.
struct WindowOptions {
    static constexpr std::size_t count_max = 256;  ///< An AgeSet names no more.

    /// The length of a window. The same on all nodes: windows are the multiples of it since the epoch of the message
    /// timestamps.
    std::chrono::microseconds length{std::chrono::minutes(10)};
    /// How many windows are kept, 1 to count_max; with `length`, the horizon. The default reaches back a day.
    std::size_t count{144};
};

/// Some windows by their age; the newest has age 0.
struct AgeSet {
    std::array<std::uint64_t, WindowOptions::count_max / 64> words{};

    friend bool operator==(const AgeSet&, const AgeSet&) = default;

    void insert(std::uint64_t age) noexcept {
        words[static_cast<std::size_t>(age / 64)] |= std::uint64_t{1} << (age % 64);
    }
    [[nodiscard]] bool contains(std::uint64_t age) const noexcept {
        return age >= WindowOptions::count_max || (words[static_cast<std::size_t>(age / 64)] >> (age % 64) & 1U) != 0;
    }
};

/// One summary per window of time, so that recent messages are reconciled before old ones, and those beyond the horizon
/// never: their window is dropped as a whole, without a removal per message.
///
/// A message belongs to the window of its timestamp, which is part of the message and so the same everywhere. Each window has
/// its own salt, that of the epoch with the window's number (see Salt): salts change as time goes on, peers that share a key
/// agree on them without a word, and nothing is ever computed anew for it.
///
/// **Messages that a full cache lets go** are not missing, so they must not look so. In the two newest windows they go on to
/// count as known (SetSummary::release); an older window that has lost some is `partial`: it is not compared any more, as no
/// two nodes lose the same. So nodes compare as far back as both hold everything.
///
/// Memory: that of SetSummary per message, and 1.5 to 7 KB per window that was used or asked for; 16 bytes for others.
class Windows {
   public:
    /// `network_key`: see Salt::for_epoch. `options.length` is at least 1.
    Windows(const Salt& network_key, const WindowOptions& options) : network_key_(network_key), options_(options) {
        options_.count = options_.count < 1 ? 1 : options_.count;
        options_.count = options_.count < WindowOptions::count_max ? options_.count : WindowOptions::count_max;
        windows_.resize(options_.count);
    }

    /// Where the messages are that handles name, as slots; needed by what computes anew. Outlives this.
    void attach(const MessageCache& cache) noexcept { cache_ = &cache; }

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

    /// Removes a message that was added with that handle and time, as if it had never been; false when it is not there.
    bool remove(const MessageId& id, SetSummary::Handle handle, WallTime time) {
        SetSummary* summary = kept(number_of(time));
        return summary != nullptr && summary->remove(id, handle);
    }

    /// A message that was added with that handle and time is not held any more; false when it is not there.
    bool release(const MessageId& id, SetSummary::Handle handle, WallTime time) {
        const std::uint64_t number = number_of(time);
        SetSummary* summary = kept(number);
        if (summary == nullptr) {
            return false;
        }
        Window& window = windows_[place_of(number)];
        window.partial = true;
        if (newest_ - number < recent && window.known < known_max) {
            ++window.known;
            return summary->release(id, handle);
        }
        return summary->remove(id, handle);
    }

    /// Makes the window of `now`, and those before it up to the horizon, the ones that are kept. Time never goes back.
    void advance(WallTime now) {
        const std::uint64_t newest = number_of(now);
        for (; newest_ < newest; ++newest_) {
            if (newest - newest_ > options_.count) {
                newest_ = newest - options_.count;  // a long pause: nothing of the past remains
            }
            windows_[place_of(newest_ + 1)] = {};
            if (newest_ + 1 >= recent && options_.count > recent) {
                forget_released(newest_ + 1 - recent);
            }
        }
    }

    /// Computes all summaries anew under another key. Costs 0.5 us per message held. What was released is forgotten.
    void rekey(const Salt& network_key) {
        network_key_ = network_key;
        for (std::uint64_t age = 0; age < options_.count && age <= newest_; ++age) {
            Window& window = windows_[place_of(newest_ - age)];
            if (window.summary != nullptr) {
                *window.summary = computed(newest_ - age, Salt::for_epoch(network_key_, newest_ - age));
                window.known = 0;
            }
        }
    }

    /// What is held of that window under another salt, computed for one session. `number` must be kept.
    [[nodiscard]] SetSummary computed(std::uint64_t number, const Salt& salt) const {
        SetSummary summary(salt);
        kept(number)->for_each_held([&](SetSummary::Handle handle) {
            if (const auto* held = cache_ == nullptr ? nullptr : cache_->at(handle)) {
                summary.add(held->message.key(), handle);
            }
        });
        return summary;
    }

    /// The summary of that window; null when it is beyond the horizon or in the future. Valid until `advance` drops it.
    [[nodiscard]] const SetSummary* find(std::uint64_t number) const { return kept(number); }

    /// The newest window.
    [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }

    /// Ages from 1 up to this, exclusive, are compared by digest. The oldest window is on its way out, not everywhere at once.
    [[nodiscard]] std::uint64_t ages() const noexcept { return options_.count < 2 ? 1 : options_.count - 1; }

    /// Whether that window is not to be compared: it has lost messages, or is not kept.
    [[nodiscard]] bool left_out(std::uint64_t number) const noexcept {
        return number > newest_ || newest_ - number >= options_.count ||
               (windows_[place_of(number)].partial && newest_ - number >= recent);
    }

    /// A digest of what is in that window: 0 when there is nothing.
    [[nodiscard]] std::uint64_t digest_of(std::uint64_t number) const noexcept {
        if (number > newest_ || newest_ - number >= options_.count) {
            return 0;
        }
        const auto& summary = windows_[place_of(number)].summary;
        return summary == nullptr || summary->size() == 0 ? 0 : remix(summary->digest() + summary->size(), 8) | 1U;
    }

    /// Messages in that window.
    [[nodiscard]] std::size_t size_of(std::uint64_t number) const noexcept {
        const bool there = number <= newest_ && newest_ - number < options_.count;
        const SetSummary* summary = there ? windows_[place_of(number)].summary.get() : nullptr;
        return summary == nullptr ? 0 : summary->size();
    }

    /// Messages in all windows.
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (const Window& window : windows_) {
            sum += window.summary == nullptr ? 0 : window.summary->size();
        }
        return sum;
    }

   private:
    static constexpr std::uint64_t recent = 2;           ///< Windows in which what was let go counts as known.
    static constexpr std::uint32_t known_max = 200'000;  ///< In one window: 5 MB.

    struct Window {
        std::unique_ptr<SetSummary> summary;  ///< Null: nobody has used it.
        std::uint32_t known{0};               ///< Messages let go that still count.
        bool partial{false};
    };

    [[nodiscard]] std::size_t place_of(std::uint64_t number) const noexcept {
        return static_cast<std::size_t>(number % options_.count);
    }

    /// The summary of a window that is kept, made when it is first wanted.
    [[nodiscard]] SetSummary* kept(std::uint64_t number) const {
        if (number > newest_ || newest_ - number >= options_.count) {
            return nullptr;
        }
        auto& summary = windows_[place_of(number)].summary;
        if (summary == nullptr) {
            summary = std::make_unique<SetSummary>(Salt::for_epoch(network_key_, number));
        }
        return summary.get();
    }

    /// A window has become old: what is not held in it is forgotten.
    void forget_released(std::uint64_t number) {
        Window& window = windows_[place_of(number)];
        if (window.known != 0 && window.summary != nullptr) {
            *window.summary = computed(number, window.summary->salt());
            window.known = 0;
        }
    }

    Salt network_key_;
    WindowOptions options_;
    std::uint64_t newest_{0};
    const MessageCache* cache_{nullptr};
    /// Window w is at w modulo count. Mutable, because an empty summary says nothing new.
    mutable std::vector<Window> windows_;
};

}  // namespace lattice::inline v0::reconcile
