#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lattice/core/links.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0 {

/// Which links carry payload (eager) and which announcements only (lazy), for each origin of messages.
///
/// The problem: a flood over an overlay of degree d takes shortest paths and sends each payload d - 1 times. The means:
/// reverse-path forwarding (Dalal, Metcalfe 1978), one tree per origin, grown by heralds. A herald is an announcement that
/// every node passes on at once to all its links, before it has the message: it floods as payload would, at a few bytes each,
/// and whoever heralds first to a node is its parent on the shortest path. The node grafts itself there without waiting for
/// the payload, which follows down the tree that is just being built. So the first message of an origin already travels
/// each link of a tree once, later by twice the longest link of its path; the next ones take shortest paths at once.
/// Plumtree (Leitao, Pereira, Rodrigues 2007) floods its first payload instead, and has one tree for all origins.
///
/// Rules, with their reasons:
/// - Latencies are compared by heralds alone, which are not resent: the lateness of a payload tells of loss as well.
/// - A shorter way must be so three times in a row (heralds get lost too), by a margin that doubles with each change of parent and halves again after some
///   calm: equal paths with jitter do not alternate.
/// - A parent that was taken because it had a message, after a loss of the old one, yields to a shorter way at once.
/// - The origin heralds its first four messages, each eighth, and one in ten seconds, so that trees follow changes; and everything
///   while nobody is grafted, or while it knows more origins than fit: others may have forgotten its tree.
/// - A parent that is merely late keeps its place; `misses_max` messages in a row that came round it end it.
/// - Bounded: `origins_max` trees, the least recently used gives way. Nothing is allocated before the first message.
///
/// Links are slots of Neighbours. The caller sends what TreeChange says.
template <typename>
class BasicOriginTrees {
   public:
    static constexpr std::size_t origins_max = 256;
    static constexpr std::uint8_t misses_max = 2;
    static constexpr std::uint8_t wins_needed = 3;
    static constexpr Duration herald_interval = std::chrono::seconds{10};

    /// What to tell neighbours about the tree of the origin at hand; no_link: nobody.
    struct TreeChange {
        std::uint32_t graft{no_link};  ///< "Push to me from now on."
        std::uint32_t prune{no_link};  ///< "Do not push to me."
    };

    /// How a copy of a message came.
    enum class Came : std::uint8_t {
        pushed,    ///< Unasked.
        provided,  ///< On request.
    };

    /// Whether this node should herald the message of its own that it publishes now. Counts it.
    bool heralds(OriginKey self, LinkMask links, TimePoint now) {
        Tree& tree = tree_of(self);
        const std::uint32_t number = ++tree.published;
        const bool due = number <= 4 || number % 8 == 0 || now - tree.heralded_at >= herald_interval;
        const bool needed = (tree.children & links) == 0 || trees_.size() == origins_max;
        tree.heralded_at = due || needed ? now : tree.heralded_at;
        return due || needed;
    }

    /// The links of `links` to push a message of `origin` along, which came over `from` (no_link: published here).
    [[nodiscard]] LinkMask eager(OriginKey origin, LinkMask links, std::uint32_t from) const noexcept {
        const Tree* tree = find(origin);
        return tree == nullptr ? 0 : tree->children & links & ~mask_of(from);
    }

    /// A message of `origin` that is not here was heralded, by `from` first of all. True when `from` is to be grafted, and
    /// asked for this message: it is the parent, and has not brought anything yet.
    bool on_herald(OriginKey origin, std::uint32_t from) {
        Tree& tree = tree_of(origin);
        tree.used = ++clock_;
        if (tree.parent == no_link) {
            adopt(tree, from);
        }
        return tree.parent == from && !tree.proven;
    }

    /// The parent heralded a message; `sign` tells who did so first, and `margin` what lead is more than jitter.
    TreeChange on_parents_herald(OriginKey origin, FirstSign sign, Duration margin) noexcept {
        Tree* tree = find(origin);
        if (tree == nullptr || tree->parent == no_link || !tree->proven) {
            return {};
        }
        if (sign.link == tree->parent || sign.lead <= margin * (1 << tree->heat)) {
            tree->challenger = no_link;
            tree->wins = 0;
            tree->makeshift = tree->makeshift && sign.link != tree->parent;
            cool(*tree);
            return {};
        }
        tree->wins = static_cast<std::uint8_t>(tree->challenger == sign.link ? tree->wins + 1 : 1);
        tree->challenger = sign.link;
        if (tree->wins < wins_needed && !tree->makeshift) {
            return {};
        }
        tree->heat = static_cast<std::uint8_t>(tree->heat + (tree->heat < heat_max ? 1 : 0));
        tree->calm = 0;
        adopt(*tree, sign.link);
        tree->makeshift = false;
        return {sign.link,
                no_link};  // The old one is pruned when both brought the same message: the graft may get lost.
    }

    /// The first copy of a message came over `from`.
    TreeChange on_first(OriginKey origin, std::uint32_t from, Came came) {
        Tree& tree = tree_of(origin);
        tree.used = ++clock_;
        const std::uint32_t regraft = came == Came::provided ? from : no_link;
        tree.makeshift = tree.makeshift || (came == Came::provided && tree.parent != from);
        if (tree.parent == from || tree.parent == no_link) {
            adopt(tree, from);
            tree.proven = true;
            return {regraft, no_link};  // The parent announced instead of pushing: a graft got lost.
        }
        if (++tree.missed < misses_max) {
            return {};
        }
        return {regraft, adopt(tree, from)};
    }

