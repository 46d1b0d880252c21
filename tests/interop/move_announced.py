"""A VM on plain interfaces whose port stands at both hosts, held where the VM does not run: where it arrives nobody calls
`ferryctl release`; the VM announces itself. What it says at its old host after `ferryctl hold` does not undo that.

    vm ── S ferryd ──┬── underlay ──┬── Q ferryd ── q
          D ferryd ──┘ (port held)
"""

from support.announce import gratuitous_arp, rarp
from support.frames import send
from support.moving_hosts import VM, VM_ADDRESS, MovingHosts
from support.outcome import check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run


class Bed(MovingHosts):
    def says(self, name: str, frame: bytes) -> None:
        send(self.vms[name].namespace, "eth0", frame)

    def seen(self, name: str) -> dict:
        return self.hosts[name].ctl("stats")["announcements"]

    def state(self, name: str) -> str:
        return next(port["state"] for port in self.hosts[name].ctl("port", "show") if port["name"] == "vm")


def test():
    bed = Bed("SDQ", held="D", move={"hold_ms": 60_000})
    flow = bed.flow("Q", 1000)
    flow.wait_for("S")

    step("S is held, and what its VM says before it is paused changes nothing")
    bed.stop("S")
    before = bed.seen("S")["seen"]
    bed.says("S", gratuitous_arp(VM, VM_ADDRESS))
    wait_until(lambda: bed.seen("S")["seen"] == before + 1, "its announcement")
    check_equal((bed.state("S"), bed.seen("S")["started"]), ("held", 0), "S's port, and starts by announcements")

    step("the VM announces itself at D: D claims it, and gets what S has docked")
    bed.says("D", rarp(VM))
    flow.wait_for("D")
    bed.wait_for_phase("S", "source", "turn_ended")
    check_equal((bed.state("D"), bed.seen("D")["started"]), ("up", 1), "D's port, and starts by announcements")
    check_equal(bed.hosts["Q"].vtep_of(VNI, VM), bed.hosts["D"].address, "Q's row")

    step("and back, while S still relays for it")
    bed.stop("D")
    bed.says("S", gratuitous_arp(VM, VM_ADDRESS))
    flow.wait_for("S")
    check_equal((bed.state("S"), bed.state("D")), ("up", "held"), "states of the VM's ports")
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, twice, out of order")
    wait_until(lambda: not any(moves and moves[-1]["ledger"]["waiting"] for moves in map(bed.moves, "SD")),
               "nothing waits")
    bed.check_books()
    bed.stop_all()


run(test)
