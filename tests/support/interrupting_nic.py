"""A NIC that wakes its host by Rx interrupts, where the machine has none: a virtio-user device, whose interrupts are
eventfds as those of a PCI device under VFIO are. Behind it DPDK's testpmd carries frames to and from an interface.

    network ── interface ── testpmd ── vhost-user ── net_virtio_user, ferryd's device
"""

import os
import subprocess

from . import testpmd
from .netns import Namespace
from .sandbox import SCRATCH


class InterruptingNic:
    """Carries frames from its making to stop(); testpmd spins all the while. ferryd may use the device once."""

    def __init__(self, host: Namespace, interface: str, queues: int = 1):
        """`interface` is the host's; frames that the network sends there are shared among the queues by flow."""
        self._socket, self._queues = SCRATCH / f"{interface}.sock", queues
        cpus = ",".join(map(str, sorted(os.sched_getaffinity(0))))
        log = SCRATCH / f"nic-{interface}.log"
        with log.open("ab") as output:
            self._process = host.start(
                "dpdk-testpmd", "--no-huge", "-m", 96, "--no-pci", "--no-shconf", f"--file-prefix=nic-{interface}",
                "--lcores", f"0@({cpus}),1@({cpus})", "--vdev", f"net_vhost0,iface={self._socket},queues={queues}",
                "--vdev", f"net_af_packet0,iface={interface},qpairs={queues}", "--", "--forward-mode=io",
                "--auto-start", "--no-flush-rx", "--no-mlockall", "--total-num-mbufs=4096", f"--rxq={queues}",
                f"--txq={queues}", "--rxd=256", "--txd=256",
                stdin=subprocess.PIPE, stdout=output, stderr=output)  # it ends when its input does

        testpmd.wait_for_socket(self._process, self._socket, log, f"the socket of the NIC on {interface}")

    def device(self, number: int, mac: str) -> str:
        """ferryd's device, which is the `number`th of its kind."""
        return f"net_virtio_user{number},path={self._socket},queues={self._queues},mac={mac}"

    def stop(self) -> None:
        """The device's link goes down."""
        testpmd.end(self._process)
