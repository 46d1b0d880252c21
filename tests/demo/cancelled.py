"""A migration that is cancelled when the VM is stopped already, before each of two that are not: what had been docked is
replayed at the source, and nothing is lost.
"""

from support.main_job import check_flows, check_ledgers, check_lossless, check_nothing_left, run_job
from support.outcome import check, check_equal, step
from support.sandbox import run

MOVES = 2


def test():
    step(f"{MOVES} moves, one cancelled before each")
    report, before = run_job("--moves", str(MOVES), "--cancel", "--rate", "500")
    check_equal((report["moves"], report["cancelled"]), (MOVES, MOVES), "moves and cancelled ones")
    pauses = report["cancelled_pause_ms"]
    check(all(pause is not None and 200 < pause < 10_000 for pause in pauses), f"how long the VM stood still: {pauses}")

    step("the flows")
    check_flows(report)
    check_lossless(report)

    step("the ledgers")
    check_ledgers(report, 2 * MOVES)
    for move in report["ledgers"]:
        if move["cancelled"]:
            # 300 ms at 500 a second from each of two, and some TCP.
            check(move["replayed"] > 150, f"replayed: {move}")
            check_equal((move["flushed"], move["relayed"], move["dropped"]), (0, 0, 0), "what left a source that kept its VM")
    check_nothing_left(before)


run(test)
