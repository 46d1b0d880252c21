"""QEMU's machine protocol: commands as JSON lines on a Unix socket, and events between them."""

import json
import socket
import time

from .lifetime import Failure


class Qmp:
    """One connection. Events that arrive while a command waits for its answer are kept, in order."""

    def __init__(self, path, who):
        self._who = who
        self._pending = b""
        self.events = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(10)
            self._socket.connect(str(path))
            self._receive(10)  # the greeting
            self.command("qmp_capabilities")
        except BaseException:
            self._socket.close()
            raise

    def command(self, name, seconds=10, **arguments):
        """Carries out a command and returns what it returns; raises Failure when QEMU refuses."""
        self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        until = time.monotonic() + seconds
        while True:
            message = self._receive(until - time.monotonic())
            if message is None:
                raise Failure(f"{self._who}: QEMU did not answer {name} within {seconds} s")
            if "error" in message:
                raise Failure(f"{self._who}: QEMU refused {name}: {message['error'].get('desc')}")
            if "return" in message:
                return message["return"]

    def collect_events(self, seconds=0.0):
        """Takes in the events that have come, waiting at most so long for the first one."""
        while self._receive(seconds) is not None:
            seconds = 0.0

    def close(self):
        self._socket.close()

    def _receive(self, seconds):
        # Returns one message; events are put aside and returned too. None: nothing came in time.
        until = time.monotonic() + seconds
        while b"\n" not in self._pending:
            self._socket.settimeout(max(0.001, until - time.monotonic()))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                raise Failure(f"{self._who}: QEMU closed its control connection")
            self._pending += data
        line, self._pending = self._pending.split(b"\n", 1)
        message = json.loads(line)
        if "event" in message:
            self.events.append(message)
        return message
