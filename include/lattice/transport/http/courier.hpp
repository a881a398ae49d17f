#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <lattice/core/peer.hpp>
#include <lattice/core/random.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/transport/http/delivery.hpp>
#include <lattice/transport/http/desk.hpp>
#include <lattice/transport/http/link.hpp>
#include <lattice/transport/http/options.hpp>
#include <lattice/transport/http/socket.hpp>
#include <lattice/transport/http/url.hpp>

namespace lattice::inline v0::http {

/// Sends frames to peers with a bounded number of threads, because httplib's client blocks.
///
/// Promise: a slow or dead peer delays nobody else. Each peer has a bounded queue of its own; every exchange ends at an
/// absolute deadline; a peer that failed rests for a doubling, jittered while; and peers that failed or never answered take
/// at most half of the threads. Threads are made when they are first needed.
///
/// `send` and `known` belong to the executor; what comes of the exchanges reaches it through the desk.
class Courier {
   public:
    Courier(const HttpOptions& options, std::shared_ptr<Desk> desk)
        : options_(options),
          desk_(std::move(desk)),
          random_(static_cast<std::uint64_t>(socket_time().time_since_epoch().count())) {}
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;
    ~Courier() { stop(); }

    /// Queues a frame for a peer. Never waits for the network.
    SendStatus send(const Peer& peer, const std::shared_ptr<OutgoingFrame>& frame, std::size_t weight) {
        const std::lock_guard lock(mutex_);
        Link* link = stopping_ ? nullptr : find_or_make(peer);
        if (link == nullptr) {
            return SendStatus::unreachable;
        }
        if (link->kind == PeerKind::foreign && !has_foreign_form(frame->frame())) {
            return SendStatus::sent;  // there is no way to say it in the peer's language; it may be lost
        }
        const TimePoint now = socket_time();
        if (now < link->blocked_until || !link->push({frame, weight, 0}, options_.limits)) {
            return SendStatus::busy;
        }
        link->used = now;
        const SendStatus status = link->is_crowded(options_.limits) ? SendStatus::crowded : SendStatus::sent;
        make_ready(*link);
        return status;
    }

    /// The peer of this id that frames were sent to, or none. Any thread.
    Peer find(std::string_view id) const {
        const std::lock_guard lock(mutex_);
        const auto found = links_.find(id);
        return found == links_.end() ? Peer() : found->second->peer;
    }

    /// Waits until nothing is left to send to peers that answer, at most until `deadline`; says whether that came about.
    /// Peers that failed are not waited for. Any thread; useful only where nobody sends meanwhile.
    bool flush(TimePoint deadline) {
        std::unique_lock lock(mutex_);
        return sent_.wait_until(lock, deadline, [this] {
            return std::all_of(links_.begin(), links_.end(), [](const auto& entry) {
                const Link& link = *entry.second;
                return link.failures != 0 || (link.empty() && link.exchanges == 0);
            });
        });
    }

    /// Ends all exchanges at once and joins the threads; frames that still wait are dropped. The desk must be closed.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        abort_.wake();
        work_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
        threads_.clear();
        const std::lock_guard lock(mutex_);
        links_.clear();
    }

   private:
    using LinkPtr = std::shared_ptr<Link>;

    Link* find_or_make(const Peer& peer) {
        const auto found = links_.find(peer.id());
        if (found != links_.end() && found->second->peer.address() == peer.address()) {
            return found->second.get();
        }
        auto url = parse_base_url(peer.address());
        if (!url) {
            return nullptr;
        }
        if (found != links_.end()) {
            forget(found);  // it moved
        } else if (links_.size() >= options_.limits.peers_max && !forget_idlest()) {
            return nullptr;
        }
        return links_.emplace(std::string(peer.id()), std::make_shared<Link>(peer, std::move(*url)))
            .first->second.get();
    }

    using Links = std::map<std::string, LinkPtr, std::less<>>;

    /// Threads that work for it let go of it by themselves; it then has nothing left to send.
    void forget(Links::iterator link) {
        link->second->clear();
        links_.erase(link);
    }

    bool forget_idlest() {
        auto idlest = links_.end();
        for (auto at = links_.begin(); at != links_.end(); ++at) {
            const bool idle = at->second->empty() && at->second->exchanges == 0 && !at->second->waits;
            if (idle && (idlest == links_.end() || at->second->used < idlest->second->used)) {
                idlest = at;
            }
        }
        if (idlest == links_.end()) {
            return false;
        }
        links_.erase(idlest);
        return true;
    }

    /// Lines the link up for a sender, if it has something to send and may.
    void make_ready(Link& link) {
        if (stopping_ || link.waits || link.empty() || link.exchanges >= link.exchanges_max(options_.limits)) {
            return;
        }
        const auto found = links_.find(link.peer.id());
        if (found == links_.end() || found->second.get() != &link) {
            return;
        }
        link.waits = true;
        if (link.blocked_until > socket_time()) {
            resting_.push_back(found->second);
        } else {
            (link.is_proven() ? proven_ : doubtful_).push_back(found->second);
        }
        if (idle_threads_ < proven_.size() + doubtful_.size() + resting_.size() &&
            threads_.size() < options_.limits.senders_max) {
            try {
                threads_.emplace_back([this] { work(); });
            } catch (const std::system_error&) {
                // No more threads to be had: those that are there do the work.
            }
        }
        work_.notify_one();
    }