    /// A further copy came over `from`; the first one came over `pusher` unasked (no_link: otherwise).
    TreeChange on_duplicate(OriginKey origin, std::uint32_t from, Came came, std::uint32_t pusher) noexcept {
        Tree* tree = find(origin);
        if (tree != nullptr && tree->parent == from) {
            tree->missed = 0;
            tree->proven = true;
            return {no_link, pusher == from ? no_link : pusher};
        }
        return {no_link, came == Came::pushed ? from : no_link};
    }

    /// The neighbour does not want to be pushed messages of `origin`.
    void on_prune(OriginKey origin, std::uint32_t from) noexcept {
        if (Tree* tree = find(origin)) {
            tree->children &= ~mask_of(from);
        }
    }

    /// The neighbour wants to be pushed messages of `origin`.
    void on_graft(OriginKey origin, std::uint32_t from) {
        Tree& tree = tree_of(origin);
        tree.children |= mask_of(from);
        if (tree.parent == from) {
            tree.parent = no_link;  // It lost its way to the origin and looks for one here: ours did not lead over it.
        }
    }

    /// The link is gone; trees that had it as parent take the next one that brings a message.
    void link_closed(std::uint32_t link) noexcept {
        for (Tree& tree : trees_) {
            tree.children &= ~mask_of(link);
            tree.parent = tree.parent == link ? no_link : tree.parent;
            tree.challenger = tree.challenger == link ? no_link : tree.challenger;
        }
    }

    /// The link that messages of `origin` are expected from, or no_link.
    [[nodiscard]] std::uint32_t parent(OriginKey origin) const noexcept {
        const Tree* tree = find(origin);
        return tree == nullptr ? no_link : tree->parent;
    }

    /// Whether the parent has brought a message since it became that.
    [[nodiscard]] bool proven(OriginKey origin) const noexcept {
        const Tree* tree = find(origin);
        return tree != nullptr && tree->proven;
    }

    [[nodiscard]] std::size_t size() const noexcept { return trees_.size(); }

    /// Changes from one parent to another since the beginning, for statistics.
    [[nodiscard]] std::uint64_t switches() const noexcept { return switches_; }

   private:
    struct Tree {
        OriginKey origin{};
        std::uint64_t used{};               ///< By `clock_`.
        TimePoint heralded_at{};            ///< Of this node's own tree: the last herald.
        std::uint32_t published{};          ///< Likewise: messages so far.
        LinkMask children{};                ///< Links that asked for payload. Never holds the parent.
        std::uint32_t parent{no_link};      ///< Where its messages come from.
        std::uint32_t challenger{no_link};  ///< Who heralded earlier than the parent, the last time.
        std::uint8_t wins{};                ///< How often in a row.
        std::uint8_t missed{};              ///< Messages in a row that came round the parent.
        std::uint8_t heat{};                ///< How often the margin is doubled.
        std::uint8_t calm{};                ///< Comparisons that the parent won since `heat` last changed.
        bool makeshift{};                   ///< The parent is who brought something, not who heralded first.
        bool proven{};                      ///< The parent brought something.
    };
    static constexpr std::uint8_t heat_max = 8;
    static constexpr std::uint8_t calm_to_cool = 32;

    static void cool(Tree& tree) noexcept {
        if (tree.heat != 0 && ++tree.calm == calm_to_cool) {
            --tree.heat;
            tree.calm = 0;
        }
    }

    /// Makes `link` the parent; returns the old one, or no_link when that did not change.
    std::uint32_t adopt(Tree& tree, std::uint32_t link) noexcept {
        tree.missed = 0;
        if (tree.parent == link) {
            return no_link;
        }
        tree.wins = 0;
        tree.challenger = no_link;
        const std::uint32_t old = tree.parent;
        tree.children &= ~mask_of(link);
        tree.parent = link;
        tree.proven = false;
        switches_ += old == no_link ? 0 : 1;
        return old;
    }

    [[nodiscard]] const Tree* find(OriginKey origin) const noexcept {
        for (const Tree& tree : trees_) {
            if (tree.origin == origin) {
                return &tree;
            }
        }
        return nullptr;
    }
    [[nodiscard]] Tree* find(OriginKey origin) noexcept {
        return const_cast<Tree*>(static_cast<const BasicOriginTrees*>(this)->find(origin));
    }

    Tree& tree_of(OriginKey origin) {
        if (Tree* known = find(origin)) {
            return *known;
        }
        Tree tree;
        tree.origin = origin;
        tree.used = ++clock_;
        if (trees_.size() < origins_max) {
            return trees_.emplace_back(tree);
        }
        Tree* stalest = trees_.data();
        for (Tree& other : trees_) {
            stalest = other.used < stalest->used ? &other : stalest;
        }
        return *stalest = tree;
    }

    std::vector<Tree> trees_;  ///< No two of one origin.
    std::uint64_t clock_{0};
    std::uint64_t switches_{0};
};
using OriginTrees = BasicOriginTrees<OnUse>;

}  // namespace lattice::inline v0
