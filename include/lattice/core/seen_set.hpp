#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <lattice/core/message_id.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/prefetch.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// The duplicate memory: which messages were taken before, apart from the cache of messages held.
///
/// It keeps 64 salted bits and a generation of a name, in one flat table with linear probing: 9 bytes at a load of 0.64 to
/// 0.8, so 11 to 14 bytes per name. Two names are confused with probability n / 2^64, 5e-15 at 100,000 names; names are
/// SHA-256 digests, and without the salt nobody can search for such a pair.
///
/// Names are forgotten a generation at a time: when it is older than the retention, or when there are more names than the
/// bound. `floor()` is the latest timestamp among the forgotten; a caller that refuses messages up to it never takes one
/// twice, whatever the rate at which they come.
template <typename T>
class BasicSeenSet {
    using Print = Dependent<std::uint64_t, T>;
    using Age = Dependent<std::uint8_t, T>;

   public:
    /// `retention`: how long a name is remembered, short of the bound. `names_max`: how many at the most.
    BasicSeenSet(Duration retention, std::size_t names_max, Random& random) noexcept
        : hasher_(random), generation_length_(retention / 16 + Duration{1}), names_max_(names_max) {}

    [[nodiscard]] bool contains(const MessageId& name) const noexcept {
        if (slots_.empty()) {
            return false;
        }
        const std::size_t at = position(fingerprint(name));
        return slots_[at] != 0 && alive(at);
    }

    /// Begins to fetch what `contains` and `insert` will look at: the table is larger than a processor's caches.
    void prefetch(const MessageId& name) const noexcept {
        if (!slots_.empty()) {
            const std::size_t at = home(fingerprint(name));
            prefetch_line(&slots_[at]);
            prefetch_line(&ages_[at]);
        }
    }

    /// Remembers the name of a message with that timestamp. False, and nothing changes, when it is known.
    bool insert(const MessageId& name, WallTime timestamp, TimePoint now) {
        advance(now);
        make_room();
        const std::uint64_t print = fingerprint(name);
        const std::size_t at = position(print);
        if (slots_[at] != 0 && alive(at)) {
            return false;
        }
        used_ += slots_[at] == 0 ? 1 : 0;
        slots_[at] = print;
        ages_[at] = static_cast<std::uint8_t>(newest_);
        ++size_;
        Generation& generation = generations_.back();
        ++generation.names;
        generation.latest = generation.latest < timestamp ? timestamp : generation.latest;
        return true;
    }

    /// Forgets the name: it was taken, but not delivered, and may come again.
    void erase(const MessageId& name) noexcept {
        if (slots_.empty()) {
            return;
        }
        const std::size_t at = position(fingerprint(name));
        if (slots_[at] != 0 && alive(at)) {
            --generations_[generations_.size() - 1 - age(at)].names;
            --size_;
            remove_at(at);
        }
    }

    /// The latest timestamp of a message whose name was forgotten; absent while none was.
    [[nodiscard]] std::optional<WallTime> floor() const noexcept {
        return floor_ == none_forgotten ? std::nullopt : std::optional(floor_);
    }

