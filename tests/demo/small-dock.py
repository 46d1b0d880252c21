"""A dock that is too small for the VM's pause: what is lost is exactly what the moves' ledgers say that was dropped."""

from support.main_job import check_flows, check_ledgers, check_nothing_left, run_job
from support.outcome import check, check_equal, step
from support.sandbox import run

MOVES = 2


def test():
    step(f"{MOVES} moves and as many cancelled ones with room for 50 frames")
    report, before = run_job("--moves", str(MOVES), "--cancel", "--rate", "500", "--small-dock", "50")
    check_flows(report)
    check_ledgers(report, 2 * MOVES)
    lost = sum(flow["lost"] for flow in report["flows"] if flow["to"] == "vm")
    check(lost > 100, f"the dock was too small: {lost} lost")
    check_equal(lost, sum(move["dropped"] for move in report["ledgers"]), "lost, and dropped by the ledgers")
    check_equal(sum(flow["lost_by"]["dock_full"] for flow in report["flows"]), lost, "lost because the dock was full")
    check_nothing_left(before)


run(test)
