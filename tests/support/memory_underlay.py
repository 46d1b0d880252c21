"""An underlay in shared memory: bench/move's ferry-fabric between ferryds, so that a test's rates are ferry's and not the
kernel's. It loses nothing: what is dropped, a ferryd drops and counts."""

import subprocess

from .ferryd import BUILD
from .hosts import Underlay, underlay_mac
from .outcome import check_equal
from .sandbox import SCRATCH

FERRY_FABRIC = BUILD / "bench/move/ferry-fabric"


class MemoryUnderlay(Underlay):
    """The hosts' ferryds send VXLAN through the fabric; their messages to each other go by the kernel's interfaces, which
    the hosts have as on any other underlay."""

    def __init__(self, addresses: list[str]):
        super().__init__()
        self._addresses = addresses
        self._socket = SCRATCH / "fabric.sock"
        words = ["--file-prefix", "fabric", "--socket", self._socket]
        for address in addresses:
            words += ["--mac", underlay_mac(address)]
        self._process = subprocess.Popen([str(word) for word in [FERRY_FABRIC, *words]], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        check_equal(self._process.stdout.readline(), "ready\n", "what the fabric says when it starts")

    def device(self, address: str) -> str:
        """DPDK's device arguments for the underlay port of the host with this address."""
        return (f"net_memif0,role=client,id={self._addresses.index(address)},socket={self._socket},socket-abstract=no,"
                f"mac={underlay_mac(address)},rsize=13,bsize=2048")

    def stop(self) -> str:
        """Ends the fabric and returns what it has forwarded."""
        said, _ = self._process.communicate(timeout=10)
        return said
