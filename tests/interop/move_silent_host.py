"""The old host does not answer, and is perhaps alive. The new one waits T_hold, by when the old one has dropped what it had
docked, and takes the VM. Where the old one comes back with a grant and what it had docked, that is delivered and counted.

    vm ── S ferryd ──┬── underlay ── Q ferryd ── q
    (or)─ D ferryd ──┘
"""

from support.moving_hosts import VM, MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

HOLD = 1.0          # seconds: T_hold of D and Q
LONG_HOLD = 60.0    # of S in the second part, which so never drops its dock


def waited(move: dict) -> float:
    times = {phase["name"]: phase["time_ns"] for phase in move["phases"]}
    return (times["taken"] - times["ring_started"]) / 1e9


def check_waited(move: dict) -> None:
    check(HOLD <= waited(move) < HOLD + 1, f"D waits T_hold, {HOLD} s, before it takes the VM: {waited(move):.3f} s")


def test():
    bed = MovingHosts("SDQ", move={"hold_ms": int(HOLD * 1000)})
    s, d, q = (bed.hosts[name] for name in "SDQ")

    step("the old host's link is cut")
    flow = bed.flow()
    flow.wait_for("S")
    with bed.cut("S"):
        bed.stop("S")
        bed.start("D")
        check_waited(bed.wait_for_phase("D", "destination", "taken", HOLD + 5))
        bed.wait_for_phase("S", "source", "hold_expired", HOLD + 5)
        flow.wait_for("D", seconds=HOLD + 10)
        check_equal(q.vtep_of(VNI, VM), d.address, "Q's row")
    arrived = flow.finish()
    bed.check_at_most_once(arrived)
    check_equal(arrived.reordered, 0, "reordered datagrams")
    old = bed.moves("S", "source")[-1]
    docked = old["ledger"]["drops"].get("hold_expired", 0)
    check_equal((old["adds_up"], old["ledger"]["delivered"], old["ledger"]["received"]), (True, 0, docked), "S's books")
    check_equal(bed.moves("D", "destination")[-1]["ledger"]["late_flush"], 0, "frames that S sent too late")
    bed.check_books()

    step("back to the old host, as soon as it is reached again")
    wait_until(lambda: all(peer["connected"] for peer in s.ctl("peers")), "S's connections", 20)
    wait_until(lambda: all(peer["connected"] for peer in d.ctl("peers")), "D's connections", 20)
    flow = bed.flow()
    flow.wait_for("D")
    bed.move("D", "S")
    bed.wait_for_phase("S", "destination", "opened")
    flow.wait_for("S")
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")
    bed.stop_all()


run(test)
