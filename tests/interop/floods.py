"""Unicast goes to exactly one remote; broadcast, multicast and unknown unicast to exactly the listed ones, once each.

    vm1 ── A ferryd ──┬─ B Linux ── vmB        VNI 100; A floods to B and C, not to D
                      ├─ C Linux ── vmC
                      └─ D Linux ── vmD
"""

from support.capture import Capture
from support.fabric import Fabric
from support.frames import BROADCAST, ethernet, marker, send
from support.outcome import check, check_equal, step
from support.pair import VNI
from support.sandbox import run

UNKNOWN = "02:00:00:00:00:99"
MULTICAST = "01:00:5e:01:02:03"
IPV6_MULTICAST = "33:33:00:01:02:03"


def test():
    fabric = Fabric(flood="BC")
    fabric.a.row(VNI, fabric.guests["D"].mac, fabric.hosts["D"].address)
    marks = {}
    for name, destination, expected in (
            ("broadcast", BROADCAST, {"B": 1, "C": 1, "D": 0}),
            ("multicast", MULTICAST, {"B": 1, "C": 1, "D": 0}),
            ("IPv6 multicast", IPV6_MULTICAST, {"B": 1, "C": 1, "D": 0}),
            ("unknown unicast", UNKNOWN, {"B": 1, "C": 1, "D": 0})):
        marks[fabric.send_marked(destination, name)] = (name, expected)
    for name in ("B", "C"):
        step(f"vm{name} talks, so that A knows where it is")
        fabric.guests[name].namespace.ping(fabric.vm1.ipv4)
        fabric.a.wait_for_row(VNI, fabric.guests[name].mac, fabric.hosts[name].address)
    for name in ("B", "C", "D"):
        mark = fabric.send_marked(fabric.guests[name].mac, "known")
        marks[mark] = (f"unicast to vm{name}", {other: int(other == name) for other in fabric.hosts})
    step("a frame to each host that was sent after all the others has arrived: what has not come by now never will")
    for name in fabric.hosts:
        fabric.wires[name].wait_for(fabric.send_marked(fabric.guests[name].mac, "last"))
    for mark, (name, expected) in marks.items():
        check_equal(fabric.copies(mark), expected, f"copies of {name} by host")

    step("split horizon: what floods in from B reaches vm1 and no other host")
    arrived, mark = Capture(fabric.vm1.namespace, "eth0"), marker()
    send(fabric.guests["B"].namespace, "eth0", ethernet(BROADCAST, fabric.guests["B"].mac, mark))
    check_equal(len(arrived.wait_for(mark)), 1, "copies at vm1")
    for name in fabric.hosts:
        fabric.wires[name].wait_for(fabric.send_marked(fabric.guests[name].mac, "last"))
    check_equal(fabric.copies(mark), {"B": 1, "C": 0, "D": 0}, "B's broadcast on the way to or from each host")
    check(len(arrived.matching(mark)) == 1, "vm1 got B's broadcast once")


run(test)
