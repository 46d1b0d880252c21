"""Two hosts start the same VM at once. The first grant wins; the other host is told who has it, says that there is a conflict,
and lets its VM send nothing until the first one's VM stops.

    vm ── S ferryd ──┬── underlay ── Q ferryd ── q
    (or)─ D ferryd ──┤
    (and) E ferryd ──┘
"""

import threading

from support.capture import Capture
from support.frames import BROADCAST, ethernet, marker, send
from support.moving_hosts import VM, MovingHosts
from support.outcome import check, check_equal, step
from support.pair import VNI
from support.sandbox import run


def test():
    bed = MovingHosts("SDEQ", move={"hold_ms": 3000, "lease_ms": 2000})
    flow = bed.flow()
    flow.wait_for("S")

    step("D and E start the VM at the same time")
    bed.stop("S")
    starts = [threading.Thread(target=bed.start, args=(name,)) for name in "DE"]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    granted = bed.wait_for_phase("S", "source", "granted")
    winner = "D" if granted["to"] == bed.hosts["D"].address else "E"
    loser = "E" if winner == "D" else "D"
    bed.wait_for_phase(winner, "destination", "opened")
    conflict = bed.wait_for_phase(loser, "destination", "conflict")
    asked = [phase["host"] for phase in conflict["phases"] if phase["name"] == "claim_sent"]
    check_equal([asked[0], asked[-1]], [bed.hosts["S"].address, bed.hosts[winner].address], "whom the second one asked")
    check_equal([phase["host"] for phase in conflict["phases"] if phase["name"] == "conflict"][0],
                bed.hosts[winner].address, "whom it is in conflict with")
    check("grant_received" not in bed.phases(loser, "destination") and "taken" not in bed.phases(loser, "destination"),
          f"phases of {loser}: {bed.phases(loser)}")
    check("two VMs use the MAC" in bed.hosts[loser].log_text(), f"{loser} says so in its log")
    flow.wait_for(winner)
    bed.wait_for_phase("Q", "sender", "turned")
    check_equal(bed.hosts["Q"].vtep_of(VNI, VM) or bed.hosts[winner].address, bed.hosts[winner].address, "Q's row")

    step("the second one's VM is silenced")
    arrived = Capture(bed.senders["Q"].namespace, "eth0")

    def shout(name: str) -> bytes:
        mark = marker(f"from {name}")
        send(bed.vms[name].namespace, "eth0", ethernet(BROADCAST, VM, mark))
        return mark

    unheard, heard = shout(loser), shout(winner)
    arrived.wait_for(heard)
    check_equal(arrived.matching(unheard), [], f"frames of {loser}'s VM at q")
    check_equal(bed.moves("Q", "sender")[-1]["to"], bed.hosts[winner].address, "where Q has turned to")

    step("when the first one's VM stops the second one has it")
    bed.stop(winner)
    bed.wait_for_phase(loser, "destination", "opened")
    flow.wait_for(loser)
    result = flow.finish()
    check_equal((result.lost, result.duplicated, result.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")
    heard = shout(loser)
    arrived.wait_for(heard)
    bed.check_books()
    bed.stop_all()


run(test)
