#pragma once

#include <cstdint>

namespace lattice::inline v0 {

/// How many nodes took a message: what a node says of itself and of those that it brought the message to, and what they said of
/// theirs (see ReceiptLedger).
struct Tally {
    std::uint32_t reached{0};  ///< Nodes known to have it. Never falls.
    bool complete{false};      ///< No more are expected. Advisory: it makes reports come sooner.

    /// Whether there is anything to say.
    explicit operator bool() const noexcept { return reached != 0 || complete; }
    friend bool operator==(const Tally&, const Tally&) = default;
};

}  // namespace lattice::inline v0
