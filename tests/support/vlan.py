"""A VLAN device made in user space, because a kernel need not have the 8021q module: a tap device whose frames leave
and enter a guest's eth0 with an 802.1Q tag."""

import fcntl
import os
import select
import socket
import struct
import threading

from .hosts import Guest

_TUNSETIFF = 0x400454CA
_IFF_TAP_NO_PI = 0x0002 | 0x1000
_SOL_PACKET, _PACKET_AUXDATA = 263, 8
_VLAN_VALID = 1 << 4
_PACKET_OUTGOING = 4


class VlanDevice:
    """Device "vlanN" in the guest, up and with the address. Threads of the test's process carry its frames."""

    def __init__(self, guest: Guest, vlan: int, address: str):
        self.vlan, name, namespace = vlan, f"vlan{vlan}", guest.namespace
        with namespace.entered():
            self._tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self._tap, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP_NO_PI))
        self._wire = namespace.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._wire.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        self._wire.setblocking(False)
        self._wire.bind(("eth0", 0x0003))
        # A VLAN device has its parent's MAC; with its tag a frame is no longer than eth0 takes.
        namespace.ip(f"link set dev {name} address {guest.mac} mtu 1496 up")
        guest.add_address(name, address)
        threading.Thread(target=self._carry, daemon=True).start()

    def _carry(self) -> None:
        while True:
            ready, _, _ = select.select([self._tap, self._wire], [], [])
            try:
                if self._tap in ready:
                    frame = os.read(self._tap, 65536)
                    self._wire.send(frame[:12] + struct.pack("!HH", 0x8100, self.vlan) + frame[12:])
                if self._wire in ready:
                    frame, ancillary, _, sender = self._wire.recvmsg(65536, 256)
                    if sender[2] != _PACKET_OUTGOING and self._tagged(ancillary):
                        os.write(self._tap, frame)
            except BlockingIOError:
                pass

    def _tagged(self, ancillary) -> bool:
        """Whether the frame had this VLAN's tag, which the kernel took out of it and keeps beside it."""
        for level, kind, value in ancillary:
            if level == _SOL_PACKET and kind == _PACKET_AUXDATA:
                status, tci = struct.unpack_from("=I12xH", value)
                return bool(status & _VLAN_VALID) and tci & 0x0FFF == self.vlan
        return False
