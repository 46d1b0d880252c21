"""UDP and TCP between namespaces, every payload byte checked at the receiver."""

import hashlib
import os
import random
import socket
import struct
import threading
import zlib

from .capture import DATA_PORT
from .netns import Namespace
from .outcome import Failure, check, check_equal

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
    """Sends `count` datagrams of random content, of sizes spread over `sizes` (UDP payload bytes), a few at a time; each
    must arrive once, unchanged and in order."""
    randomness = random.Random(count)
    with _bound(sender, socket.SOCK_DGRAM, sender_address) as out, \
            _bound(receiver, socket.SOCK_DGRAM, receiver_address, DATA_PORT) as into:
        out.connect(into.getsockname())
        for first in range(0, count, 8):
            burst = range(first, min(first + 8, count))
            for index in burst:
                out.send(_datagram(index, sizes[index * (len(sizes) - 1) // max(count - 1, 1)], randomness))
            for index in burst:
                try:
                    data = into.recv(65536)
                except TimeoutError:
                    raise Failure(f"UDP datagram {index} of {count} from {sender} to {receiver} did not arrive") from None
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
