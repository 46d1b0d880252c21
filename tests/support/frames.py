"""Frames made by hand."""

import itertools
import socket
import struct

from .netns import Namespace

BROADCAST = "ff:ff:ff:ff:ff:ff"
EXPERIMENTAL = 0x88B5  # EtherType for local experiments, IEEE 802

_numbers = itertools.count(1)


def mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def marker(text: str = "") -> bytes:
    """Bytes that no other frame of the test holds."""
    return f"<marker {next(_numbers)} {text}>".encode()


def ethernet(destination: str, source: str, payload: bytes, ethertype: int = EXPERIMENTAL) -> bytes:
    """An Ethernet frame of at least 60 bytes."""
    return (mac_bytes(destination) + mac_bytes(source) + struct.pack("!H", ethertype) + payload).ljust(60, b"\0")


def send(namespace: Namespace, device: str, *frames: bytes) -> None:
    """Sends frames as they are."""
    with namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((device, 0))
        for frame in frames:
            out.send(bytes(frame))
