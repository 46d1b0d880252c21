"""A VM's driver on vhost-user: testpmd on a virtio-user device with one queue pair, on the CPU that is not the
worker's. It is the server of its socket, as QEMU is. It sends frames of many flows to one endpoint, or takes
what comes, or sends back what comes."""

import subprocess

from . import frames
from .cases import VM_MAC
from .memory import GUEST_MB, memory_words
from .switch import CONTROL_CPU, Switch

DEVICE = "net_virtio_user0"
MODES = {"vm-out": "txonly", "vm-in": "rxonly", "vm-echo": "macswap"}


class Guest:
    """Belongs to the switch: stands still and ends with it. Its rings start when the switch connects to the socket."""

    def __init__(self, switch: Switch):
        case = switch.case
        self.socket = switch.folder / f"{switch.name}-vm.sock"
        self.socket.unlink(missing_ok=True)
        sends = [f"--eth-peer=0,{frames.text_of(frames.remote_mac(0))}", f"--txpkts={case.sizes[0] - frames.FCS}",
                 "--txonly-multi-flow"]
        self._switch, self._prefix = switch, f"{switch.name}-vm"
        self._program = switch.program("vm", [
            "dpdk-testpmd", "--lcores", f"0@{CONTROL_CPU},1@{CONTROL_CPU}",
            *memory_words(switch.hugepages, GUEST_MB, self._prefix),
            *(["--single-file-segments"] if switch.hugepages else []),
            "--vdev", f"{DEVICE},path={self.socket},server=1,mac={frames.text_of(VM_MAC)},queues=1,queue_size=1024,"
                      "in_order=0",
            "--", f"--forward-mode={MODES[case.way]}", "--auto-start", "--no-mlockall", "--no-flush-rx", "--nb-cores=1",
            "--rxd=1024", "--txd=1024", "--total-num-mbufs=16384", *(sends if case.way == "vm-out" else [])],
            stdin=subprocess.PIPE)
        self._program.wait_until(self.socket.exists, "the socket")

    def count(self) -> None:
        """Adds what comes to the VM, if anything does. The driver answers when the switch has connected, not before."""
        if self._switch.case.inwards:
            self._switch.count(self._program, self._prefix, DEVICE, "ipackets")
