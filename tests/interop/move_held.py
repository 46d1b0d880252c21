"""A VM on plain interfaces whose port stands at both hosts from the start, held where the VM does not run: it moves there
and back by `ferryctl hold` and `ferryctl release` alone. A ferryd that starts with a held port leaves its VM where it is.

    vm ── S ferryd ──┬── underlay ──┬── Q ferryd ── q
          D ferryd ──┘ (port held)
"""

import json

from support.moving_hosts import VM, VM_ADDRESS, MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run


def state_at(host) -> str:
    return next(port["state"] for port in host.ctl("port", "show") if port["name"] == "vm")


def received(guest) -> int:
    return json.loads(guest.namespace.ip("-j -s link show eth0"))[0]["stats64"]["rx"]["packets"]


def test():
    bed = MovingHosts("SDQ", held="D")
    s, d = bed.hosts["S"], bed.hosts["D"]
    check_equal((state_at(s), state_at(d)), ("up", "held"), "states of the VM's port at S and D")
    check_equal(bed.moves("D"), [], "D's moves")

    step("a flood reaches no held port")
    q = bed.senders["Q"]
    before = received(bed.vms["D"])
    q.namespace.ip(f"neighbour del {VM_ADDRESS} dev eth0")
    q.namespace.ping(VM_ADDRESS)
    check_equal(received(bed.vms["D"]), before, "frames at the held port's interface")
    dropped = d.drops()
    check(dropped.get("ring_stopped", 0) > 0 and not dropped.get("dock_expired"), f"dropped, and not docked: {dropped}")

    step("there and back")
    flow = bed.flow("Q", 1000)
    flow.wait_for("S")
    bed.stop("S")
    bed.start("D")
    flow.wait_for("D")
    bed.wait_for_phase("S", "source", "turn_ended")
    check_equal((state_at(s), state_at(d)), ("held", "up"), "states of the VM's port at S and D")
    bed.stop("D")
    bed.start("S")
    flow.wait_for("S")
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")

    step("D starts again: its port is held, and the VM stays at S")
    d.stop()
    d.start()
    check_equal(state_at(d), "held", "state of the VM's port at D")
    flow = bed.flow("Q", 500)
    flow.wait_for("S")
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.at("D")), ([], []), "datagrams lost, and at D")
    check_equal(bed.hosts["Q"].vtep_of(VNI, VM), s.address, "Q's row of it")
    # What waited when a move's books were closed is in those of the next one.
    wait_until(lambda: not any(moves and moves[-1]["ledger"]["waiting"] for moves in map(bed.moves, "SD")), "nothing waits")
    bed.check_books()
    bed.stop_all()


run(test)
