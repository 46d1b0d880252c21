"""The main job: a VM goes from S to D and back, again and again, while P and Q talk to it at four fifths of what it carries.
Nothing may be lost, doubled or, from a ferry host, overtaken, and the books must add up.
"""

import os

from support.main_job import STALL_BEYOND_PAUSE_MS, check_flows, check_host_session, check_ledgers, check_nothing_left, run_job
from support.outcome import check, check_equal, step
from support.sandbox import run

MOVES = 20 if os.environ.get("FERRY_TEST_LONG") else 4


def lost_in_guest(report: dict) -> int:
    return sum(flow["lost_by"]["in_guest"] for flow in report["flows"])


def test():
    step(f"{MOVES} moves")
    report, before = run_job("--moves", str(MOVES))
    for _ in range(3):
        if lost_in_guest(report) == 0:
            break
        step("the guest itself could not keep up with the rate while other things ran here; once more, slower")
        report, before = run_job("--moves", str(MOVES), "--rate", str(int(report["rate"] * 0.6)))

    step("the moves")
    check_equal(report["moves"], MOVES, "moves")
    check(report["rate"] > 0, "a rate was found")
    down, added = report["vm_downtime_ms"], report["network_added_ms"]
    check(len(down) == MOVES and all(0 < time < 10_000 for time in down), f"each move's downtime: {down}")
    check(len(added) == MOVES and all(time is None or time >= 0 for time in added), f"what the network added: {added}")

    step("the flows")
    check_flows(report)
    for flow in report["flows"]:
        name = f"{flow['from']} to {flow['to']}"
        check_equal(flow["lost"], 0, f"{name}: lost, by {flow['lost_by']}")
        if "P" not in (flow["from"], flow["to"]):
            check_equal(flow["reordered"], 0, f"{name}: out of order")
        # A plain peer cannot mark its frames; what overtakes is at most what it sends while one frame is under way.
        check(flow["reordered"] <= MOVES * report["rate"] * 0.05, f"{name}: {flow['reordered']} out of order")

    step("the TCP streams")
    check_equal(len(report["streams"]), 2, "streams")
    for stream in report["streams"]:
        name = f"{stream['from']} to {stream['to']}"
        check(stream["intact"] and stream["bytes_received"] > 100_000, f"{name}: bytes intact: {stream}")
        check(stream["longest_stall_beyond_pause_ms"] <= STALL_BEYOND_PAUSE_MS,
              f"{name}: stood still for {stream['longest_stall_beyond_pause_ms']} ms longer than the VM")

    check_host_session(report)

    step("the ledgers")
    check_ledgers(report, MOVES)
    check_equal(sum(move["dropped"] for move in report["ledgers"]), 0, "dropped by docks")
    check_nothing_left(before)


run(test)