    /// How far back the memory reaches; absent while everything since the start is remembered.
    [[nodiscard]] std::optional<Duration> reach(TimePoint now) const noexcept {
        return floor() ? std::optional(now - generations_.front().start) : std::nullopt;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Bytes allocated.
    [[nodiscard]] std::size_t footprint() const noexcept {
        return slots_.capacity() * 9 + generations_.capacity() * sizeof(Generation);
    }

   private:
    /// The names that came in one stretch of time.
    struct Generation {
        TimePoint start;
        WallTime latest{WallTime::min()};  ///< The greatest timestamp among them.
        std::size_t names{0};
    };
    static constexpr std::size_t generations_by_size = 32;  ///< The bound is exact to a thirty-second.

    [[nodiscard]] std::uint64_t fingerprint(const MessageId& name) const noexcept {
        const std::uint64_t print = hasher_(name);
        return print == 0 ? 1 : print;
    }

    [[nodiscard]] std::size_t home(std::uint64_t print) const noexcept {
        return static_cast<std::size_t>(((print >> 32U) * slots_.size()) >> 32U);
    }

    /// Where the fingerprint is, or the empty slot where it would go.
    [[nodiscard]] std::size_t position(std::uint64_t print) const noexcept {
        std::size_t at = home(print);
        while (slots_[at] != 0 && slots_[at] != print) {
            at = at + 1 == slots_.size() ? 0 : at + 1;
        }
        return at;
    }

    /// How many generations ago the name in the slot came, modulo 256.
    [[nodiscard]] std::uint8_t age(std::size_t at) const noexcept {
        return static_cast<std::uint8_t>(newest_ - ages_[at]);
    }
    [[nodiscard]] bool alive(std::size_t at) const noexcept { return age(at) < generations_.size(); }

    /// Starts a generation when the newest is full or old enough, and forgets those beyond the retention.
    void advance(TimePoint now) {
        const bool full = !generations_.empty() && generations_.back().names > names_max_ / generations_by_size;
        if (generations_.empty() || full || now - generations_.back().start >= generation_length_) {
            ++newest_;
            generations_.push_back({now});
            if (newest_ - purged_at_ > 128) {
                rebuild(slots_.size());  // Before the numbers of dead generations come round again.
            }
        }
        while (generations_.size() > 2 && now - generations_[1].start > 16 * generation_length_) {
            forget_oldest();
        }
        while (size_ >= names_max_ && generations_.size() > 1) {
            forget_oldest();
        }
    }

    void forget_oldest() {
        const Generation& oldest = generations_.front();
        if (oldest.names != 0) {
            floor_ = floor_ > oldest.latest ? floor_ : oldest.latest;
        }
        size_ -= oldest.names;
        generations_.erase(generations_.begin());
    }

    /// Keeps the load, dead names included, at 4/5 or less.
    void make_room() {
        if ((used_ + 1) * 5 <= slots_.size() * 4) {
            return;
        }
        const bool mostly_dead = size_ * 4 < used_ * 3;
        rebuild(slots_.size() < 16 ? 16 : slots_.size() + (mostly_dead ? 0 : slots_.size() / 4));
    }

    /// Moves the living to tables of `count` slots; the dead stay behind.
    void rebuild(std::size_t count) {
        std::vector<Print> slots(count);
        std::vector<Age> ages(count);
        slots.swap(slots_);
        ages.swap(ages_);
        used_ = 0;
        for (std::size_t i = 0; i < slots.size(); ++i) {
            if (slots[i] != 0 && static_cast<std::uint8_t>(newest_ - ages[i]) < generations_.size()) {
                const std::size_t at = position(slots[i]);
                slots_[at] = slots[i];
                ages_[at] = ages[i];
                ++used_;
            }
        }
        purged_at_ = newest_;
    }

    /// Closes the gap, so that probing needs no tombstones (Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
    void remove_at(std::size_t hole) noexcept {
        const std::size_t count = slots_.size();
        for (std::size_t at = hole + 1 == count ? 0 : hole + 1; slots_[at] != 0; at = at + 1 == count ? 0 : at + 1) {
            const std::size_t distance_from_home = (at + count - home(slots_[at])) % count;
            const std::size_t distance_from_hole = (at + count - hole) % count;
            if (distance_from_home >= distance_from_hole) {
                slots_[hole] = slots_[at];
                ages_[hole] = ages_[at];
                hole = at;
            }
        }
        slots_[hole] = 0;
        --used_;
    }

    NameHasher hasher_;
    std::vector<Print> slots_;             ///< Fingerprints; 0 is empty. Load at most 4/5.
    std::vector<Age> ages_;                ///< Of the same slots: number of the generation, modulo 256.
    std::vector<Generation> generations_;  ///< The living, oldest first; fewer than 128. `newest_` numbers the last.
    std::size_t size_{0};                  ///< Living names; the sum of Generation::names.
    std::size_t used_{0};                  ///< Slots in use, by the living and the dead.
    Duration generation_length_;
    std::size_t names_max_;
    std::uint32_t newest_{0};
    std::uint32_t purged_at_{0};  ///< `newest_` when the dead were last left behind.
    static constexpr WallTime none_forgotten = WallTime::min();
    WallTime floor_{none_forgotten};
};
using SeenSet = BasicSeenSet<OnUse>;

}  // namespace lattice::inline v0
