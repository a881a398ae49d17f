#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <lattice/core/box.hpp>
#include <lattice/core/callback.hpp>
#include <lattice/core/effects.hpp>
#include <lattice/core/message.hpp>
#include <lattice/core/on_use.hpp>
#include <lattice/core/payload_codec.hpp>
#include <lattice/core/peer.hpp>

namespace lattice::inline v0 {

/// A message as handlers and validators see it. Valid during the call; copy the message (cheap) to keep it.
struct Delivery {
    const Message& message;
    const Peer& from;   ///< The neighbour that brought it; its author is message.origin().
    Envelope envelope;  ///< As it came; `hops` is how far the message travelled, as far as peers tell the truth.
    bool retrieved;     ///< It was asked for (pull, anti-entropy) rather than pushed.
};

/// What a validator says about a message.
enum class Verdict : std::uint8_t {
    accept,    ///< Deliver and forward it.
    reject,    ///< Invalid for ever: neither delivered, nor forwarded, nor asked for again.
    ignore,    ///< Not now: neither delivered nor forwarded, but it may come again.
    deferred,  ///< The answer comes later, through GossipProtocol::resolve with the message's key.
};

/// Takes accepted messages of one type. Runs on the executor, under no lock, and may call the protocol, `broadcast` too. When
/// it throws, the message counts as not delivered: it is not forwarded, and may be fetched again.
using MessageHandler = Callback<void(const Delivery&)>;

/// Decides about messages of one type before they are delivered and forwarded. Runs as a handler does. When it throws, that is
/// as good as `ignore`.
using Validator = Callback<Verdict(const Delivery&)>;

/// The host's handlers and validators by message type. Messages of a type without a handler are held and forwarded all the
/// same: other nodes may want them.
template <typename>
class BasicHandlers {
   public:
    /// The last registration of a type counts, as in the reference.
    void set_handler(std::string_view type, MessageHandler handler) {
        entry(type).handle = [take = std::move(handler)](const Delivery& delivery) mutable {
            take(delivery);
            return true;
        };
    }

    /// A handler that takes the payload as a T. A payload that is not one makes the message invalid.
    template <PayloadValue T, typename F>
    void set_typed_handler(std::string_view type, F handler) {
        entry(type).handle = [take = std::move(handler)](const Delivery& delivery) mutable {
            const std::optional<T> value = PayloadCodec<T>::decode(delivery.message.payload());
            if (!value) {
                return false;
            }
            if constexpr (std::is_invocable_v<F&, const T&, const Delivery&>) {
                take(*value, delivery);
            } else {
                take(*value);
            }
            return true;
        };
    }

    /// For every type without a handler of its own.
    void set_default_handler(MessageHandler handler) { default_handler_ = std::move(handler); }

    void set_validator(std::string_view type, Validator validator) { entry(type).validate = std::move(validator); }

    /// For every type without a validator of its own.
    void set_default_validator(Validator validator) { default_validator_ = std::move(validator); }

    /// Asks the validator, and the handler when that accepts. Absent: the validator deferred its verdict.
    std::optional<Conclusion> process(const Delivery& delivery) {
        try {
            const Verdict verdict = validate(delivery);
            return verdict == Verdict::deferred ? std::nullopt : std::optional(conclude(delivery, verdict));
        } catch (...) {
            return Conclusion::failed;
        }
    }

    /// What a verdict, given at once or later, leads to: the handler decides in the end about what was accepted.
    Conclusion conclude(const Delivery& delivery, Verdict verdict) {
        if (verdict != Verdict::accept) {
            return verdict == Verdict::reject ? Conclusion::rejected : Conclusion::ignored;
        }
        try {
            return deliver(delivery) ? Conclusion::accepted : Conclusion::rejected;
        } catch (...) {
            return Conclusion::failed;
        }
    }

   private:
    struct Entry {
        std::string type;
        Callback<bool(const Delivery&)> handle;
        Validator validate;
    };

    /// `accept` where nobody was asked to decide.
    Verdict validate(const Delivery& delivery) {
        Entry* found = find(delivery.message.type());
        if (found != nullptr && found->validate) {
            return found->validate(delivery);
        }
        return default_validator_ ? default_validator_(delivery) : Verdict::accept;
    }

    /// Hands a message to the handler of its type. False when its payload is not what that handler takes.
    bool deliver(const Delivery& delivery) {
        Entry* found = find(delivery.message.type());
        if (found != nullptr && found->handle) {
            return found->handle(delivery);
        }
        if (default_handler_) {
            default_handler_(delivery);
        }
        return true;
    }

    Entry* find(std::string_view type) noexcept {
        for (auto& entry : entries_) {
            if (entry->type == type) {
                return entry.get();
            }
        }
        return nullptr;
    }

    Entry& entry(std::string_view type) {
        if (Entry* found = find(type)) {
            return *found;
        }
        entries_.push_back(Box<Entry>::make());
        entries_.back()->type = type;
        return *entries_.back();
    }

    std::vector<Box<Entry>> entries_;  ///< A handful; stable while a handler registers another.
    MessageHandler default_handler_;
    Validator default_validator_;
};
using Handlers = BasicHandlers<OnUse>;

}  // namespace lattice::inline v0
