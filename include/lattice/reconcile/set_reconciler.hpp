#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <lattice/core/bytes.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/reconciler.hpp>
#include <lattice/core/time.hpp>
#include <lattice/reconcile/inquiry.hpp>
#include <lattice/reconcile/responder.hpp>
#include <lattice/reconcile/short_id.hpp>
#include <lattice/reconcile/wants.hpp>
#include <lattice/reconcile/window_session.hpp>
#include <lattice/reconcile/windows.hpp>

namespace lattice::inline v0::reconcile {

/// Settings of a SetReconciler; the same on all nodes of a network, or they list names to each other.
struct SetReconcilerOptions {
    /// A key that the network shares, secret where its members are to be protected from others (see Salt). None: the nodes
    /// agree on one themselves.
    std::optional<Salt> network_key{};
    /// How messages are parted by time, and how far back they are compared.
    WindowOptions windows{};
    /// Bounds what one request of a peer can cost.
    ResponderLimits responder{};
};

/// The Reconciler of this library: anti-entropy whose traffic and work grow with what differs (see WindowSession for the
/// order, Initiator for how).
///
///     gossip.reconcile_with(std::make_unique<reconcile::SetReconciler>());
///
/// Messages are parted into windows of time. One inquiry compares all of them: equal ones cost 38 bytes there and 3 back.
///
/// **Keys.** Each node draws a key of its own. When two meet that use different ones, the one that holds nothing, else the one
/// with the greater key, takes the other's over and computes its summaries anew: so a network comes to the least key that any
/// of its first nodes drew, every node changes keys ln(nodes) times at the most as a rule, and a newcomer once, while it holds
/// nothing. It costs one round trip and 33 bytes. Who is no peer of any node cannot know the key, and so prepares nothing.
/// A peer knows it; what it prepares is noticed by the digest, and told apart under a salt that is drawn at that moment.
///
/// **Bounds.** What computes a summary anew (another key, a fresh salt) is done only if it is one hundredth of the time, and
/// declined otherwise. An answer holds ResponderLimits::reply_bytes_max. What collides or does not decode is not believed: the
/// session gives up, and the engine lists names once. Memory: see Windows. One thread at a time.
class SetReconciler final : public Reconciler {
   public:
    explicit SetReconciler(const SetReconcilerOptions& options = {})
        : options_(options), key_(options.network_key.value_or(Salt{})), windows_(key_, options.windows) {}

    void attach(const MessageCache& cache, std::uint64_t seed) override {
        windows_.attach(cache);
        secret_ = {seed, remix(seed, 11)};
        if (!options_.network_key) {
            use_key(drawn_salt());
        }
    }

    void held(const Message& message, std::uint32_t slot) override {
        windows_.advance(message.timestamp());
        windows_.add(message.key(), slot, message.timestamp());
    }

    void released(const Message& message, std::uint32_t slot) override {
        if (message.expiry()) {
            windows_.remove(message.key(), slot, message.timestamp());
        } else {
            windows_.release(message.key(), slot, message.timestamp());
        }
    }

    Bytes begin(WallTime now) override {
        windows_.advance(now);
        met_other_key_ = false;
        offering_key_ = false;
        begin_session(now);
        return ask();
    }

    Progress take(ByteView reply, WallTime now) override {
        windows_.advance(now);
        Progress progress;
        const auto answer = decode_answer(reply);
        if (!session_.active() || !answer) {
            progress.state = std::exchange(voided_, false) ? Progress::State::complete : Progress::State::gave_up;
            session_.end();
            return progress;
        }
        if (answer->other_key) {
            if (agree_on_key(*answer->other_key, now)) {
                begin_session(now);
                progress.state = Progress::State::going_on;
            }
        } else {
            progress = session_.take(windows_, *answer, [&](std::size_t messages) {
                return may_compute(messages, now) ? std::optional(drawn_salt()) : std::nullopt;
            });
        }
        if (progress.state == Progress::State::going_on) {
            progress.request = ask();
        } else {
            session_.end();
        }
        return progress;
    }

