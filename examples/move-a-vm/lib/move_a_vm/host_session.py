"""A TCP session to a host itself, over the interface that ferryd has for its underlay: what an operator's ssh would see."""

import os
import socket
import threading
import time

PORT = 22
ROUND_BYTES = 1000
PAUSE_SECONDS = 0.005  # between rounds


class HostSession:
    """A session from one host's kernel to another's, on which bytes go there and back from open() until finish()."""

    def __init__(self, client, server):
        self._client, self._server = client, server
        self._stopping = threading.Event()
        self._fault = None
        self._rounds, self._longest = 0, 0.0
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def open(self):
        """Connects and begins."""
        with self._server.space.entered():
            listener = socket.create_server((self._server.address, PORT))
        with listener:
            with self._client.space.entered():
                self._near = socket.create_connection((self._server.address, PORT), timeout=60)
            self._far, _ = listener.accept()
        for end in (self._near, self._far):
            end.settimeout(60)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._thread.start()

    def finish(self):
        """Ends it; returns how many rounds there were, the longest time without one, in milliseconds, and what went wrong,
        None as a rule."""
        self._stopping.set()
        self._thread.join()
        self._near.close()
        self._far.close()
        return {"from": self._client.name, "to": self._server.name, "rounds": self._rounds,
                "longest_silence_ms": round(self._longest * 1e3, 3), "fault": self._fault}

    def _talk(self):
        last = time.monotonic()
        try:
            while not self._stopping.wait(PAUSE_SECONDS):
                said = os.urandom(ROUND_BYTES)
                self._near.sendall(said)
                self._far.sendall(_take(self._far))
                if _take(self._near) != said:
                    raise OSError("what came back is not what was sent")
                now = time.monotonic()
                self._longest = max(self._longest, now - last)
                self._rounds, last = self._rounds + 1, now
        except OSError as error:
            self._fault = str(error)


def _take(end):
    data = b""
    while len(data) < ROUND_BYTES:
        more = end.recv(ROUND_BYTES - len(data))
        if not more:
            raise OSError("the session was ended by the other side")
        data += more
    return data
