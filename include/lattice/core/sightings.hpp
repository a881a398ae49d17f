#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/links.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/name_hasher.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/slot_index.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Messages that a node with a tree heard of, while there is something left to learn about them: when to ask for the payload,
/// and which link is the shortest way.
///
/// How long to wait for the payload of an announced message before it is asked for: as long as payloads come after their
/// first announcement, by the longest of what was measured of late and a quarter more. A fixed short wait fetches again what is
/// on its way. Bounded: `names_max` names, each for `kept_for`. Nothing is held while nothing is awaited.
template <typename>
class BasicSightings {
   public:
    static constexpr std::size_t names_max = 4'096;
    static constexpr Duration kept_for = std::chrono::seconds{8};  ///< What is later than that brings nothing.

    /// A message that did not come in time.
    struct Overdue {
        MessageId name;
        OriginKey origin{};         ///< Of a heralded one; else unknown, and 0.
        LinkMask announcers{};      ///< Whom it can be asked of.
        std::uint32_t reminders{};  ///< How often it was overdue before.
    };

    explicit BasicSightings(Random& random) noexcept : hasher_(random) {}

    /// A message that is not here was announced over `link`; it should be here `wait` after its first announcement. False when
    /// there is no room: then it should be asked for now.
    bool announced(const MessageId& name, std::uint32_t link, TimePoint now, Duration wait) {
        const std::uint32_t slot = slot_of(name, now, wait);
        if (slot == SlotIndex::none) {
            return false;
        }
        sightings_[slot].announcers |= mask_of(link);
        return true;
    }

    /// The same for a herald. True for its first one, which is to be passed on; false without room.
    bool heralded(const MessageId& name, OriginKey origin, std::uint32_t link, TimePoint now, Duration wait) {
        const std::uint32_t slot = slot_of(name, now, wait);
        if (slot == SlotIndex::none) {
            return false;
        }
        Sighting& sighting = sightings_[slot];
        sighting.announcers |= mask_of(link);
        if (sighting.herald != no_link) {
            return false;
        }
        sighting.herald = link;
        sighting.origin = origin;
        sighting.heralded_at = now;
        return true;
    }

    /// Who heralded the message first, when that is to be compared with its parent, which heralds it now. Once.
    FirstSign compare(const MessageId& name, TimePoint now) {
        const std::uint32_t slot = find(name);
        if (slot == SlotIndex::none || sightings_[slot].compared || sightings_[slot].herald == no_link) {
            return {};
        }
        Sighting& sighting = sightings_[slot];
        sighting.compared = true;
        return {sighting.herald, now - sighting.heralded_at};
    }

    /// What the arrival of a message tells.
    struct Arrival {
        Duration since{};       ///< How long ago it was first announced; zero: never before.
        FirstSign sign{};       ///< Who heralded it first, when the parent brought it without having heralded it.
        LinkMask announcers{};  ///< Who announced or heralded it.
    };

    /// The first copy came; over `pusher`, when that was unasked and not the parent, which is then still expected to bring
    /// it.
    Arrival arrived(const MessageId& name, std::uint32_t pusher, TimePoint now) {
        std::uint32_t slot = find(name);
        if (slot == SlotIndex::none && pusher != no_link) {
            slot = slot_of(name, now, kept_for);
        }
        if (slot == SlotIndex::none) {
            return {};
        }
        Sighting& sighting = sightings_[slot];
        Arrival arrival{now - sighting.first, {}, sighting.announcers};
        if (pusher != no_link) {
            sighting.pusher = pusher;
            sighting.deadline = TimePoint::max();
            return arrival;
        }
        if (!sighting.compared && sighting.herald != no_link) {
            arrival.sign = {sighting.herald, now - sighting.heralded_at};
        }
        drop(slot);
        return arrival;
    }

    /// The parent brought a copy after another link had: over which, if unasked. `since` gets the time since its first sign.
    std::uint32_t repeated(const MessageId& name, TimePoint now, Duration& since) {
        const std::uint32_t slot = find(name);
        if (slot == SlotIndex::none) {
            return no_link;
        }
        since = now - sightings_[slot].first;
        const std::uint32_t pusher = sightings_[slot].pusher;
        drop(slot);
        return pusher;
    }

