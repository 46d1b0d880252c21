"""ferryd's underlay on a NIC of this machine by AF_XDP, in native mode: docs/af-xdp.md tells what else to look at.

    FERRY_TEST_NIC=eth1 tests/run interop/nic_af_xdp

takes eth1 away from the host for some seconds; it must have a link, one queue, no LRO, and an MTU that its driver's XDP takes.
"""

from support.af_xdp import need_af_xdp
from support.ferryd import FerryVtep
from support.host_nic import keep_host_network, move_from_host, named_by
from support.hosts import Underlay
from support.outcome import check, check_equal, step, wait_until
from support.sandbox import run


def test():
    need_af_xdp()
    nic = named_by("FERRY_TEST_NIC", "a NIC of the kernel's with XDP in its driver")
    host = FerryVtep(Underlay(), "A", "172.16.0.1", f"net_af_xdp0,iface={nic}")
    move_from_host(nic, host.namespace)

    def attached() -> bool:
        return "prog/xdp" in host.namespace.ip(f"-d link show dev {nic}")

    def shown() -> dict:
        return host.ctl("port", "show")[0]

    step("native mode, and the kernel says the same of the program")
    host.start()
    wait_until(lambda: shown()["state"] == "up", "the NIC's link", 30)
    steering = shown()["steering"]
    print(f"  {nic}: {steering}", flush=True)
    check_equal(steering["mode"], "native", f"the mode; the driver of {nic} may have no XDP")
    check(f"id {steering['program']}" in host.namespace.ip(f"-d link show dev {nic}"), "the kernel's number of the program")
    step("a killed ferryd leaves its program, which the next one replaces; a stop leaves nothing")
    host.kill()
    check(attached(), "the program is still there")
    host.start()
    check_equal(shown()["steering"]["mode"], "native", "the mode")
    host.stop()
    check(not attached(), "the program is gone")


keep_host_network()
run(test)
