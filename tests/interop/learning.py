"""ferryd learns remote MACs from what Linux sends, follows a guest that turns up behind another VTEP, and leaves alone
what an operator set.

    vm1 ── A ferryd ──┬─ B Linux ── vmB        VNI 100
                      ├─ C Linux ── vmC
                      └─ D Linux ── vmD
"""

from support.capture import Capture
from support.fabric import Fabric
from support.frames import BROADCAST, ethernet, marker, send
from support.outcome import check_equal, step
from support.pair import VNI
from support.sandbox import run

WANDERER = "02:00:00:00:00:77"


def test():
    fabric = Fabric(flood="BCD")
    arrived = Capture(fabric.vm1.namespace, "eth0")

    def appear_at(name: str, mac: str = WANDERER) -> bytes:
        mark = marker(f"{mac} at {name}")
        send(fabric.guests[name].namespace, "eth0", ethernet(BROADCAST, mac, mark))
        return mark

    for name in ("B", "C", "B", "D"):
        step(f"a MAC turns up at {name}: A's row names {name}, and frames go there alone")
        arrived.wait_for(appear_at(name))
        fabric.a.wait_for_row(VNI, WANDERER, fabric.hosts[name].address)
        mark = fabric.send_marked(WANDERER, "to the wanderer")
        fabric.wires[name].wait_for(mark)
        for other in fabric.hosts:
            fabric.wires[other].wait_for(fabric.send_marked(BROADCAST, "last"))
        check_equal(fabric.copies(mark), {other: int(other == name) for other in fabric.hosts}, "copies by host")

    step("a row that an operator set stays, whatever is seen")
    fabric.a.row(VNI, WANDERER, fabric.hosts["B"].address)
    for name in ("C", "D"):
        appear_at(name)
        other = f"02:00:00:00:00:8{name.lower()}"
        appear_at(name, other)  # once this is learned, what came before it has been dealt with
        fabric.a.wait_for_row(VNI, other, fabric.hosts[name].address)
    check_equal(fabric.a.vtep_of(VNI, WANDERER), fabric.hosts["B"].address, "VTEP of the static row")


run(test)
