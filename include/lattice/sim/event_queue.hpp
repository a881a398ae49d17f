#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace lattice::inline v0::sim {

/// Index of a node in its world, in the order of joining.
using NodeIndex = std::uint32_t;

/// No node of any world.
inline constexpr NodeIndex nobody = 0xffffffffU;

/// What is to happen at an instant of virtual time. 24 bytes, because a world of a million nodes queues millions.
struct Event {
    std::uint64_t time{};   ///< Nanoseconds since the world began.
    NodeIndex node{};       ///< Whom it happens to.
    std::uint32_t slot{};   ///< Where its details are kept: a frame, a timer, an action.
    std::uint32_t check{};  ///< Tells a detail from a later tenant of the same slot.
    std::uint32_t kind{};   ///< The queue's owner knows what it means.
};
static_assert(sizeof(Event) == 24);

/// The future of a world, in order of time; what falls on the same instant comes in the order of pushing.
///
/// A hierarchical wheel, 256 buckets at each of eight levels (a radix queue over the bytes of the time; Ahuja, Mehlhorn,
/// Orlin, Tarjan 1990): an event waits at the level of the highest byte in which its time differs from the present, and
/// moves down as the present comes near. Push is constant; an event moves at most once per level. Nothing compares, and
/// equal times always share a bucket, so the order of pushing is kept without a sequence number.
///
/// Invariant: no event is earlier than `now_`, and every event lies in the bucket that `now_` and its time determine.
class EventQueue {
   public:
    /// Adds an event. Its time must not lie before the last event popped, nor before a limit that `pop` was given.
    void push(const Event& event) {
        const std::size_t level = level_of(event.time);
        const std::size_t index = index_of(event.time, level);
        buckets_[level][index].push_back(event);
        mark_occupied({level, index});
        ++size_;
    }

    /// Takes the next event unless it is later than `limit`.
    std::optional<Event> pop(std::uint64_t limit) {
        while (true) {
            if (cursor_ < ready_.size()) {
                return now_ <= limit ? std::optional(take_ready()) : std::nullopt;
            }
            const auto place = first_bucket();
            if (!place || start_of(*place) > limit) {
                return std::nullopt;
            }
            auto& bucket = buckets_[place->level][place->index];
            if (bucket.size() == 1) {
                if (bucket.front().time > limit) {
                    return std::nullopt;
                }
                return take_only(*place);
            }
            advance(*place);
        }
    }

