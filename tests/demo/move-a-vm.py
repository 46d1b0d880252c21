"""The main job with two moves: a VM goes from S to D and back while P and Q talk to it. Its report must be true to
itself: every flow is there, what was sent is what was received and what was lost, each loss has its cause, and nothing
is left.
"""

import json
import os
import subprocess
from pathlib import Path

from support.outcome import check, check_equal, step
from support.sandbox import REPOSITORY, SCRATCH, processes, run

JOB = REPOSITORY / "examples/move-a-vm/run"
MOVES = 10 if os.environ.get("FERRY_TEST_LONG") else 2
CAUSES = {"dock", "ring_full", "no_row", "underlay", "in_guest"}


def traces() -> dict:
    """What a run could leave, in this sandbox."""
    devices = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout
    files = [path for folder in (SCRATCH, Path("/run/dpdk"), Path("/run/netns")) for path in folder.rglob("*")]
    return {"processes": processes(), "files": files, "devices": devices}


def check_flow(flow: dict) -> None:
    print(json.dumps(flow), flush=True)
    name = f"{flow['from']} to {flow['to']}"
    check(flow["sent"] > 1000, f"{name}: more than a second of traffic was sent")
    check_equal(flow["received"] - flow["duplicated"] + flow["lost"], flow["sent"], f"{name}: what arrived or was lost")
    check(CAUSES <= flow["lost_by"].keys(), f"{name}: causes {sorted(flow['lost_by'])}")
    check_equal(sum(flow["lost_by"].values()), flow["lost"], f"{name}: losses by cause, and so lost")
    check(all(frames >= 0 for frames in flow["lost_by"].values()), f"{name}: losses are counts")
    check_equal(flow["lost_by"].get("unaccounted", 0), 0, f"{name}: losses that no counter explains")
    check(flow["lost"] < flow["sent"] / 2, f"{name}: most of it arrived")
    check_equal(flow["duplicated"], 0, f"{name}: datagrams delivered twice")


def test():
    before = traces()
    step(f"{MOVES} moves")
    done = subprocess.run([JOB, "--moves", str(MOVES), "--json"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    print(done.stderr + done.stdout, flush=True)
    check_equal(done.returncode, 0, "exit code")
    report = json.loads(done.stdout.splitlines()[-1])

    step("the report")
    check_equal(report["moves"], MOVES, "moves")
    check(report["rate"] > 0, "a rate was found")
    down, added = report["vm_downtime_ms"], report["network_added_ms"]
    check(len(down) == MOVES and all(0 < time < 10_000 for time in down), f"each move's downtime: {down}")
    check(len(added) == MOVES and all(time is None or time >= 0 for time in added), f"what the network added: {added}")
    check_equal({(flow["from"], flow["to"]) for flow in report["flows"]},
                {("P", "vm"), ("vm", "P"), ("Q", "vm"), ("vm", "Q")}, "flows")
    for flow in report["flows"]:
        check_flow(flow)
    for peer in ("P", "Q"):
        there, back = (next(flow for flow in report["flows"] if (flow["from"], flow["to"]) == ends)
                       for ends in ((peer, "vm"), ("vm", peer)))
        check(back["sent"] <= there["received"], f"the guest answers {peer} at most what it got")
    step("nothing is left")
    check_equal(traces(), before, "processes, files and devices")


run(test)
