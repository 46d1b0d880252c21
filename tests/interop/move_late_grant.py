"""The old host stands still for longer than T_hold with the VM's frames in its dock, and does not know. The new one takes the
VM; when the old one goes on it grants it, late, and passes on what it had docked: delivered, and counted as late.

    vm ── S ferryd ──┬── underlay ── Q ferryd ── q
    (or)─ D ferryd ──┘
"""

from support.moving_hosts import VM, MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

HOLD = 1.0  # seconds: T_hold of D and Q; S holds for a minute


def test():
    bed = MovingHosts("SDQ", move={"hold_ms": int(HOLD * 1000), "lease_ms": 2000},
                      each={"S": {"move": {"hold_ms": 60_000, "lease_ms": 2000}}})
    d, q = bed.hosts["D"], bed.hosts["Q"]

    step("the old host stands still, and the new one takes the VM after T_hold")
    flow = bed.flow("Q", 200)  # all of it has room in the receive queue of a host that stands still
    flow.wait_for("S")
    bed.stop("S")
    before = bed.moves("S", "source")[-1]["ledger"]["waiting"]
    wait_until(lambda: bed.moves("S", "source")[-1]["ledger"]["waiting"] > before + 20, "frames in S's dock")
    with bed.frozen("S"):
        bed.start("D")
        taken = bed.wait_for_phase("D", "destination", "taken", HOLD + 5)
        times = {phase["name"]: phase["time_ns"] for phase in taken["phases"]}
        waited = (times["taken"] - times["ring_started"]) / 1e9
        check(HOLD <= waited < HOLD + 1, f"D waits T_hold, {HOLD} s: {waited:.3f} s")
        flow.wait_for("D")
        check_equal(q.vtep_of(VNI, VM), d.address, "Q's row")

    step("the old host goes on, and grants")
    late = bed.wait_for_phase("D", "destination", "late_grant")
    source = bed.wait_for_phase("S", "source", "drained")
    flow.wait_for("D")
    arrived = flow.finish()
    bed.check_at_most_once(arrived)
    late, source = bed.moves("D", "destination")[-1], bed.moves("S", "source")[-1]
    print(f"  S: {source['ledger']}\n  D: {late['ledger']}", flush=True)
    check(source["ledger"]["flushed"] > 20, f"frames that S flushes: {source['ledger']['flushed']}")
    check_equal(late["ledger"]["late_flush"], source["ledger"]["flushed"], "frames that D counts as late")
    check_equal(arrived.lost, [], "lost datagrams: none, though late ones are out of order")

    step("the books close and add up")
    bed.wait_for_phase("D", "destination", "settled", 15)
    bed.wait_for_phase("S", "source", "closed")
    bed.check_books()
    bed.stop_all()


run(test)
