"""testpmd `io`: what receiving and sending cost, and nothing else. It is the ceiling of a switch on the same ports."""

import subprocess

from .guest import Guest
from .memory import memory_mb, memory_words
from .switch import CONTROL_CPU, WORKER_CPU, Switch


class Testpmd(Switch):
    name = "io"
    needs = "dpdk-testpmd", "dpdk-dev"

    def start(self) -> None:
        case = self.case
        guest = Guest(self) if case.vm else None
        inside = f"net_vhost0,iface={guest.socket},client=1,queues=1" if guest else self.guest_device
        program = self.program("testpmd", [
            "dpdk-testpmd", "--lcores", f"0@{CONTROL_CPU},1@{WORKER_CPU}",
            *memory_words(self.hugepages, memory_mb(case), "io"), "--vdev", inside, "--vdev", self.underlay_device,
            "--", "--forward-mode=io", "--auto-start", "--no-mlockall", "--nb-cores=1", "--rxd=1024", "--txd=1024",
            f"--total-num-mbufs={case.buffers}",
            f"--mbuf-size={case.buffer}"], stdin=subprocess.PIPE)
        self.counted(program, "io", guest)
