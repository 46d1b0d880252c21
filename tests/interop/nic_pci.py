"""ferryd alone on a NIC on PCI, and the host's interface beside it: docs/pci-nic.md tells how to bind one, and what else to
look at.

    FERRY_TEST_PCI_NIC=0000:03:00.0 tests/run interop/nic_pci

takes the NIC, which must be bound to vfio-pci and have a link.
"""

from support.ferryd import FerryVtep
from support.host_nic import named_by
from support.hosts import Underlay
from support.outcome import check, check_equal, step, wait_until
from support.sandbox import run


def test():
    nic = named_by("FERRY_TEST_PCI_NIC", "a NIC on PCI that is bound to vfio-pci")
    host = FerryVtep(Underlay(), "A", "172.16.0.1", nic)
    host.config["dpdk"].update(pci=True, hugepages="auto")
    host.config["underlay"]["host_interface"] = "underlay0"

    def interface_is_there() -> bool:
        return "underlay0" in host.namespace.ip("-br link show")

    for ended_by in (host.kill, host.stop):
        step(f"the NIC's link is up, and the host has its interface, until the end ({ended_by.__name__})")
        host.start()
        wait_until(lambda: host.ctl("port", "show")[0]["state"] == "up", "the NIC's link", 30)
        check_equal(host.ctl("port", "show")[0]["host_interface"]["state"], "up", "state of the host's interface")
        check("mtu 1600" in host.namespace.ip("link show dev underlay0"), "the MTU of the host's interface")
        ended_by()
        wait_until(lambda: not interface_is_there(), "the interface's end")


run(test)
