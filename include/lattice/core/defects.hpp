#pragma once

#include <cstdint>

namespace lattice::inline v0::detail {

/// Faults that the simulator's own tests plant into the protocol, to prove that its checkers find them. Each names the place
/// that consults it; none exists unless a test program defines LATTICE_PLANT_DEFECTS before it includes anything.
enum class Defect : std::uint8_t {
    none,
    ignored_stays_seen,  ///< A message that the host would not take now counts as seen (the reference's fault 13).
    silence_is_final,    ///< A request that stays unanswered is not passed on to the next announcer, and not forgotten.
    evict_by_timestamp,  ///< A full cache lets go by the sender's timestamp (the reference's fault 9).
    forward_last_hop,    ///< The hop limit is off by one.
    forward_rejected,    ///< What the host rejected is held, announced and forwarded.
    leak_validation_share,  ///< A verdict does not give back what the message took of its peer's share.
    leak_fetch_share,       ///< An answer does not give back what the request took of its peer's share.
    keep_ttl,               ///< Relays do not take a hop off.
    ttl_gates_retrieval,    ///< A fetched message without hops left is refused (the reference's fault 4).
    remember_by_cache,      ///< Only messages still held count as seen (the reference's fault 3).
    trust_claimed_ids,      ///< The id is taken for the hash without looking (the reference's fault 6).
    count_refusals_twice,   ///< A refusal is counted as two.
    echo_to_sender,         ///< A message is pushed back to who brought it.
    deliver_expired,        ///< Expiry is not looked at.
    accept_any_future,      ///< Timestamps far ahead of the clock are taken.
    unbounded_cache_bytes,  ///< The cache counts messages and not their bytes.
    share_one_budget,       ///< All peers draw on one budget of messages: one who floods silences the others.
};
inline constexpr int defect_kinds = 18;

#ifdef LATTICE_PLANT_DEFECTS
/// The one fault that is planted now.
inline Defect planted_defect = Defect::none;
inline bool planted(Defect defect) noexcept { return planted_defect == defect; }
#else
constexpr bool planted(Defect) noexcept { return false; }
#endif

}  // namespace lattice::inline v0::detail
