"""Counters of DPDK programs, read in one way from all of them: by the telemetry socket that DPDK opens itself."""

import contextlib
import json
import socket
import time
from pathlib import Path


class Telemetry:
    """A connection to the program whose run-time folder has the prefix."""

    def __init__(self, prefix: str, folder: Path = Path("/var/run/dpdk")):
        self._path = folder / prefix / "dpdk_telemetry.v2"
        self._socket: socket.socket | None = None

    def ready(self) -> bool:
        """Connects, where the program listens by now."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(10)
        with contextlib.suppress(OSError):
            connection.connect(str(self._path))
            connection.recv(4096)
            self._socket = connection
            return True
        connection.close()
        return False

    def ask(self, command: str):
        self._socket.send(command.encode())
        return json.loads(self._socket.recv(1 << 16))[command.split(",", maxsplit=1)[0]]

    def port(self, device: str) -> int | None:
        """DPDK's number of the port with this device's name; nothing where the program has none, or not yet."""
        return next((number for number in self.ask("/ethdev/list")
                     if (self.ask(f"/ethdev/info,{number}") or {}).get("name") == device), None)

    def frames(self, port: int, counter: str) -> tuple[float, int]:
        """The time and a counter, "ipackets" or "opackets"."""
        before = time.monotonic()
        value = self.ask(f"/ethdev/stats,{port}")[counter]
        return (before + time.monotonic()) / 2, value

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
