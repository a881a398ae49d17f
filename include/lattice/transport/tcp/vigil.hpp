#pragma once

#include <cstdint>
#include <optional>

#include <lattice/core/time.hpp>
#include <lattice/transport/tcp/options.hpp>

namespace lattice::inline v0::tcp {

/// Watches one established connection for signs of life: the peer must send something now and then, and take what it is
/// sent. A peer that is silent is pinged once before it is given up, because silence alone is no fault.
class Vigil {
   public:
    enum class Verdict : std::uint8_t { alive, ping, silent, stalled };

    Vigil(const TcpOptions& options, TimePoint now) noexcept
        : keep_alive_interval_(options.keep_alive_interval),
          keep_alive_timeout_(options.keep_alive_timeout),
          stall_timeout_(options.stall_timeout),
          heard_(now) {}

    /// Bytes came.
    void heard(TimePoint now) noexcept {
        heard_ = now;
        pinged_.reset();
    }

    /// A ping was queued.
    void pinged(TimePoint now) noexcept { pinged_ = now; }
    [[nodiscard]] bool is_pinged() const noexcept { return pinged_.has_value(); }

    /// A write began; it counts as progress when it ends.
    void write_began(TimePoint now) noexcept { write_began_ = now; }
    void write_ended() noexcept { write_began_.reset(); }

    /// What is due.
    [[nodiscard]] Verdict verdict(TimePoint now) const noexcept {
        if (write_began_ && now >= *write_began_ + stall_timeout_) {
            return Verdict::stalled;
        }
        if (now < silence_ends()) {
            return Verdict::alive;
        }
        return pinged_ ? Verdict::silent : Verdict::ping;
    }

    /// When the verdict may change, if nothing is heard and no write ends before.
    [[nodiscard]] TimePoint next() const noexcept {
        const TimePoint silence = silence_ends();
        return write_began_ && *write_began_ + stall_timeout_ < silence ? *write_began_ + stall_timeout_ : silence;
    }

   private:
    [[nodiscard]] TimePoint silence_ends() const noexcept {
        return pinged_ ? *pinged_ + keep_alive_timeout_ : heard_ + keep_alive_interval_;
    }

    Duration keep_alive_interval_;
    Duration keep_alive_timeout_;
    Duration stall_timeout_;
    TimePoint heard_;
    std::optional<TimePoint> pinged_;
    std::optional<TimePoint> write_began_;
};

}  // namespace lattice::inline v0::tcp
