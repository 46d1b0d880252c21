"""A guest that reboots, or unbinds its driver, stops its ring and moves nowhere. Where it is back within T_hold it gets what
was docked; where it is not, the dock is dropped and counted, and its memory is there again although the sender goes on.

    vm 02::09 ── S ferryd ──┬── fabric ── Q ferryd ── sender 02::21
                 D ferryd ──┘
"""

import time

from support.moving_vm import VM, MovingVm
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

HOLD = 1.5   # seconds
RATE = 1000  # frames a second


def test():
    hosts = MovingVm(move={"hold_ms": int(HOLD * 1000)})
    s, d = hosts.hosts["S"], hosts.hosts["D"]

    def newest() -> dict:
        return [move for move in s.ctl("moves") if move["mac"] == VM][-1]

    def phases() -> list[str]:
        return [phase["name"] for phase in newest()["phases"]]

    step("it reboots, quickly: what was docked is put into its ring")
    hosts.begin(RATE, 0)
    time.sleep(0.2)
    hosts.vm.ask("stop")
    time.sleep(0.1)
    hosts.vm.ask("start", host="S")
    time.sleep(0.2)
    hosts.quiet()
    there, _ = hosts.counts()
    print(f"  {there}", flush=True)
    check_equal((there.lost, there.duplicated, there.reordered), (0, 0, 0), "frames lost, duplicated, reordered")
    wait_until(lambda: phases()[-1] == "replayed", "the replay in S's books")
    check(newest()["ledger"]["replayed"] >= RATE * 0.05, f"frames replayed: {newest()['ledger']}")

    for what in ("unbinds its driver", "does so again"):
        step(f"it {what}: nobody claims it")
        hosts.begin(RATE, 0)
        time.sleep(0.2)
        hosts.vm.ask("stop")
        wait_until(lambda: "hold_expired" in phases(), "the end of T_hold", HOLD + 10)
        wait_until(lambda: newest()["closed"], "the end of the books")
        time.sleep(0.3)  # the sender goes on, and does not fill the dock again
        move = newest()
        expired = move["ledger"]["drops"]["hold_expired"]
        check_equal((move["closed"], move["adds_up"], move["ledger"]["waiting"]), (True, True, 0), f"closed, adds up, waiting: {move}")
        check(expired > RATE * HOLD / 2, f"frames in the dropped dock: {expired}")
        check_equal(s.row_of(VNI, VM), None, "S's row")
        hosts.quiet()
        dropped = hosts.dropped()
        print(f"  {dropped}", flush=True)
        check(dropped["S hold_expired"] == expired and dropped.get("S ring_stopped", 0) > 0, f"dropped: {dropped}")
        check("S dock_expired" not in dropped, f"nothing was docked after T_hold: {dropped}")
        hosts.vm.ask("start", host="S")
        wait_until(lambda: (s.row_of(VNI, VM) or {}).get("port") == "vm", "the VM back at S")
    check_equal([move for move in d.ctl("moves") if move["mac"] == VM], [], "what D knows of it")
    hosts.begin(RATE, 0)
    time.sleep(0.3)
    hosts.quiet()
    there, _ = hosts.counts()
    check_equal((there.lost, there.duplicated, there.reordered), (0, 0, 0), "frames lost, duplicated, reordered")
    hosts.stop()


run(test)
