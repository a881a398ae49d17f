#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include <lattice/core/callback.hpp>
#include <lattice/core/frame.hpp>
#include <lattice/core/message_id.hpp>
#include <lattice/core/peer.hpp>
#include <lattice/core/statistics.hpp>
#include <lattice/core/time.hpp>

namespace lattice::inline v0::http {

/// What one HTTP request asks of the protocol, and what came of it.
///
/// A thread that blocks on a socket fills it in, submits it to the Desk and waits; the executor hands the frames to the
/// protocol and fills in the rest. Whatever the executor writes may be read by the other thread once `wait` has said done.
class Exchange {
   public:
    /// Which frames that the protocol sends to `from` belong into the answer.
    enum class Reply : std::uint8_t {
        none,
        listing,  ///< One SyncIds.
        message,  ///< One Provide or NotFound that names `wanted`.
        frames,   ///< All that are sent while the protocol handles ours, up to `reply_bytes_max`.
    };
    enum class Outcome : std::uint8_t {
        waiting,
        done,
        closed,     ///< The protocol is not running. It saw nothing of the frames.
        failed,     ///< Something threw; which frames were handled is unknown.
        timed_out,  ///< No decision until the deadline. Frames not begun by then are dropped.
    };

    // Set by whoever submits.
    Peer from;
    std::vector<Frame> frames;  ///< Handed over in this order.
    Reply reply{Reply::none};
    MessageId wanted;
    std::size_t reply_bytes_max{0};
    bool peer_failed{false};  ///< Report `from` as failed instead of handing frames over.
    Callback<void()> page;    ///< Called on the executor instead of handing frames over.

    // Written on the executor.
    std::vector<Receipt> receipts;  ///< One per frame.
    std::vector<Frame> replies;
    std::size_t reply_bytes{0};

    /// Blocks until the executor is done with it or the deadline passes.
    Outcome wait(TimePoint deadline) {
        if (is_settled()) {
            return outcome_.load(std::memory_order_acquire);
        }
        std::unique_lock lock(mutex_);
        settled_.wait_until(lock, deadline, [this] { return is_settled(); });
        lock.unlock();
        settle(Outcome::timed_out);
        return outcome_.load(std::memory_order_acquire);
    }

    /// Ends the waiting. The first outcome stays.
    void settle(Outcome outcome) {
        Outcome expected = Outcome::waiting;
        if (outcome_.compare_exchange_strong(expected, outcome, std::memory_order_acq_rel)) {
            const std::lock_guard lock(mutex_);  // whoever is about to sleep has either seen the outcome or is asleep
            settled_.notify_one();
        }
    }

    /// Whether nobody waits for it any more.
    [[nodiscard]] bool is_settled() const { return outcome_.load(std::memory_order_acquire) != Outcome::waiting; }

    /// Takes a frame that the protocol sends to `from` into the answer, if it belongs there. Executor only.
    bool take_reply(const Frame& frame, std::size_t size) {
        if (!belongs(frame) || (reply == Reply::frames && reply_bytes + size > reply_bytes_max)) {
            return false;
        }
        replies.push_back(frame);
        reply_bytes += size;
        return true;
    }

    /// Whether nothing more will come into the answer once the protocol has handled the frames.
    [[nodiscard]] bool is_answered() const noexcept {
        return !(reply == Reply::listing || reply == Reply::message) || !replies.empty();
    }

   private:
    [[nodiscard]] bool belongs(const Frame& frame) const noexcept {
        switch (reply) {
            case Reply::none:
                return false;
            case Reply::frames:
                return true;
            case Reply::listing:
                return replies.empty() && std::holds_alternative<SyncIds>(frame);
            case Reply::message:
                return replies.empty() && names_wanted(frame);
        }
        return false;
    }

    [[nodiscard]] bool names_wanted(const Frame& frame) const noexcept {
        if (const auto* provided = std::get_if<Provide>(&frame)) {
            return provided->message.id() == wanted || provided->message.key() == wanted;
        }
        const auto* missing = std::get_if<NotFound>(&frame);
        return missing != nullptr && !missing->names.empty() && missing->names.front() == wanted;
    }

    std::atomic<Outcome> outcome_{Outcome::waiting};
    std::mutex mutex_;
    std::condition_variable settled_;
};

}  // namespace lattice::inline v0::http