    /// Calls `soon(event)` for the next events, in about the order in which they will come, until `distance` of those shown are
    /// still to come: time to fetch from memory what they will need. Each is shown at most once; those that are pushed among
    /// the shown ones are not, and near the end of a stretch of time (16.8 ms) fewer are.
    template <typename Soon>
    void look_ahead(std::size_t distance, Soon&& soon) {
        ready_shown_ = ready_shown_ < cursor_ ? cursor_ : ready_shown_;
        for (; shown_ < distance && ready_shown_ < ready_.size(); ++shown_) {
            soon(ready_[ready_shown_++]);
        }
        while (shown_ < distance) {
            const std::vector<Event>* bucket = next_to_show();
            if (bucket == nullptr) {
                return;
            }
            for (const Event& event : *bucket) {
                soon(event);
            }
            shown_ += bucket->size();
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

   private:
    static constexpr std::size_t levels = 8;
    static constexpr std::size_t fan = 256;
    static constexpr std::size_t words = fan / 64;
    static constexpr std::size_t kept_capacity = 4096;  ///< Larger buckets give their memory back when drained.

    struct Place {
        std::size_t level;
        std::size_t index;
    };

    [[nodiscard]] std::size_t level_of(std::uint64_t time) const noexcept {
        const std::uint64_t differing = time ^ now_;
        return differing == 0 ? 0 : (static_cast<std::size_t>(std::bit_width(differing)) - 1) / 8;
    }
    static std::size_t index_of(std::uint64_t time, std::size_t level) noexcept {
        return static_cast<std::size_t>(time >> (8 * level)) & (fan - 1);
    }

    /// The first occupied bucket of the lowest occupied level: it holds the earliest event.
    [[nodiscard]] std::optional<Place> first_bucket() const noexcept {
        if (occupied_words_ == 0) {
            return std::nullopt;
        }
        const auto at = static_cast<std::size_t>(std::countr_zero(occupied_words_));
        return Place{at / words,
                     64 * (at % words) + static_cast<std::size_t>(std::countr_zero(occupied_[at / words][at % words]))};
    }

    /// The next bucket of the lower levels that was not shown yet, unless it holds too much to be soon.
    [[nodiscard]] const std::vector<Event>* next_to_show() noexcept {
        for (std::size_t level = 0; level < levels_shown; ++level) {
            for (std::size_t& at = next_shown_[level]; at < fan; at = (at / 64 + 1) * 64) {
                const std::uint64_t bits = occupied_[level][at / 64] >> (at % 64);
                if (bits == 0) {
                    continue;
                }
                const std::size_t index = at + static_cast<std::size_t>(std::countr_zero(bits));
                if (buckets_[level][index].size() > shown_at_once_max) {
                    return nullptr;
                }
                at = index + 1;
                return &buckets_[level][index];
            }
        }
        return nullptr;
    }

    /// The earliest time that falls into a bucket.
    [[nodiscard]] std::uint64_t start_of(const Place& place) const noexcept {
        const std::uint64_t shift = 8 * place.level;
        const std::uint64_t above = place.level + 1 == levels ? 0 : (now_ >> (shift + 8)) << (shift + 8);
        return above | (std::uint64_t{place.index} << shift);
    }

    void mark_occupied(const Place& place) noexcept {
        occupied_[place.level][place.index / 64] |= std::uint64_t{1} << (place.index % 64);
        occupied_words_ |= std::uint32_t{1} << (place.level * words + place.index / 64);
    }
    void mark_empty(const Place& place) noexcept {
        std::uint64_t& word = occupied_[place.level][place.index / 64];
        word &= ~(std::uint64_t{1} << (place.index % 64));
        if (word == 0) {
            occupied_words_ &= ~(std::uint32_t{1} << (place.level * words + place.index / 64));
        }
    }

    Event take_ready() {
        const Event event = ready_[cursor_++];
        if (cursor_ == ready_.size()) {
            ready_.clear();
            cursor_ = 0;
            ready_shown_ = 0;
        }
        shown_ -= shown_ == 0 ? 0 : 1;
        --size_;
        return event;
    }

    /// The bucket's only event is the earliest of all; it need not move down level by level.
    Event take_only(const Place& place) {
        auto& bucket = buckets_[place.level][place.index];
        const Event event = bucket.front();
        bucket.clear();
        mark_empty(place);
        show_below(place);
        shown_ -= shown_ == 0 ? 0 : 1;
        now_ = event.time;
        --size_;
        return event;
    }

    /// The present moves into a bucket: all that stands in the levels below it is to be shown, unless the bucket was.
    /// Returns whether it was.
    bool show_below(const Place& place) noexcept {
        if (place.level >= levels_shown) {
            shown_ = 0;
            next_shown_ = {};
            return false;
        }
        const bool was_shown = next_shown_[place.level] > place.index;
        for (std::size_t level = 0; level < place.level; ++level) {
            next_shown_[level] = was_shown ? fan : 0;
        }
        next_shown_[place.level] = was_shown ? next_shown_[place.level] : place.index + 1;
        return was_shown;
    }

    /// Moves the present to the start of a bucket and its events to the levels below, or to `ready_` when they are due.
    void advance(const Place& place) {
        now_ = start_of(place);
        mark_empty(place);
        const bool was_shown = show_below(place);
        auto& bucket = buckets_[place.level][place.index];
        if (place.level == 0) {
            ready_.swap(bucket);
            ready_shown_ = was_shown ? ready_.size() : 0;
            return;
        }
        size_ -= bucket.size();
        std::vector<Event> drained;
        drained.swap(bucket);
        for (const Event& event : drained) {
            push(event);
        }
        if (drained.capacity() <= kept_capacity) {
            drained.clear();
            bucket.swap(drained);
        }
    }

    static constexpr std::size_t levels_shown = 3;  ///< Events of the present 16.8 ms.
    static constexpr std::size_t shown_at_once_max =
        16;  ///< Fuller buckets wait until they are spread over lower levels.

    std::uint64_t now_{0};
    std::size_t size_{0};
    std::vector<Event> ready_;  ///< Events of the instant `now_`, from `cursor_` on.
    std::size_t cursor_{0};
    std::size_t ready_shown_{0};                          ///< Up to here `ready_` was shown.
    std::size_t shown_{0};                                ///< Events shown that are still to come, about.
    std::array<std::size_t, levels_shown> next_shown_{};  ///< By level: buckets below were shown.
    std::uint32_t occupied_words_{0};                     ///< One bit for each word of `occupied_` that is not zero.
    std::array<std::array<std::uint64_t, words>, levels> occupied_{};
    std::array<std::array<std::vector<Event>, fan>, levels> buckets_;
};

}  // namespace lattice::inline v0::sim
