// A move as people read it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/move_status.hpp"

namespace ferryd {

const char* name_of(MoveStatus::Role role) noexcept;

/// What goes on in the move: "held", "draining", "relaying", "claiming", "merging", "turning", or how it ended: "moved",
/// "cancelled", "expired", "taken", "turned".
const char* state_of(const MoveStatus& move) noexcept;

/// "2026-11-23 10:00:00.123456", local time.
std::string time_text(std::int64_t time_ns);

/// "7 source 52:54:00:00:00:01 vni 100 port vm0 S (172.16.0.1) -> D (172.16.0.2) moved", and when it began.
std::string heading_of(const MoveStatus& move);
/// A line for each phase from the one of number `first` on: milliseconds since the first of all, and what happened.
/// What happened to frames is among them.
std::vector<std::string> timeline_of(const MoveStatus& move, std::size_t first = 0);
/// "frames: received 12 = delivered 10 + relayed 2; …" and whether they add up.
std::string ledger_text(const MoveStatus& move);

}  // namespace ferryd