    std::optional<Bytes> answer(ByteView bytes, WallTime now) override {
        windows_.advance(now);
        const auto inquiry = decode_inquiry(bytes);
        if (!inquiry) {
            return std::nullopt;
        }
        if (inquiry->network_key && !(*inquiry->network_key == key_) && may_adopt(*inquiry->network_key, now)) {
            use_key(*inquiry->network_key);
        }
        Answer answer;
        if (!answer_parts(*inquiry, now, answer)) {
            return std::nullopt;
        }
        if (inquiry->older && !answer.other_key) {
            answer_older(*inquiry, answer);
        }
        std::vector<std::byte> encoded;
        encode(answer, encoded);
        return Bytes(ByteView(encoded));
    }

    [[nodiscard]] std::vector<std::uint32_t> named(ByteView wants, std::size_t most) const override {
        std::vector<std::uint32_t> slots;
        WantsReader reader(wants);
        while (const auto wanted = reader.next()) {
            const bool known_salt = !wanted->salt || computed_.is(wanted->window, *wanted->salt);
            const SetSummary* summary = wanted->salt ? computed_.summary.get() : windows_.find(wanted->window);
            for (std::size_t i = 0; known_salt && summary != nullptr && i < wanted->ids.size(); ++i) {
                const auto slot = summary->find(wanted->ids[i]);
                if (slots.size() < most && slot && *slot != SetSummary::gone) {
                    slots.push_back(*slot);
                }
            }
        }
        return slots;
    }

    /// The windows, for reading.
    [[nodiscard]] const Windows& windows() const noexcept { return windows_; }
    /// The key that short ids are salted with now.
    [[nodiscard]] const Salt& key() const noexcept { return key_; }

   private:
    /// A summary under a salt that a peer drew, kept until the next one is wanted.
    struct Computed {
        std::uint64_t window{0};
        std::unique_ptr<SetSummary> summary;

        [[nodiscard]] bool is(std::uint64_t number, const Salt& salt) const noexcept {
            return summary != nullptr && number == window && summary->salt() == salt;
        }
    };

    /// For how long messages of a window may be under way when the next one has begun.
    static constexpr std::chrono::microseconds boundary = std::chrono::minutes(1);
    /// One hundredth of the time for what takes half a microsecond per message.
    static constexpr std::chrono::microseconds pause_per_message{50};

    void begin_session(WallTime now) {
        session_.begin(windows_, windows_.number_of(now - boundary) != windows_.newest());
        voided_ = false;
    }

    Bytes ask() {
        Inquiry inquiry = session_.inquiry(windows_);
        if (std::exchange(offering_key_, false)) {
            inquiry.network_key = key_;
        }
        std::vector<std::byte> bytes;
        encode(inquiry, bytes);
        return Bytes(ByteView(bytes));
    }

    Salt drawn_salt() noexcept { return Salt::for_epoch(secret_, ++draws_); }

    /// Whether the time for computing the summary of so many messages anew is there; if so, it is spent.
    bool may_compute(std::size_t messages, WallTime now) noexcept {
        const auto pause = pause_per_message * static_cast<std::int64_t>(messages + 1);
        if (now < next_computing_ &&
            next_computing_ - now <= last_pause_) {  // A clock that was set back does not count.
            return false;
        }
        next_computing_ = now + pause;
        last_pause_ = pause;
        return true;
    }

    /// Whether to use the key of a peer from now on.
    bool may_adopt(const Salt& key, WallTime now) noexcept {
        const std::size_t messages = windows_.size();
        const bool less = key.high != key_.high ? key.high < key_.high : key.low < key_.low;
        return !options_.network_key && (messages == 0 || less) && may_compute(messages, now);
    }

    void use_key(const Salt& key) {
        key_ = key;
        windows_.rekey(key);
        voided_ = session_.active();  // Its sums were of other short ids.
        session_.end();
    }

