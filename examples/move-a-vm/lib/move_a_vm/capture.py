"""What arrived at hosts from the underlay, and when: VXLAN frames with the demo's numbered datagrams in them."""

import socket
import struct
from dataclasses import dataclass

from .topology import UNDERLAY_DEVICE

_ETH_P_ALL = 3
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35  # and the type of its ancillary data
_PACKET_OUTGOING = 4
# Enough for some seconds: the kernel keeps what comes until it is asked for, so that nobody takes a processor from
# ferryd.
_BUFFER_BYTES = 256 << 20
_OUTER = 14 + 20 + 8 + 8  # Ethernet, IPv4, UDP and VXLAN headers
_REQUEST = b"frrq"


@dataclass
class Arrival:
    """One numbered datagram for the guest, in the underlay."""

    at: float        # CLOCK_REALTIME in seconds
    source: str      # the outer source address
    vni: int
    flow: int
    number: int


class Capture:
    """Takes down what arrives at the hosts from now on."""

    def __init__(self, hosts):
        self._sockets = {}
        for host in hosts:
            with host.space.entered():
                taken = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
            taken.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
            taken.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            taken.bind((UNDERLAY_DEVICE, _ETH_P_ALL))
            taken.setblocking(False)
            self._sockets[host.name] = taken
        self.arrivals = {}

    def stop(self):
        """Ends it; `arrivals` has {host's name: [Arrival]} then."""
        for name, taken in self._sockets.items():
            self.arrivals[name] = list(_arrivals(taken))
            taken.close()


def _arrivals(taken):
    while True:
        try:
            frame, ancillary, _, address = taken.recvmsg(128, 64)
        except BlockingIOError:
            return
        if address[2] == _PACKET_OUTGOING:
            continue
        payload = _OUTER + 14 + 20 + 8
        if frame[12:14] != b"\x08\x00" or frame[23] != 17 or frame[payload:payload + 4] != _REQUEST:
            continue
        flow, _, number = struct.unpack_from("!HHQ", frame, payload + 4)
        seconds, nanoseconds = struct.unpack("@qq", ancillary[0][2])
        yield Arrival(seconds + nanoseconds / 1e9, socket.inet_ntoa(frame[26:30]),
                      int.from_bytes(frame[_OUTER - 4:_OUTER - 1], "big"), flow, number)
