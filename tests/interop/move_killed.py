"""kill -9 of the old or the new host's ferryd as soon as its books say that a phase of the move has begun; then it starts
again, the old one without the VM. The VM is reached at the new host afterwards, and nothing is left of the move.

    vm ── S ferryd ──┬── underlay ── Q ferryd ── q
    (or)─ D ferryd ──┘
"""

import os
import threading
import time

from support.moving_hosts import VM, MovingHosts
from support.outcome import check, step, wait_until
from support.pair import VNI
from support.sandbox import run

LONG = "FERRY_TEST_LONG" in os.environ
OLD = ["ring_stopped", "claim_received", "granted", "drained", "turn_sent", "turn_ended", "closed"]
NEW = ["ring_started", "claim_sent", "grant_received", "opened", "stream_passed", "settled"]
CASES = ([("source", phase) for phase in OLD] + [("destination", phase) for phase in NEW]) * 3 if LONG else [
    ("source", "granted"), ("destination", "claim_sent"), ("source", "turn_sent"), ("destination", "opened")]


def kill_at(bed: MovingHosts, name: str, role: str, phase: str, after: int) -> None:
    """Kills a host when its newest move, later than the one with the id `after`, has the phase."""
    def seen() -> bool:
        return any(move["id"] > after and phase in [one["name"] for one in move["phases"]] for move in bed.moves(name, role))
    wait_until(seen, f"{phase} in {name}'s books", 15)
    bed.hosts[name].kill()


def tried(step_of_the_vm, name: str) -> None:
    """A step of the VM, which may fail where its host has been killed meanwhile."""
    try:
        step_of_the_vm(name)
    except Exception as error:  # pylint: disable=broad-except
        print(f"  {name}: {str(error).splitlines()[0]}", flush=True)


def test():
    bed = MovingHosts("SDQ", move={"hold_ms": 3000, "arm_ms": 200, "lease_ms": 700})
    here, there, excused = "S", "D", set()
    for role, phase in CASES:
        victim = here if role == "source" else there
        step(f"{victim}, the {role}, is killed at {phase}")
        last = max((move["id"] for move in bed.moves(victim)), default=0)
        flow = bed.flow()
        flow.wait_for(here)
        killer = threading.Thread(target=kill_at, args=(bed, victim, role, phase, last))
        killer.start()
        tried(bed.stop, here)
        if (role, phase) == ("source", "ring_stopped"):
            killer.join()
        tried(bed.start, there)
        killer.join()
        check(not bed.hosts[victim].running(), f"{victim} has been killed")
        time.sleep(0.2)
        if victim == here:
            bed.remove_port(here)
        bed.hosts[victim].start()
        flow.wait_for(there)
        arrived = flow.finish()
        bed.check_at_most_once(arrived)
        check(max(arrived.at(here)) < min(arrived.at(there)), f"all that came to {here} is older than all that came to {there}")
        bed.hosts["Q"].wait_for_row(VNI, VM, bed.hosts[there].address)
        for name in (here, there):
            wait_until(lambda: all(peer["connected"] for peer in bed.hosts[name].ctl("peers")), f"{name}'s connections", 20)
            wait_until(lambda: all(move["closed"] for move in bed.moves(name, "source")), f"{name}'s closed books", 15)
        wait_until(lambda: bed.hosts[there].row_of(VNI, VM)["kind"] == "local", f"{there}'s ordinary row", 15)
        # Where the new host was killed the old one has sent it frames that are lost, and the books say how many.
        excused |= bed.ids(there, "destination")
        bed.check_books(excused)
        here, there = there, here
    step("an ordinary move works as ever")
    bed.check_lossless_move(here, there)
    bed.stop_all()


run(test)