    /// The partner uses another key: whether one of the two was found to agree on, once per session.
    bool agree_on_key(const Answer::OtherKey& other, WallTime now) {
        if (std::exchange(met_other_key_, true) || other.holding == Answer::Holding::unknown || options_.network_key) {
            return false;
        }
        if (other.holding == Answer::Holding::messages && may_adopt(other.key, now)) {
            use_key(other.key);
        } else {
            offering_key_ = true;
        }
        return true;
    }

    [[nodiscard]] Answer::OtherKey own_key() const noexcept {
        if (options_.network_key) {
            return {};  // Nobody learns it here.
        }
        return {windows_.size() == 0 ? Answer::Holding::nothing : Answer::Holding::messages, key_};
    }

    /// Answers the parts, as far as they fit; false when one is malformed.
    bool answer_parts(const Inquiry& inquiry, WallTime now, Answer& answer) {
        std::size_t bytes = 0;
        for (const Inquiry::Part& part : inquiry.parts) {
            const auto request = decode_request(part.request);
            if (!request) {
                return false;
            }
            const std::uint64_t number = inquiry.newest - part.age;
            const SetSummary* summary = windows_.find(number);
            if (summary != nullptr && !request->salt && request->salt_tag != summary->salt_tag()) {
                answer = {};
                answer.other_key = own_key();
                return true;
            }
            ResponderLimits limits = options_.responder;
            limits.reply_bytes_max -= bytes < limits.reply_bytes_max ? bytes : limits.reply_bytes_max;
            if (!answer.parts.empty() && 2 * limits.reply_bytes_max < options_.responder.reply_bytes_max) {
                return true;  // A cramped answer is worth less than the next one.
            }
            answer.parts.emplace_back();
            encode(answer_part(*request, number, summary, limits, now), request->from, answer.parts.back());
            bytes += answer.parts.back().size();
        }
        return true;
    }

    Reply answer_part(const reconcile::Request& request, std::uint64_t number, const SetSummary* summary,
                      ResponderLimits limits, WallTime now) {
        if (summary == nullptr) {
            return WindowReply{};
        }
        if (!request.salt) {
            return Responder(*summary, limits).answer(request);
        }
        if (!computed_.is(number, *request.salt)) {
            if (!may_compute(summary->size(), now)) {
                return BusyReply{};
            }
            computed_ = {number, std::make_unique<SetSummary>(windows_.computed(number, *request.salt))};
        }
        return Responder(*computed_.summary, limits).answer(request);
    }

    /// Compares the older windows; says what there is when they differ.
    void answer_older(const Inquiry& inquiry, Answer& answer) const {
        AgeSet left_out = inquiry.older->left_out;
        for (std::uint64_t age = 1; age < windows_.ages() && age <= inquiry.newest; ++age) {
            if (windows_.left_out(inquiry.newest - age)) {
                left_out.insert(age);
            }
        }
        if (left_out == inquiry.older->left_out &&
            WindowSession::digest_of_older(windows_, inquiry.newest, left_out) == inquiry.older->digest) {
            return;
        }
        answer.older.emplace();
        answer.older->left_out = left_out;
        for (std::uint64_t age = 1; age < windows_.ages() && age <= inquiry.newest; ++age) {
            const std::uint64_t digest = left_out.contains(age) ? 0 : windows_.digest_of(inquiry.newest - age);
            if (digest != 0) {
                const std::size_t size = windows_.size_of(inquiry.newest - age);
                answer.older->windows.push_back({static_cast<std::uint8_t>(age), digest, size});
            }
        }
    }

    SetReconcilerOptions options_;
    Salt key_;
    Salt secret_{};  ///< What salts of this node's own are drawn from.
    std::uint64_t draws_{0};
    Windows windows_;
    WindowSession session_;
    Computed computed_;
    WallTime next_computing_{};
    std::chrono::microseconds last_pause_{};
    bool met_other_key_{false};
    bool offering_key_{false};
    bool voided_{false};  ///< The open session ended because this node changed its key for another peer.
};

}  // namespace lattice::inline v0::reconcile
