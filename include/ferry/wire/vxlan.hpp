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

/// The VXLAN header (RFC 7348 §5). All bits but the I flag and the VNI are reserved: zero when sent, ignored when
/// received.
struct VxlanHeader {
    std::uint8_t flags = 0;
    std::uint8_t reserved[3] = {};
    be32 vni_reserved;  ///< the VNI in the upper 24 bits

    /// Returns the header that is sent for `vni`.
    static constexpr VxlanHeader make(Vni vni) noexcept
    {
        VxlanHeader header;
        header.flags = vxlan_flag_i;
        header.vni_reserved = be32{vni.value() << 8};
        return header;
    }

    /// False for a frame that must be dropped, because its VNI is not valid.
    constexpr bool has_valid_vni() const noexcept { return flags & vxlan_flag_i; }

    constexpr Vni vni() const noexcept { return *Vni::make(vni_reserved.host() >> 8); }
};
static_assert(sizeof(VxlanHeader) == 8 && WireStruct<VxlanHeader>);

/// Bytes that encapsulation over IPv4 puts before the inner frame (RFC 7348 §5).
inline constexpr std::size_t vxlan_ipv4_overhead =
    sizeof(EthernetHeader) + sizeof(Ipv4Header) + sizeof(UdpHeader) + sizeof(VxlanHeader);
static_assert(vxlan_ipv4_overhead == 50);

}  // namespace ferry::wire
