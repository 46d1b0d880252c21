"""UDP and TCP between namespaces, every payload byte checked at the receiver."""

import hashlib
import os
import random
import socket
import struct
import threading
import zlib

from .capture import DATA_PORT, SO_RCVBUFFORCE
from .netns import Namespace
from .outcome import Failure, check, check_equal, wait_until

_HEADER = struct.Struct("!IIH")  # index, CRC-32 of the payload, its length


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _bound(namespace: Namespace, kind: int, address: str, port: int = 0) -> socket.socket:
    made = namespace.socket(_family(address), kind)
    made.settimeout(5)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    return made


def _datagram(index: int, size: int, randomness: random.Random) -> bytes:
    payload = randomness.randbytes(size - _HEADER.size)
    return _HEADER.pack(index, zlib.crc32(payload), len(payload)) + payload


def check_udp(sender: Namespace, sender_address: str, receiver: Namespace, receiver_address: str,
              count: int = 200, sizes: range = range(16, 1473)) -> None:
    """Sends `count` datagrams of random content, of sizes spread over `sizes` (UDP payload bytes), a few at a time;
    each must arrive once, unchanged and in order. The first goes alone: of several that wait until the sender's kernel knows the
    receiver's MAC, the last may overtake the others there."""
    randomness = random.Random(count)
    with _bound(sender, socket.SOCK_DGRAM, sender_address) as out, \
            _bound(receiver, socket.SOCK_DGRAM, receiver_address, DATA_PORT) as into:
        out.connect(into.getsockname())
        for burst in (range(1), *(range(first, min(first + 8, count)) for first in range(1, count, 8))):
            for index in burst:
                out.send(_datagram(index, sizes[index * (len(sizes) - 1) // max(count - 1, 1)], randomness))
            for index in burst:
                try:
                    data = into.recv(65536)
                except TimeoutError:
                    what = f"UDP datagram {index} of {count} from {sender} to {receiver}"
                    raise Failure(f"{what} did not arrive") from None
                seen, crc, length = _HEADER.unpack_from(data)
                check_equal(seen, index, f"number of UDP datagram from {sender} to {receiver}")
                check_equal(len(data) - _HEADER.size, length, f"length of UDP datagram {index}")
                check_equal(zlib.crc32(data[_HEADER.size:]), crc, f"checksum of UDP datagram {index}")


def check_tcp(sender: Namespace, sender_address: str, receiver: Namespace, receiver_address: str,
              size: int = 4 << 20) -> None:
    """Sends `size` random bytes over TCP; they must arrive unchanged."""
    data = os.urandom(size)
    failure = []
    with _bound(receiver, socket.SOCK_STREAM, receiver_address, DATA_PORT) as listener, \
            _bound(sender, socket.SOCK_STREAM, sender_address) as out:
        listener.listen(1)

        def send():
            try:
                out.connect(listener.getsockname())
                out.settimeout(20)
                out.sendall(data)
                out.shutdown(socket.SHUT_WR)
            except OSError as error:
                failure.append(f"TCP from {sender} to {receiver}: {error}")

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        received, digest = 0, hashlib.sha256()
        try:
            connection, _ = listener.accept()
            connection.settimeout(10)
            with connection:
                while chunk := connection.recv(1 << 16):
                    received += len(chunk)
                    digest.update(chunk)
        except OSError as error:
            failure.append(f"TCP at {receiver} after {received} bytes: {error}")
        thread.join(30)
    check(not failure, "; ".join(failure))
    check_equal(received, size, f"bytes received over TCP from {sender} to {receiver}")
    check_equal(digest.hexdigest(), hashlib.sha256(data).hexdigest(), "SHA-256 of the TCP payload")


class Stream:
    """Numbered UDP datagrams at a steady rate, from the moment this is made until finish()."""

    def __init__(self, sender: Namespace, sender_address: str, receivers: list[Namespace], address: str,
                 rate: int = 2000):
        """Each of the receivers has the address; usually there is one. `rate` is in datagrams a second."""
        self._inboxes = []
        for receiver in receivers:
            inbox = _bound(receiver, socket.SOCK_DGRAM, address, DATA_PORT)
            inbox.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
            inbox.setblocking(False)
            self._inboxes.append((inbox, []))
        self._out = _bound(sender, socket.SOCK_DGRAM, sender_address)
        self._out.connect((address, DATA_PORT))
        self.sent, self._stopping = 0, threading.Event()
        self._thread = threading.Thread(target=self._send, args=(1 / rate,), daemon=True)
        self._thread.start()

    def _send(self, interval: float) -> None:
        while not self._stopping.wait(interval):
            self._out.send(struct.pack("!I", self.sent).ljust(100, b"."))
            self.sent += 1

    def received(self) -> list[list[int]]:
        """The numbers that have arrived at each receiver, in the order in which they came."""
        for inbox, numbers in self._inboxes:
            try:
                while True:
                    numbers.append(struct.unpack_from("!I", inbox.recv(2048))[0])
            except BlockingIOError:
                pass
        return [numbers for _, numbers in self._inboxes]

    def wait_for_progress(self, receiver: int = 0, count: int = 100) -> None:
        """Waits until `count` more datagrams have arrived at a receiver."""
        seen = len(self.received()[receiver])
        wait_until(lambda: len(self.received()[receiver]) >= seen + count, f"{count} more datagrams of the stream")

    def finish(self) -> list[list[int]]:
        """Stops sending, waits for the last datagram, and returns what received() does."""
        self._stopping.set()
        self._thread.join()
        wait_until(lambda: any(self.sent - 1 in numbers[-1000:] for numbers in self.received()),
                   "the stream's last datagram")
        return self.received()

    def check_complete(self) -> None:
        """Ends the stream; each datagram must have arrived once, in order, at the only receiver."""
        numbers = self.finish()[0]
        missing = sorted(set(range(self.sent)) - set(numbers))
        check(not missing, f"{len(missing)} of {self.sent} datagrams were lost, the first ones {missing[:10]}")
        check_equal(numbers, list(range(self.sent)), "the stream's datagrams in order")