    /// The links that announced it: they need no announcement.
    [[nodiscard]] LinkMask announcers(const MessageId& name) const noexcept {
        const std::uint32_t slot = find(name);
        return slot == SlotIndex::none ? 0 : sightings_[slot].announcers;
    }

    /// Whether a herald of it was passed on.
    [[nodiscard]] bool was_heralded(const MessageId& name) const noexcept {
        const std::uint32_t slot = find(name);
        return slot != SlotIndex::none && sightings_[slot].herald != no_link;
    }

    /// A payload was pushed so long after its first announcement; zero when it came before any.
    void late_by(Duration lateness) noexcept {
        const Duration longer = lateness + lateness / 4;
        patience_ = longer > patience_ ? longer : patience_ - patience_ / 64;
    }

    /// How long to wait for a payload after its first announcement, at least and at most as given.
    [[nodiscard]] Duration patience(Duration least, Duration most) const noexcept {
        return patience_ < least ? least : patience_ > most ? most : patience_;
    }

    /// Calls `ask(Overdue)` for every message whose time is over at `now`. It returns when to be called again for that one,
    /// or TimePoint::max(). It must not call this object.
    template <typename Ask>
    void overdue(TimePoint now, Ask&& ask) {
        if (now < next_) {
            return;
        }
        next_ = TimePoint::max();
        for (std::uint32_t slot = 0; slot < sightings_.size(); ++slot) {
            Sighting& sighting = sightings_[slot];
            const TimePoint end = sighting.first + kept_for;
            if (sighting.used && sighting.deadline <= now) {
                sighting.deadline =
                    ask(Overdue{sighting.name, sighting.origin, sighting.announcers, sighting.reminders});
                ++sighting.reminders;
            }
            if (sighting.used && end <= now) {
                drop(slot);
            } else if (sighting.used) {
                next_ = end < next_ ? end : next_;
                next_ = sighting.deadline < next_ ? sighting.deadline : next_;
            }
        }
        if (index_.size() == 0) {
            release();
        }
    }

    /// When `overdue` has something to do; TimePoint::max() when nothing is awaited.
    [[nodiscard]] TimePoint next_deadline() const noexcept { return next_; }

    [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

   private:
    struct Sighting {
        MessageId name;
        TimePoint first{};                     ///< When it was first heard of.
        TimePoint heralded_at{};               ///< When the first herald came.
        TimePoint deadline{TimePoint::max()};  ///< When it is asked for.
        OriginKey origin{};
        LinkMask announcers{};
        std::uint32_t reminders{0};
        std::uint32_t herald{no_link};  ///< Who brought the first herald.
        std::uint32_t pusher{no_link};  ///< Who brought the first copy, if unasked and not the parent.
        bool compared{false};           ///< The parent's herald was compared with the first one.
        bool used{false};
    };

    [[nodiscard]] std::uint32_t find(const MessageId& name) const noexcept {
        return index_.find(hasher_(name), [&](std::uint32_t slot) { return sightings_[slot].name == name; });
    }

    /// The sighting of the name, made when there is none; none without room.
    std::uint32_t slot_of(const MessageId& name, TimePoint now, Duration wait) {
        std::uint32_t slot = find(name);
        if (slot != SlotIndex::none || index_.size() >= names_max) {
            return slot;
        }
        if (free_.empty()) {
            slot = static_cast<std::uint32_t>(sightings_.size());
            sightings_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        Sighting& sighting = sightings_[slot] = {};
        sighting.name = name;
        sighting.first = now;
        sighting.deadline = now + wait;
        sighting.used = true;
        index_.insert(hasher_(name), slot);
        next_ = sighting.deadline < next_ ? sighting.deadline : next_;
        return slot;
    }

    void drop(std::uint32_t slot) {
        index_.erase(hasher_(sightings_[slot].name), slot);
        sightings_[slot].used = false;
        free_.push_back(slot);
    }

    void release() noexcept {
        std::vector<Sighting>().swap(sightings_);
        std::vector<std::uint32_t>().swap(free_);
        index_ = SlotIndex{};
    }

    NameHasher hasher_;
    std::vector<Sighting> sightings_;
    std::vector<std::uint32_t> free_;
    SlotIndex index_;  ///< Of all used sightings.
    TimePoint next_{TimePoint::max()};
    Duration patience_{std::chrono::milliseconds{500}};  ///< Until measured: three times around a wide network.
};
using Sightings = BasicSightings<OnUse>;

}  // namespace lattice::inline v0
