"""A VM moves from S to D, and back again as soon as it has been granted: an ordinary move in the other direction. Frames from
a ferry host arrive once and in order, those from plain Linux once.

    vm ── S ferryd ──┬── underlay ──┬── Q ferryd ── q
    (or)─ D ferryd ──┘              └── P Linux ─── p
"""

import os
import time

from support.moving_hosts import MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.sandbox import run

ROUNDS = 20 if "FERRY_TEST_LONG" in os.environ else 2


def test():
    bed = MovingHosts("SDQ", plain=True, move={"lease_ms": 1000, "plain_ms": 50, "merge_ms": 500})
    q, p = bed.flow("Q"), bed.flow("P", 500)
    for flow in (q, p):
        flow.wait_for("S")

    for number in range(ROUNDS):
        step(f"there, round {number + 1} of {ROUNDS}")
        bed.move("S", "D")
        bed.wait_for_phase("D", "destination", "opened")
        q.wait_for("D")
        if number % 2:
            bed.wait_for_phase("Q", "sender", "turned")
        step("and back")
        bed.move("D", "S")
        bed.wait_for_phase("S", "destination", "opened")
        for flow in (q, p):
            flow.wait_for("S")
        if number % 2:
            bed.wait_for_phase("Q", "sender", "turn_over")
    step("all of it arrives, and the books close")
    time.sleep(1)
    there, plain = q.finish(), p.finish()
    bed.check_at_most_once(there, plain)
    check_equal((there.lost, there.reordered), ([], 0), "lost and reordered datagrams of the ferry host")
    check_equal(plain.lost, [], "lost datagrams of the plain host")
    check(plain.reordered <= 2 * ROUNDS, f"reordered datagrams of the plain host: {plain.reordered}")
    for name in "SD":
        wait_until(lambda: all(move["closed"] for move in bed.moves(name, "source")), f"{name}'s closed books", 15)
    bed.check_books()
    for name in "SD":
        for move in bed.moves(name, "source"):
            granted = next(move for phase in move["phases"] if phase["name"] == "granted")
            check_equal(granted["to"], bed.hosts["D" if name == "S" else "S"].address, "the new host in the old one's books")
    bed.stop_all()


run(test)
