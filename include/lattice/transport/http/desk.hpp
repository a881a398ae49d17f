#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <lattice/core/callback.hpp>
#include <lattice/core/transport.hpp>
#include <lattice/transport/http/exchange.hpp>

namespace lattice::inline v0::http {

/// Where the threads that block on sockets meet the executor that the protocol lives on.
///
/// Exchanges submitted by any thread are handled on the executor in their order, many in one posted job when they come
/// fast: one wake-up then serves several requests. While nobody has it open, exchanges are settled as closed at once.
///
/// Posted jobs share ownership, so a job that runs after the transport is gone finds a closed desk and does nothing.
class Desk : public std::enable_shared_from_this<Desk> {
   public:
    /// Runs a callback on the executor, later or within the call; callable from any thread.
    using Post = std::function<void(Callback<void()>)>;

    explicit Desk(Post post) : post_(std::move(post)) {}

    /// Executor only: from now on exchanges reach these callbacks.
    void open(TransportEvents events) {
        session_ = std::make_shared<TransportEvents>(std::move(events));
        const std::lock_guard lock(mutex_);
        open_ = true;
    }

    /// Executor only, also from within a callback: no callback is called any more; who waits is told.
    void close() {
        session_.reset();
        std::vector<std::shared_ptr<Exchange>> cancelled;
        {
            const std::lock_guard lock(mutex_);
            open_ = false;
            cancelled.swap(submitted_);
        }
        settle_all(cancelled, Exchange::Outcome::closed);
        settle_all(std::exchange(unanswered_, {}), Exchange::Outcome::closed);
    }

    [[nodiscard]] bool is_open() const {
        const std::lock_guard lock(mutex_);
        return open_;
    }

    /// Any thread: hands an exchange over; `exchange->wait` tells when it is settled.
    void submit(std::shared_ptr<Exchange> exchange) {
        bool taken = false;
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            taken = open_;
            first = taken && submitted_.empty();
            if (taken) {
                submitted_.push_back(exchange);
            }
        }
        if (first) {
            post_([self = shared_from_this()] { self->handle_submitted(); });
        } else if (!taken) {
            exchange->settle(Exchange::Outcome::closed);
        }
    }

    /// Executor only: offers a frame that the protocol sends to `peer` to the exchanges with it. `size` is what the frame
    /// weighs in an answer of frames.
    bool take_reply(const Peer& peer, const Frame& frame, std::size_t size) {
        if (current_ && current_->from == peer && current_->take_reply(frame, size)) {
            return true;
        }
        for (auto at = unanswered_.begin(); at != unanswered_.end(); ++at) {
            if ((*at)->from == peer && (*at)->take_reply(frame, size)) {
                (*at)->settle(Exchange::Outcome::done);
                unanswered_.erase(at);
                return true;
            }
        }
        return false;
    }

   private:
    static void settle_all(const std::vector<std::shared_ptr<Exchange>>& exchanges, Exchange::Outcome outcome) {
        for (const auto& exchange : exchanges) {
            exchange->settle(outcome);
        }
    }

    void handle_submitted() {
        std::vector<std::shared_ptr<Exchange>> batch;
        {
            const std::lock_guard lock(mutex_);
            batch.swap(submitted_);
        }
        std::erase_if(unanswered_, [](const auto& exchange) { return exchange->is_settled(); });
        const auto session = session_;  // a callback may close the desk: what it stands in must outlive the call
        for (const auto& exchange : batch) {
            if (!session || session != session_) {
                exchange->settle(Exchange::Outcome::closed);
            } else if (!exchange->is_settled()) {
                handle(exchange, *session);
            }
        }
    }

    void handle(const std::shared_ptr<Exchange>& exchange, TransportEvents& events) {
        current_ = exchange;
        try {
            carry_out(*exchange, events);
        } catch (...) {
            // A protocol keeps its handlers' exceptions to itself; whatever still comes must not end the host's loop, and
            // the requester learns no more than that it failed.
            current_.reset();
            exchange->settle(Exchange::Outcome::failed);
            return;
        }
        current_.reset();
        if (exchange->is_answered()) {
            exchange->settle(Exchange::Outcome::done);
        } else {
            unanswered_.push_back(exchange);
        }
    }

    void carry_out(Exchange& exchange, TransportEvents& events) {
        const auto session = session_;
        if (exchange.page) {
            exchange.page();
        } else if (exchange.peer_failed && events.failed) {
            events.failed(exchange.from);
        }
        for (Frame& frame : exchange.frames) {
            if (session != session_) {
                return;  // closed by the frame before
            }
            exchange.receipts.push_back(events.received(exchange.from, std::move(frame)));
        }
    }

    Post post_;

    // The executor's own.
    std::shared_ptr<TransportEvents> session_;
    std::shared_ptr<Exchange> current_;                  ///< The one whose frames the protocol is handling.
    std::vector<std::shared_ptr<Exchange>> unanswered_;  ///< Handled, and the protocol's answer has not come yet.

    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<Exchange>> submitted_;
    bool open_{false};
};

}  // namespace lattice::inline v0::http
