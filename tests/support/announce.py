"""Frames by which an endpoint says where it is, and what is nearly one."""

import socket
import struct

from .frames import BROADCAST, ethernet, mac_bytes

_ARP, _RARP = 0x0806, 0x8035
_NOBODY = "00:00:00:00:00:00"


def _arp(mac: str, ethertype: int, operation: int, sender_ip: str, target_mac: str, target_ip: str) -> bytes:
    packet = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, mac_bytes(mac), socket.inet_aton(sender_ip),
                         mac_bytes(target_mac), socket.inet_aton(target_ip))
    return ethernet(BROADCAST, mac, packet, ethertype)


def rarp(mac: str) -> bytes:
    """What QEMU sends for a guest that has arrived."""
    return _arp(mac, _RARP, 3, "0.0.0.0", mac, "0.0.0.0")


def gratuitous_arp(mac: str, address: str) -> bytes:
    return _arp(mac, _ARP, 1, address, _NOBODY, address)


def arp_request(mac: str, address: str, wanted: str) -> bytes:
    """An ordinary request, which announces nothing."""
    return _arp(mac, _ARP, 1, address, _NOBODY, wanted)
