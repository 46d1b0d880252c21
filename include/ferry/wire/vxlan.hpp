// The VXLAN header.
#pragma once

#include <ferry/wire/address.hpp>
#include <ferry/wire/bytes.hpp>
#include <ferry/wire/ethernet.hpp>
#include <ferry/wire/ipv4.hpp>
#include <ferry/wire/udp.hpp>

namespace ferry::wire {

/// The UDP destination port that IANA assigned (RFC 7348 §5, §8).
inline constexpr std::uint16_t vxlan_port = 4789;

/// The I flag: the VNI is valid (RFC 7348 §5).
inline constexpr std::uint8_t vxlan_flag_i = 0x08;

// What ferry hosts tell each other in bits that RFC 7348 §5 reserves. Such frames are only sent to hosts that have said
// that they read them: others ignore the bits, or drop the frame as Linux does. The Group Policy extension
// (draft-smith-vxlan-group-policy §2.1) uses the flags G (0x80) and I of the first byte, D (0x40) and A (0x08) of the
// second, and the two bytes behind; the marks and the stream lie beside all that.

/// The frame goes by way of the endpoint's old host.
inline constexpr std::uint8_t vxlan_flag_detour = 0x40;
/// The frame goes directly to the endpoint's new host, where earlier ones went by way of the old one.
inline constexpr std::uint8_t vxlan_flag_turned = 0x20;
/// Don't Learn, in the second byte (draft-smith-vxlan-group-policy §2.1): the outer source does not say where the inner
/// source is. Set on all frames that are relayed.
inline constexpr std::uint8_t vxlan_dont_learn = 0x40;

/// The VXLAN header (RFC 7348 §5). All bits but the I flag and the VNI are reserved: zero when sent, ignored when
/// received, but for those above.
struct VxlanHeader {
    std::uint8_t flags = 0;
    std::uint8_t policy_flags = 0;
    std::uint8_t reserved[2] = {};
    be32 vni_reserved;  ///< the VNI in the upper 24 bits; below it the stream of a marked frame, else 0

    /// Returns the header that is sent for `vni`.
    static constexpr VxlanHeader make(Vni vni) noexcept
    {
        VxlanHeader header;
        header.flags = vxlan_flag_i;
        header.vni_reserved = be32{vni.value() << 8};
        return header;
    }

    /// True for a header with the I flag and no other, nor any of the second byte's and those behind: nearly all.
    bool is_plain() const noexcept { return load<std::uint32_t>(&flags) == be32{vxlan_flag_i << 24}.raw(); }

    /// False for a frame that must be dropped, because its VNI is not valid.
    constexpr bool has_valid_vni() const noexcept { return flags & vxlan_flag_i; }

    constexpr Vni vni() const noexcept { return *Vni::make(vni_reserved.host() >> 8); }

    /// Meaningful for a frame with one of the two marks: the turn that it belongs to.
    constexpr std::uint8_t stream() const noexcept { return static_cast<std::uint8_t>(vni_reserved.host()); }
};
static_assert(sizeof(VxlanHeader) == 8 && WireStruct<VxlanHeader>);

/// Bytes that encapsulation over IPv4 puts before the inner frame (RFC 7348 §5).
inline constexpr std::size_t vxlan_ipv4_overhead =
    sizeof(EthernetHeader) + sizeof(Ipv4Header) + sizeof(UdpHeader) + sizeof(VxlanHeader);
static_assert(vxlan_ipv4_overhead == 50);

}  // namespace ferry::wire
