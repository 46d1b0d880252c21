"""ferry-bench and the ferryd that it measures, joined by shared memory: DPDK's memif, of which ferryd is the server.

    ferry-bench port 1 ── vm side ── ferryd 172.16.0.1 ── underlay ── ferry-bench port 2, VTEPs 172.16.0.2 …     VNI 100
"""

import json
import subprocess

from .ferryd import BUILD, FerryVtep
from .hosts import Underlay
from .sandbox import SCRATCH

FERRY_BENCH = BUILD / "bench/nic/ferry-bench"
VNI = 100
HOST = "02:f1:00:00:00:00"  # who sends to the endpoints, as ferry-bench has it by default


def endpoint(number: int) -> str:
    """The MAC of an endpoint, as ferry-bench has it by default."""
    return f"02:f0:00:00:{number >> 8:02x}:{number & 255:02x}"


class BenchedHost:
    def __init__(self, remotes: list[str]):
        self.folder = SCRATCH / "bench"
        self.folder.mkdir()
        self._devices = [f"socket={self.folder}/{side}.sock,socket-abstract=no,id=0,bsize=2048" for side in ("vm", "underlay")]
        self.ferryd = FerryVtep(Underlay(), "A", "172.16.0.1", f"net_memif0,role=server,{self._devices[1]}")
        for remote in remotes:
            self.ferryd.vtep(remote)
        self.ferryd.segment(VNI, [], learning=False)
        self.ferryd.port("vm", VNI, f"net_memif1,role=server,{self._devices[0]}", [HOST])

    def command(self, *options, reverse: bool = False) -> list[str]:
        """How to call ferry-bench. It sends at the VM's side, or with `reverse` at the underlay's."""
        ports = [word for number, device in enumerate(reversed(self._devices) if reverse else self._devices)
                 for word in ("--port", f"net_memif{number},role=client,{device}")]
        return [str(word) for word in [FERRY_BENCH, *ports, "--json", self.folder / "result.json", *options]]

    def bench(self, *options, reverse: bool = False) -> subprocess.CompletedProcess:
        """Runs ferry-bench to its end, whatever becomes of it."""
        return subprocess.run(self.command(*options, reverse=reverse), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)

    def result(self) -> dict:
        """The JSON that the last run wrote."""
        return json.loads((self.folder / "result.json").read_text(encoding="utf-8"))

    def forwarded(self) -> int:
        """Frames that ferryd has given to a port so far."""
        return sum(port["out_frames"] for port in self.ferryd.ctl("port", "show"))
