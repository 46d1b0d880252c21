"""TCP between a VM that moves and another one: the kernels behind their taps talk, paced, and every byte is checked. So a
stream's stalls are the network's and the kernel's, and no emulator's."""

import json
import os
import random
import select
import signal
import socket
import struct
import time
import traceback

from .moving_vm import SENDER, VM
from .netns import Namespace, command
from .outcome import check, check_equal

VM_ADDRESS, SENDER_ADDRESS = "10.0.0.9", "10.0.0.33"
_CHUNK = 1 << 16
_PATTERN = random.Random(1).randbytes(_CHUNK) * 2  # byte i of a stream is byte i modulo _CHUNK of this
_TICK = 0.001
_TCP_INFO_TOTAL_RETRANS = struct.Struct("100xI")   # from linux/tcp.h


def operating_systems() -> tuple[Namespace, Namespace]:
    """Those of the VM and of the sender, whose taps stand in the test's own network yet."""
    made = []
    for name, mac, address in (("vm", VM, VM_ADDRESS), ("sender", SENDER, SENDER_ADDRESS)):
        namespace = Namespace(f"os-{name}")
        command("ip", "link", "set", "dev", name, "netns", namespace.name)
        namespace.ip(f"link set dev {name} address {mac} up")
        namespace.ip(f"address add {address}/24 dev {name}")
        made.append(namespace)
    return made[0], made[1]


class Stream:
    """Bytes one way, so many a second, from the moment this is made until finish(). A process sends them, one receives."""

    def __init__(self, sender: Namespace, receiver: Namespace, address: str, port: int, rate: float):
        with receiver.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.bind((address, port))
            listener.listen(1)
            out = sender.socket(socket.AF_INET, socket.SOCK_STREAM)
            out.settimeout(20)
            out.connect((address, port))
            into, _ = listener.accept()
        self._sender = _Child(lambda: _send(out, rate), not_its=into)
        self._receiver = _Child(lambda: _receive(into), not_its=out)
        out.close()
        into.close()
        self.sent = self.received = self.mismatched = self.retransmitted = 0
        #: times in which nothing came: nanoseconds from and to, CLOCK_MONOTONIC
        self.gaps: list[tuple[int, int]] = []

    def finish(self) -> None:
        self._sender.stop()
        sent, received = self._sender.result(), self._receiver.result()
        self.sent, self.retransmitted = sent["bytes"], sent["retransmitted"]
        self.received, self.mismatched, self.gaps = received["bytes"], received["mismatched"], received["gaps"]

    def check_intact(self) -> None:
        check(self.sent > 0, "bytes were sent")
        check_equal((self.received, self.mismatched), (self.sent, 0), "bytes received, and of those not what was sent")

    def beyond(self, pauses: list[tuple[int, int]], settles: int) -> list[float]:
        """For each pause the longest time without a byte that falls into it or into the `settles` nanoseconds after it, less
        what of it is the pause itself, in milliseconds."""
        return [max((to - since - max(0, min(to, end) - max(since, begin)) for since, to in self.gaps
                     if since < end + settles and to > begin), default=0) / 1e6 for begin, end in pauses]


class _Child:
    """A process that does `work` until it is done or, where it asks, stop() is called; its result is JSON."""

    def __init__(self, work, not_its: socket.socket):
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            status = 1
            try:
                os.close(read)
                not_its.close()
                with os.fdopen(write, "w") as pipe:
                    json.dump(work(), pipe)
                status = 0
            except BaseException:  # which no caller is there for
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(write)
        self._result = os.fdopen(read)

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def result(self) -> dict:
        with self._result as pipe:
            text = pipe.read()
        check_equal(os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), 0, "exit code of a stream's end")
        return json.loads(text)


def _send(out: socket.socket, rate: float) -> dict:
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    out.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    began, sent = time.monotonic(), 0
    while not stopping:
        time.sleep(_TICK)
        due = int((time.monotonic() - began) * rate) - sent
        if due > 0:
            at = sent % _CHUNK
            sent += out.send(_PATTERN[at:at + min(due, _CHUNK)])
    out.shutdown(socket.SHUT_WR)
    select.select([out], [], [], 30)  # until the other end has taken all of it and has closed too
    info = out.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return {"bytes": sent, "retransmitted": _TCP_INFO_TOTAL_RETRANS.unpack_from(info)[0]}


def _receive(into: socket.socket) -> dict:
    received, mismatched, gaps, last = 0, 0, [], time.monotonic_ns()
    while data := into.recv(_CHUNK):
        now = time.monotonic_ns()
        gaps.append((last, now))
        last = now
        at = received % _CHUNK
        mismatched += data != _PATTERN[at:at + len(data)]
        received += len(data)
    into.close()
    return {"bytes": received, "mismatched": mismatched, "gaps": gaps}
