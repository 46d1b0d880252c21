// Detours: what an endpoint sends to a VTEP that takes it only from the endpoint's old host goes by way of that host
// (reverse tunnelling, as in RFC 3024). At the new host they hang on the attachment; at the old one each label of a
// detour leads to an exit.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ferry/error.hpp>
#include <ferry/table/row.hpp>

namespace ferry {

/// Frames from the address `source` to the VTEP `peer` go to the host `via`, under a label that it has given.
struct Detour {
    MacAddress source;
    VtepId peer = VtepId::none;
    VtepId via = VtepId::none;
    Vni label;

    friend constexpr bool operator==(const Detour&, const Detour&) noexcept = default;
};

/// One attachment's, in the order of source and peer.
using DetourList = std::vector<Detour>;

/// The detour of frames from `source` to `peer`, or null.
const Detour* find_detour(const DetourList& detours, MacAddress source, VtepId peer) noexcept;

/// Where frames under one label go on: those that the host `from` sends, from the address `source`, to the VTEP `to`,
/// under `vni`. That is the segment's own, or a further host's label.
struct DetourExit {
    MacAddress source;
    VtepId from = VtepId::none;
    VtepId to = VtepId::none;
    Vni vni;

    friend constexpr bool operator==(const DetourExit&, const DetourExit&) noexcept = default;
};

/// Names an exit. 0 is never one.
enum class ExitId : std::uint32_t { none = 0 };
constexpr std::uint32_t index_of(ExitId id) noexcept { return static_cast<std::uint32_t>(id); }

/// A fixed number of slots. One writer; readers come to an exit by a label (Labels), and never wait.
class DetourExits {
public:
    /// Room for `max_exits` at a time. Fails with invalid_argument (0) or no_memory.
    static Expected<std::unique_ptr<DetourExits>> make(std::uint32_t max_exits);

    /// Reader: of a label that it has looked up in this burst.
    const DetourExit& at(ExitId id) const noexcept { return slots_[index_of(id)].exit; }

    /// Writer: takes a slot. Fails with table_full, and with invalid_argument where one of the VTEPs or the VNI is none.
    Expected<ExitId> open(const DetourExit& exit);
    /// Writer: frees the slot, a grace period after the label that led to it was cleared.
    void release(ExitId id) noexcept { slots_[index_of(id)].taken = false; }

private:
    struct Slot {
        DetourExit exit;
        bool taken = false;  ///< the writer's own
    };

    DetourExits() = default;

    std::uint32_t max_exits_ = 0;
    std::unique_ptr<Slot[]> slots_;  ///< by ExitId; 0 is not used
};

}  // namespace ferry
