#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/links.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// What is to be announced (IHAVE) over which links of an overlay, and when.
///
/// Each message waits a little, so that announcements to one neighbour share a frame, and so that those need not be sent whose
/// receiver announces first: between two nodes one of them, which both know, waits longer. Bounded: beyond `names_max` the oldest
/// are left to anti-entropy.
template <typename>
class BasicLinkAnnouncements {
   public:
    static constexpr std::size_t names_max = 8'192;

    /// Announces the message over `links` at `due`.
    void add(const MessageId& name, LinkMask links, TimePoint due) {
        if (links == 0) {
            return;
        }
        if (entries_.size() >= names_max) {
            entries_.erase(entries_.begin());
        }
        entries_.push_back({name, links, due});
        due_ = due < due_ ? due : due_;
    }

    /// The neighbour has that message, or gets it.
    void cancel(const MessageId& name, LinkMask links) noexcept {
        for (std::size_t i = entries_.size(); i != 0; --i) {
            if (entries_[i - 1].name == name) {
                entries_[i - 1].links &= ~links;
            }
        }
    }

    void link_closed(std::uint32_t link) noexcept {
        for (Entry& entry : entries_) {
            entry.links &= ~mask_of(link);
        }
    }

    /// Calls `use(link, names)` for every link that something is due for.
    template <typename Use>
    void flush(TimePoint now, Use&& use) {
        if (now < due_) {
            return;
        }
        LinkMask links = 0;
        for (const Entry& entry : entries_) {
            links |= entry.due <= now ? entry.links : 0;
        }
        for_each_link(links, [&](std::uint32_t link) {
            std::vector<MessageId> names;
            for (const Entry& entry : entries_) {
                if (entry.due <= now && (entry.links & mask_of(link)) != 0) {
                    names.push_back(entry.name);
                }
            }
            use(link, names);
        });
        drop_until(now);
    }

    /// When `flush` has something to do; TimePoint::max() when nothing waits.
    [[nodiscard]] TimePoint due() const noexcept { return due_; }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

   private:
    struct Entry {
        MessageId name;
        LinkMask links;
        TimePoint due;
    };

    void drop_until(TimePoint now) {
        std::size_t kept = 0;
        due_ = TimePoint::max();
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (entries_[i].due > now) {
                due_ = entries_[i].due < due_ ? entries_[i].due : due_;
                entries_[kept++] = entries_[i];
            }
        }
        entries_.resize(kept);
        if (entries_.empty()) {
            std::vector<Entry>().swap(entries_);  // An idle engine holds nothing.
        }
    }

    std::vector<Entry> entries_;  ///< In order of addition.
    TimePoint due_{TimePoint::max()};
};
using LinkAnnouncements = BasicLinkAnnouncements<OnUse>;

}  // namespace lattice::inline v0
