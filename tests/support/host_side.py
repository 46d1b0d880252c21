"""What stays A's kernel's on an underlay where ferryd takes VXLAN: TCP, ping, ARP, and VXLAN that is not ferry's.
`device` is the kernel's interface there."""

import contextlib
import os
import socket
import struct
import threading

from .outcome import check, check_equal, step, wait_until
from .pair import VNI, Pair

ETH_P_ALL = 3
A, B, OTHER = "172.16.0.1", "172.16.0.2", "172.16.0.9"
VXLAN, OTHER_PORT = 4789, 4790


class Session:
    """A TCP session from B to A's kernel, busy from the moment this is made until finish()."""

    def __init__(self, pair: Pair):
        with pair.a.namespace.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.bind((A, 22))
            listener.listen(1)
            self._near = pair.b.namespace.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._near.settimeout(5)
            self._near.connect((A, 22))
            self._far, _ = listener.accept()
        self._far.settimeout(5)
        self.rounds, self._fault, self._stopping = 0, None, threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        try:
            while not self._stopping.wait(0.002):
                said = os.urandom(4000)
                self._near.sendall(said)
                heard = self._take(self._far, len(said))
                self._far.sendall(heard)
                check(self._take(self._near, len(said)) == said, "what TCP brought back is what was sent")
                self.rounds += 1
        except Exception as error:  # told by check()
            self._fault = error

    @staticmethod
    def _take(end: socket.socket, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += end.recv(size - len(data))
        return data

    def check(self, rounds: int = 20) -> None:
        """Fails unless the session goes on for some rounds."""
        wanted = self.rounds + rounds
        wait_until(lambda: self._fault or self.rounds >= wanted, "the TCP session to go on")
        check(self._fault is None, f"the TCP session to A's kernel: {self._fault!r}")

    def finish(self) -> None:
        self.check()
        self._stopping.set()
        self._thread.join()
        self._near.close()
        self._far.close()


def vxlan(number: int) -> bytes:
    """A VXLAN header, and a payload that tells datagrams apart, too short for a frame."""
    return struct.pack("!II", 0x08000000, VNI << 8) + b"for %02d end" % number


class KernelsView:
    """What A's kernel gets of its interface."""

    def __init__(self, pair: Pair, device: str):
        self._tap = pair.a.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._tap.bind((device, ETH_P_ALL))
        self._tap.setblocking(False)
        self._seen: list[bytes] = []

    def saw(self, what: bytes) -> bool:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._seen.append(self._tap.recv(65536))
        return any(what in frame for frame in self._seen)


def host_is_reachable(pair: Pair, device: str = "ul0") -> None:
    pair.b.namespace.ip("neighbour flush dev ul0")  # so that the ping needs ARP
    pair.b.namespace.ping(A, count=2)
    pair.a.namespace.ip(f"neighbour flush dev {device}")
    pair.a.namespace.ping(B, count=2)


def what_is_not_ferrys_goes_to_the_kernel(pair: Pair, device: str = "ul0") -> None:
    pair.a.namespace.ip(f"address add {OTHER}/24 dev {device}")
    view = KernelsView(pair, device)
    with pair.b.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for number, (address, port) in enumerate([(OTHER, VXLAN), (A, OTHER_PORT), (OTHER, OTHER_PORT)]):
            step(f"VXLAN to {address}:{port} reaches a socket of the kernel")
            with pair.a.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as into:
                into.settimeout(5)
                into.bind((address, port))
                out.sendto(vxlan(number), (address, port))
                check_equal(into.recv(100), vxlan(number), f"the datagram to {address}:{port}")
        step("VXLAN to the VTEP goes to the kernel where it has IP options or is a fragment, and only there")
        out.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\1\1\1\1")
        out.sendto(vxlan(10), (A, VXLAN))
        out.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"")
        out.sendto(vxlan(11) + bytes(2000) + b"the last of 11", (A, VXLAN))
        for what in (b"for 10 end", b"for 11 end", b"the last of 11"):
            wait_until(lambda: view.saw(what), f"A's kernel to get {what}")
    with pair.b.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(vxlan(12), (A, VXLAN))  # no inner frame, which ferryd counts
    wait_until(lambda: pair.a.drops().get("outer_truncated") == 1, "ferryd to get the datagram without options")
    check(not view.saw(b"for 12 end"), "what is ferry's does not reach the kernel")
    outer = {reason: count for reason, count in pair.a.drops().items() if reason.startswith("outer")}
    check_equal(outer, {"outer_truncated": 1}, "drops for their outer headers")
