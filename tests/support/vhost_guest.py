"""A guest on vhost-user that boots in a second: DPDK's testpmd on a virtio-user device, which answers every ARP request
and every echo request that reaches it, whatever the address."""

import subprocess
from pathlib import Path

from . import testpmd
from .sandbox import SCRATCH


class VhostGuest:
    """Runs from start() to stop(). It is the server of its socket, as QEMU is, and ferryd connects; or it is the client
    of a socket that ferryd serves."""

    def __init__(self, name: str, mac: str):
        self.name, self.mac = name, mac
        self._process: subprocess.Popen | None = None

    def start(self, socket: Path, server: bool = True) -> None:
        """The guest's driver starts its rings as soon as the socket is connected."""
        log = SCRATCH / f"{self.name}.log"
        if server:
            socket.unlink(missing_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["dpdk-testpmd", "--no-huge", "-m", "64", "--no-pci", "--no-shconf", f"--file-prefix={self.name}",
                 "--lcores", "0@0,1@0", "--vdev",
                 f"net_virtio_user0,path={socket},server={int(server)},mac={self.mac},queues=1",
                 "--", "--forward-mode=icmpecho", "--auto-start", "--no-flush-rx", "--no-mlockall",
                 "--total-num-mbufs=2048", "--rxd=256", "--txd=256"],
                stdin=subprocess.PIPE, stdout=output, stderr=output)  # it ends when its input does

        testpmd.wait_for_socket(self._process, socket, log, f"{self.name}'s socket")

    def stop(self) -> None:
        """Ends the guest; its rings stop."""
        testpmd.end(self._process)
        self._process = None
