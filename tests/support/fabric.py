"""One host under test, A, and several Linux hosts on an underlay; a guest on each, all in one segment.

    vm1 ── A ──┬─ B ── vmB
               ├─ C ── vmC
               └─ D ── vmD
"""

from .capture import Capture
from .frames import EXPERIMENTAL, ethernet, marker, send
from .hosts import Guest, LinuxVtep, Underlay
from .pair import VNI, vtep_under_test


class Fabric:
    def __init__(self, flood: str, learning: bool = True):
        """`flood` names the hosts to which A floods; every other one floods to A only."""
        self.underlay = Underlay()
        self.a = vtep_under_test(self.underlay)
        self.vm1 = Guest("vm1", "02:00:00:00:00:01", "10.0.0.1/24")
        self.hosts = {name: LinuxVtep(self.underlay, name, f"172.16.0.{number}")
                      for number, name in enumerate("BCD", start=2)}
        self.guests = {name: Guest(f"vm{name}", f"02:00:00:00:00:0{name.lower()}", f"10.0.0.{number}/24")
                       for number, name in enumerate("BCD", start=2)}
        self.a.segment(VNI, [self.hosts[name].address for name in flood], learning)
        self.a.attach(VNI, self.vm1)
        for name, host in self.hosts.items():
            host.segment(VNI, [self.a.address])
            host.attach(VNI, self.guests[name])
        self.a.start()
        #: what passes between the underlay and each host
        self.wires = {name: Capture(self.underlay.namespace, name) for name in self.hosts}

    def send_marked(self, destination: str, text: str) -> bytes:
        """vm1 sends a frame with a marker of its own, which is returned."""
        mark = marker(text)
        send(self.vm1.namespace, "eth0", ethernet(destination, self.vm1.mac, mark, EXPERIMENTAL))
        return mark

    def copies(self, mark: bytes) -> dict[str, int]:
        """How many frames with the marker passed to each host."""
        return {name: len(wire.matching(mark)) for name, wire in self.wires.items()}
