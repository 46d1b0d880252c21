"""The frames that all peers are given. The same call gives the same bytes, on any machine."""

import ipaddress
import struct

VTEP = ipaddress.IPv4Address("172.16.0.1")       # of the switch under test
VTEP_MAC = 0x0200_0000_0001
GATEWAY = ipaddress.IPv4Address("172.16.0.2")    # next hop to all remotes
GATEWAY_MAC = 0x0200_0000_0002
FIRST_REMOTE = ipaddress.IPv4Address("172.17.0.1")
VNI = 100
FCS = 4                                          # bytes that a size counts and a capture has not
OUTER = 50                                       # Ethernet, IPv4, UDP and VXLAN headers

IPV4, ARP, IPV6, VLAN, EXPERIMENTAL = 0x0800, 0x0806, 0x86DD, 0x8100, 0x88B5
UDP, TCP = 17, 6


def remote_mac(endpoint: int) -> int:
    return 0x5254_0100_0000 + endpoint


def local_mac(endpoint: int) -> int:
    return 0x5254_00BB_0000 + endpoint


def vtep_of(endpoint: int, remotes: int) -> ipaddress.IPv4Address:
    return FIRST_REMOTE + endpoint % remotes


def text_of(mac: int) -> str:
    return mac.to_bytes(6, "big").hex(":")


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(destination: int, source: int, ethertype: int, payload: bytes) -> bytes:
    return destination.to_bytes(6, "big") + source.to_bytes(6, "big") + struct.pack("!H", ethertype) + payload


def ipv4(source, destination, protocol: int, payload: bytes, tos: int = 0, ttl: int = 64, identifier: int = 0) -> bytes:
    header = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), identifier, 0, ttl, protocol, 0,
                         ipaddress.IPv4Address(source).packed, ipaddress.IPv4Address(destination).packed)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def udp(source: int, destination: int, payload: bytes) -> bytes:
    """Without a checksum, which IPv4 allows and VXLAN uses (RFC 7348 §5)."""
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def tcp(source: int, destination: int, payload: bytes) -> bytes:
    return struct.pack("!HHIIBBHHH", source, destination, 1, 1, 0x50, 0x10, 65535, 0, 0) + payload


def guest_frame(destination: int, source: int, number: int, size: int) -> bytes:
    """IPv4 and UDP, of a flow that `number` makes its own; `size` with the FCS, from 64."""
    payload = bytes(size - FCS - 42)
    packet = ipv4(f"10.0.0.{1 + number % 250}", f"10.1.{number >> 8 & 255}.{number & 255}", UDP,
                  udp(1024 + number % 60000, 53, payload))
    return ethernet(destination, source, IPV4, packet)


def odd_guest_frame(destination: int, source: int, number: int, size: int) -> bytes:
    """A frame of another kind than those with the numbers before and after."""
    room, port, source_ip = size - FCS - 14, number % 60000, f"10.0.0.{1 + number % 250}"
    kinds = (
        lambda: (IPV4, ipv4(source_ip, "10.1.0.1", UDP, udp(port, 53, bytes(room - 28)))),
        lambda: (IPV6, ipv6(TCP, tcp(port, 80, bytes(room - 60)), number)),
        lambda: (VLAN, struct.pack("!HH", 7, IPV4)
                 + ipv4("10.0.0.3", "10.1.0.2", TCP, tcp(port, 80, bytes(room - 44)))),
        lambda: (EXPERIMENTAL, bytes(room)),
        lambda: (IPV4, ipv4(source_ip, "10.1.0.3", TCP, tcp(port, 443, bytes(room - 40)), tos=2)),
        lambda: (ARP, struct.pack("!HHBBH", 1, IPV4, 6, 4, 2) + bytes(room - 8)),
        lambda: (IPV6, ipv6(UDP, struct.pack("!HHHH", port, 53, room - 40, 0xBEEF) + bytes(room - 48), number, 0xB8)),
        lambda: (IPV4, ipv4("10.0.0.4", "10.1.0.4", 47, bytes(room - 20), tos=0xB8)),
    )
    return ethernet(destination, source, *kinds[number % len(kinds)]())


def ipv6(next_header: int, payload: bytes, number: int, traffic_class: int = 0) -> bytes:
    prefix = bytes.fromhex("fd00000000000000")
    return (struct.pack("!IHBB", 6 << 28 | traffic_class << 20, len(payload), next_header, 64)
            + prefix + struct.pack("!Q", number) + prefix + struct.pack("!Q", 1) + payload)


def vxlan(source, number: int, inner: bytes, vni: int = VNI) -> bytes:
    """What the switch under test receives from the remote VTEP `source`."""
    datagram = udp(49152 + number % 16000, 4789, struct.pack("!II", 0x0800_0000, vni << 8) + inner)
    return ethernet(VTEP_MAC, GATEWAY_MAC, IPV4, ipv4(source, VTEP, UDP, datagram, identifier=number & 0xFFFF))
