#include <ferry/move/ledger.hpp>

namespace ferry::move {

std::string_view name_of(Phase phase) noexcept
{
    switch (phase) {
    case Phase::ring_stopped: return "ring_stopped";
    case Phase::claim_received: return "claim_received";
    case Phase::granted: return "granted";
    case Phase::drained: return "drained";
    case Phase::turn_sent: return "turn_sent";
    case Phase::turn_ended: return "turn_ended";
    case Phase::never_turned: return "never_turned";
    case Phase::detour_offered: return "detour_offered";
    case Phase::closed: return "closed";
    case Phase::hold_expired: return "hold_expired";
    case Phase::replayed: return "replayed";
    case Phase::ring_started: return "ring_started";
    case Phase::claim_sent: return "claim_sent";
    case Phase::grant_received: return "grant_received";
    case Phase::taken: return "taken";
    case Phase::opened: return "opened";
    case Phase::stream_passed: return "stream_passed";
    case Phase::stream_timed_out: return "stream_timed_out";
    case Phase::detour_begun: return "detour_begun";
    case Phase::detour_ended: return "detour_ended";
    case Phase::settled: return "settled";
    case Phase::late_grant: return "late_grant";
    case Phase::conflict: return "conflict";
    case Phase::refused: return "refused";
    case Phase::turn_begun: return "turn_begun";
    case Phase::turned: return "turned";
    case Phase::turn_over: return "turn_over";
    case Phase::turned_alone: return "turned_alone";
    }
    return "unknown";
}

}  // namespace ferry::move