    void work() {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            const TimePoint now = socket_time();
            TimePoint next = wake_rested(now);
            next = std::min(next, close_idle_clients(now));
            if (const LinkPtr link = take_ready()) {
                serve(lock, *link);
                continue;
            }
            ++idle_threads_;
            if (next == TimePoint::max()) {
                work_.wait(lock);
            } else {
                work_.wait_until(lock, next);
            }
            --idle_threads_;
        }
    }

    /// Lines up the links whose rest is over; returns when the next one's is.
    TimePoint wake_rested(TimePoint now) {
        TimePoint next = TimePoint::max();
        std::erase_if(resting_, [&](const LinkPtr& link) {
            if (link->blocked_until > now) {
                next = std::min(next, link->blocked_until);
                return false;
            }
            doubtful_.push_back(link);
            return true;
        });
        return next;
    }

    /// Closes connections that nobody used lately; returns when the next one is due.
    TimePoint close_idle_clients(TimePoint now) {
        if (now < next_sweep_) {
            return next_sweep_;
        }
        TimePoint next = TimePoint::max();
        for (auto& [id, link] : links_) {
            std::erase_if(link->clients, [&](const Link::KeptClient& kept) {
                const TimePoint due = kept.since + options_.limits.client_idle_timeout;
                next = due > now ? std::min(next, due) : next;
                return due <= now;
            });
        }
        next_sweep_ = next;
        return next;
    }

    LinkPtr take_ready() {
        LinkPtr link;
        if (!proven_.empty()) {
            link = std::move(proven_.front());
            proven_.pop_front();
        } else if (!doubtful_.empty() &&
                   doubtful_running_ < std::max<std::size_t>(1, options_.limits.senders_max / 2)) {
            link = std::move(doubtful_.front());
            doubtful_.pop_front();
        }
        if (link) {
            link->waits = false;
        }
        return link;
    }

    /// Carries out one exchange with the link's peer, the lock released meanwhile.
    void serve(std::unique_lock<std::mutex>& lock, Link& link) {
        if (link.empty()) {
            return;
        }
        const bool doubtful = !link.is_proven();
        Batch batch = link.take(options_.limits);
        auto client = take_client(link);
        ++link.exchanges;
        doubtful_running_ += doubtful ? 1 : 0;
        make_ready(link);
        const Peer peer = link.peer;
        lock.unlock();

        Delivered delivered = carry(*client, peer, std::move(batch));

        lock.lock();
        --link.exchanges;
        doubtful_running_ -= doubtful ? 1 : 0;
        conclude(link, std::move(client), std::move(delivered));
        make_ready(link);
        sent_.notify_all();
        if (doubtful && !doubtful_.empty()) {
            work_.notify_one();
        }
    }

    std::unique_ptr<HttpClient> take_client(Link& link) {
        if (link.clients.empty()) {
            return std::make_unique<HttpClient>(link.url, options_.node_id, options_.limits, abort_.fd());
        }
        auto client = std::move(link.clients.back().client);
        link.clients.pop_back();
        return client;
    }

    /// Without the lock. Whatever goes wrong, memory included, counts as a failure of this exchange and of nothing else.
    Delivered carry(HttpClient& client, const Peer& peer, Batch batch) noexcept {
        try {
            Delivered delivered = Delivery(client, options_).carry(std::move(batch));
            hand_up(peer, delivered);
            return delivered;
        } catch (...) {
            return {};
        }
    }

    /// Waits until the protocol has taken what came: a peer's answers cannot pile up before a slow host. A peer that has too
    /// much to do has dropped what was sent, which the protocol hears as a failure: no frame is lost without a word.
    void hand_up(const Peer& peer, Delivered& delivered) {
        const bool failed = !delivered.reached || delivered.overloaded;
        if (!failed && delivered.received.empty()) {
            return;
        }
        const auto exchange = std::make_shared<Exchange>();
        exchange->from = peer;
        exchange->frames = std::move(delivered.received);
        exchange->peer_failed = failed;
        desk_->submit(exchange);
        if (delivered.reached) {
            exchange->wait(socket_time() + options_.limits.reply_timeout);
        }
    }

    void conclude(Link& link, std::unique_ptr<HttpClient> client, Delivered delivered) {
        const TimePoint now = socket_time();
        if (delivered.reached) {
            link.kind = delivered.kind;
            link.proven = true;
            link.failures = 0;
            link.put_back(std::move(delivered.unsent));
            const TimePoint due = now + options_.limits.client_idle_timeout;
            link.clients.push_back({std::move(client), now});
            next_sweep_ = std::min(next_sweep_, due);
        } else {
            link.clients.clear();
            link.clear();
        }
        if (!delivered.reached || delivered.overloaded) {
            link.blocked_until = now + pause_after(++link.failures);
        }
    }

    Duration pause_after(unsigned failures) {
        const unsigned doublings = std::min(failures - 1, 20U);
        const Duration full =
            std::min(options_.limits.backoff_min * (std::int64_t{1} << doublings), options_.limits.backoff_max);
        return full / 2 +
               Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(full.count() / 2 + 1))));
    }

    const HttpOptions& options_;
    std::shared_ptr<Desk> desk_;
    WakePipe abort_;

    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable sent_;  ///< An exchange is over.
    Links links_;
    std::deque<LinkPtr> proven_;    ///< Links with something to send, whose peers answer.
    std::deque<LinkPtr> doubtful_;  ///< The same for peers that failed or never answered.
    std::vector<LinkPtr> resting_;  ///< The same for peers that failed a moment ago.
    std::size_t doubtful_running_{0};
    std::vector<std::thread> threads_;
    std::size_t idle_threads_{0};
    TimePoint next_sweep_{TimePoint::max()};
    Random random_;
    bool stopping_{false};
};

}  // namespace lattice::inline v0::http
