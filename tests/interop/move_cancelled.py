"""A stop that is followed by a start at the same host is no move: what was docked is delivered in its order, nothing changed
anywhere. A stop that is followed by nothing is none either: the dock is dropped and counted, the row withdrawn, and its room
is there again.

    vm ── S ferryd ── underlay ──┬── Q ferryd ── q
          D ferryd, without a VM ┘
"""

import time

from support.moving_hosts import VM, MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

HOLD = 3.0
DOCK = 3000  # buffers, of which one endpoint may have its share


def test():
    bed = MovingHosts("SDQ", move={"hold_ms": int(HOLD * 1000)}, dock={"buffers": DOCK},
                      dpdk={"buffers": 8192})
    s, q = bed.hosts["S"], bed.hosts["Q"]

    step("cancelled: the ring starts again at the source")
    flow = bed.flow("Q", 500)
    flow.wait_for("S")
    for pause in (0.05, 0.2, 0.0):
        bed.stop("S")
        time.sleep(pause)
        bed.start("S")
        flow.wait_for("S")
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")
    cancelled = bed.moves("S", "source")
    check_equal([[phase["name"] for phase in move["phases"]] for move in cancelled],
                3 * [["ring_stopped", "ring_started", "replayed"]], "phases of S's moves")
    replayed = [move["ledger"]["replayed"] for move in cancelled]
    check(replayed[1] >= 50, f"what was docked for 0.2 s is replayed: {replayed}")
    check_equal(bed.moves("Q"), [], "Q's moves")
    check_equal(q.vtep_of(VNI, VM), s.address, "Q's row")

    docked = set()
    for occasion in range(2):
        step(f"shut down, {occasion + 1} of 2: nobody claims it")
        dropped_before = s.drops().get("hold_expired", 0), s.drops().get("dock_full", 0)
        flow = bed.flow("Q", 2000)
        flow.wait_for("S")
        bed.stop("S")
        bed.wait_for_phase("S", "source", "hold_expired", HOLD + 5)
        wait_until(lambda: bed.moves("S", "source")[-1]["closed"], "the end of S's books")
        arrived = flow.finish()
        move = bed.moves("S", "source")[-1]
        expired, full = move["ledger"]["drops"].get("hold_expired", 0), move["ledger"]["drops"].get("dock_full", 0)
        print(f"  {move['ledger']}", flush=True)
        check_equal(arrived.duplicated + arrived.reordered, 0, "duplicated and reordered datagrams")
        check_equal(arrived.lost, list(range(arrived.lost[0], arrived.sent)), "datagrams lost: those from the stop on")
        docked.add(expired)
        check(full > 0, f"frames over the dock's bound: {full}")
        check_equal((move["closed"], move["adds_up"]), (True, True), "closed, adds up")
        check_equal((s.drops()["hold_expired"] - dropped_before[0], s.drops()["dock_full"] - dropped_before[1]),
                    (expired, full), "what S's counters say of it")
        check_equal(s.row_of(VNI, VM), None, "S's row of it")
        bed.start("S")
        wait_until(lambda: (s.row_of(VNI, VM) or {}).get("port") == "vm", "the VM back at S")
        bed.wait_for_phase("S", "destination", "taken")
    check(len(docked) == 1 and DOCK / 2 <= min(docked) <= DOCK, f"the dock holds as much as before each time: {docked}")
    step("started again it has everything as before")
    flow = bed.flow()
    flow.wait_for("S")
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")
    bed.check_books()
    bed.stop_all()


run(test)
