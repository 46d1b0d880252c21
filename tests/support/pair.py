"""The topology most interop tests start from.

    vm1 ── A (ferryd, 172.16.0.1) ── underlay ── B (Linux, 172.16.0.2) ── vm2

With FERRY_TEST_SIDE=linux in the environment A is Linux too. That tests the test: what fails then is no fault of
ferryd's.
"""

import os

from .ferryd import FerryVtep
from .hosts import Guest, LinuxVtep, Underlay
from .netns import Namespace

VNI = 100


def vtep_under_test(underlay: Underlay, /, device: str = FerryVtep.AF_PACKET, **config):
    if os.environ.get("FERRY_TEST_SIDE") == "linux":
        return LinuxVtep(underlay, "A", "172.16.0.1")
    made = FerryVtep(underlay, "A", "172.16.0.1", device)
    made.config.update(config)
    return made


class Pair:
    """Two hosts with a guest each in VNI 100, ready for traffic; both learn, and flood to each other."""

    def __init__(self, underlay_device: str = FerryVtep.AF_PACKET, **config):
        """`config` has further sections of ferryd's configuration."""
        self.underlay = Underlay()
        self.a = vtep_under_test(self.underlay, underlay_device, **config)
        self.b = LinuxVtep(self.underlay, "B", "172.16.0.2")
        self.vm1 = Guest("vm1", "02:00:00:00:00:01", "10.0.0.1/24", "fd00::1/64")
        self.vm2 = Guest("vm2", "02:00:00:00:00:02", "10.0.0.2/24", "fd00::2/64")
        for here, there, guest in ((self.a, self.b, self.vm1), (self.b, self.a, self.vm2)):
            here.segment(VNI, [there.address])
            here.attach(VNI, guest)
        self.a.start()

    def both_ways(self):
        """(sender, receiver) for each direction."""
        return (self.vm1, self.vm2), (self.vm2, self.vm1)

    def tap_guest(self, mac: str) -> Namespace:
        """A guest "vm3", 10.0.0.3, on A by a tap of DPDK's, whose port is called tap and whose kernel side is ftap there."""
        self.a.port("tap", VNI, "net_tap0,iface=ftap", [mac])
        vm3 = Namespace("vm3")
        self.a.namespace.ip("link set dev ftap netns vm3")
        vm3.ip(f"link set dev ftap address {mac} up")
        vm3.ip("address add 10.0.0.3/24 dev ftap")
        return vm3
