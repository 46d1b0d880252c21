// Is a frame from the underlay ours, and are its outer headers right?
#pragma once

#include "engine/burst.hpp"
#include "engine/sender.hpp"

#include <ferry/table/local_vteps.hpp>

namespace ferry::engine {

/// What makes a frame ours.
struct OuterRules {
    LocalVtep local;
    const LocalVteps& further;
    bool pass_irregular = false;  ///< as WorkerConfig has it
};

/// What the outer headers of a burst's frames say.
struct OuterHeaders {
    PerFrame<Vni> vnis;
    PerFrame<std::uint16_t> inner_lengths;   ///< bytes, without padding behind the outer packet
    PerFrame<std::uint8_t> tos;
    bool any_extended;  ///< some VXLAN header has more bits set than the I flag and the VNI
};

/// Gives frames that are not ours the verdict pass, and drops those of ours that are not right. Ours is what is IPv4
/// by its EtherType, to a local VTEP's address, UDP, and to its port. Frames that end before one can tell are
/// dropped; later fragments, which carry no port, pass, because they may be the host's own. Where the host gets
/// irregular packets, those pass that WorkerConfig names.
///
/// Checked are, in this order: the lengths that must be there, IP version, header length (RFC 7348 knows no options),
/// header checksum, fragmentation (RFC 7348 §4.3), total length, UDP length, UDP checksum where there is one (RFC
/// 7348 §5), the I flag, and that an Ethernet header is inside. Reads no byte beyond the frame, and writes none.
///
/// Every frame that is ours, right or not, is received by `senders`, and its VTEP is written to `burst.peers`.
void parse_outer(Burst& burst, OuterHeaders& outer, const OuterRules& rules, Senders senders) noexcept;

}  // namespace ferry::engine
