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
        occupied_[level][index / 64] |= std::uint64_t{1} << (index % 64);
        ++size_;
    }

    std::optional<Event> pop(std::uint64_t limit) {
        return pop(limit, [](const Event&) {});
    }

    /// Takes the next event unless it is later than `limit`. `soon(event)` is called for many events, though not for all, a
    /// little before they come: time to fetch from memory what they will need.
    template <typename Soon>
    std::optional<Event> pop(std::uint64_t limit, Soon&& soon) {
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
            advance(*place, soon);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

   private:
    static constexpr std::size_t levels = 8;
    static constexpr std::size_t fan = 256;
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
        for (std::size_t level = 0; level < levels; ++level) {
            for (std::size_t word = 0; word < fan / 64; ++word) {
                if (const std::uint64_t bits = occupied_[level][word]; bits != 0) {
                    return Place{level, 64 * word + static_cast<std::size_t>(std::countr_zero(bits))};
                }
            }
        }
        return std::nullopt;
    }

    /// The earliest time that falls into a bucket.
    [[nodiscard]] std::uint64_t start_of(const Place& place) const noexcept {
        const std::uint64_t shift = 8 * place.level;
        const std::uint64_t above = place.level + 1 == levels ? 0 : (now_ >> (shift + 8)) << (shift + 8);
        return above | (std::uint64_t{place.index} << shift);
    }

    void mark_empty(const Place& place) noexcept {
        occupied_[place.level][place.index / 64] &= ~(std::uint64_t{1} << (place.index % 64));
    }

    Event take_ready() {
        const Event event = ready_[cursor_++];
        if (cursor_ == ready_.size()) {
            ready_.clear();
            cursor_ = 0;
        }
        --size_;
        return event;
    }

    /// The bucket's only event is the earliest of all; it need not move down level by level.
    Event take_only(const Place& place) {
        auto& bucket = buckets_[place.level][place.index];
        const Event event = bucket.front();
        bucket.clear();
        mark_empty(place);
        now_ = event.time;
        --size_;
        return event;
    }

    /// Moves the present to the start of a bucket and its events to the levels below, or to `ready_` when they are due.
    template <typename Soon>
    void advance(const Place& place, Soon&& soon) {
        now_ = start_of(place);
        auto& bucket = buckets_[place.level][place.index];
        mark_empty(place);
        if (place.level == 0) {
            ready_.swap(bucket);
            return;
        }
        size_ -= bucket.size();
        if (bucket.capacity() > kept_capacity) {
            const std::vector<Event> drained = std::move(bucket);
            bucket = {};
            for (const Event& event : drained) {
                push(event);
            }
        } else {
            if (place.level == 1) {
                for (const Event& event : bucket) {
                    soon(event);
                }
            }
            for (const Event& event : bucket) {
                push(event);
            }
            bucket.clear();
        }
    }

    std::uint64_t now_{0};
    std::size_t size_{0};
    std::vector<Event> ready_;  ///< Events of the instant `now_`, from `cursor_` on.
    std::size_t cursor_{0};
    std::array<std::array<std::uint64_t, fan / 64>, levels> occupied_{};
    std::array<std::array<std::vector<Event>, fan>, levels> buckets_;
};

}  // namespace lattice::inline v0::sim
