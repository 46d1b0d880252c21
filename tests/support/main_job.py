"""The main job, run as a user runs it, and what must be true of every report of it."""

import json
import subprocess
from pathlib import Path

from .outcome import check, check_equal, step
from .sandbox import REPOSITORY, SCRATCH, processes

JOB = REPOSITORY / "examples/move-a-vm/run"
CAUSES = {"dock_full", "dock_expired", "hold_expired", "ring_full", "no_row", "underlay", "in_guest"}
# How much longer than the VM is stopped a TCP stream may stand still: an emulated guest is slow where it has just been
# resumed, for 0.2 s on a quiet machine; the rest is for one on which tests, QEMU and three ferryd share two processors.
STALL_BEYOND_PAUSE_MS = 500


def traces() -> dict:
    """What a run could leave, in this sandbox."""
    devices = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout
    files = [path for folder in (SCRATCH, Path("/run/dpdk"), Path("/run/netns")) for path in folder.rglob("*")]
    return {"processes": processes(), "files": files, "devices": devices}


def run_job(*arguments: str) -> tuple[dict, dict]:
    """Returns the job's report and what there was before it."""
    before = traces()
    done = subprocess.run([JOB, "--json", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    print(done.stderr + done.stdout, flush=True)
    check_equal(done.returncode, 0, "exit code")
    return json.loads(done.stdout.splitlines()[-1]), before


def check_flows(report: dict) -> None:
    check_equal({(flow["from"], flow["to"]) for flow in report["flows"]},
                {("P", "vm"), ("vm", "P"), ("Q", "vm"), ("vm", "Q")}, "flows")
    for flow in report["flows"]:
        name = f"{flow['from']} to {flow['to']}"
        check(flow["sent"] > 1000, f"{name}: more than a second of traffic was sent")
        check_equal(flow["received"] + flow["lost"], flow["sent"], f"{name}: what arrived or was lost")
        check(CAUSES <= flow["lost_by"].keys(), f"{name}: causes {sorted(flow['lost_by'])}")
        check_equal(sum(flow["lost_by"].values()), flow["lost"], f"{name}: losses by cause, and so lost")
        check_equal(flow["lost_by"].get("unaccounted", 0), 0, f"{name}: losses that no counter explains")
        check_equal(flow["duplicated"], 0, f"{name}: datagrams delivered twice")
    for peer in ("P", "Q"):
        there, back = (next(flow for flow in report["flows"] if (flow["from"], flow["to"]) == ends)
                       for ends in ((peer, "vm"), ("vm", peer)))
        check(back["sent"] <= there["received"], f"the guest answers {peer} at most what it got")


def check_lossless(report: dict) -> None:
    """Nothing is lost or twice, Q's order is kept, and TCP's bytes are in their places."""
    for flow in report["flows"]:
        check_equal((flow["lost"], flow["duplicated"]), (0, 0), f"{flow['from']} to {flow['to']}: lost and twice")
        if "P" not in (flow["from"], flow["to"]):
            check_equal(flow["reordered"], 0, f"{flow['from']} to {flow['to']}: out of order")
    for stream in report["streams"]:
        check(stream["intact"], f"{stream['from']} to {stream['to']}: bytes intact: {stream}")


def check_ledgers(report: dict, moves: int) -> None:
    check_equal(len(report["ledgers"]), moves, "ledgers")
    for move in report["ledgers"]:
        check(move["adds_up"] is True, f"the ledgers of both hosts add up: {move}")


def check_host_session(report: dict) -> None:
    session = report["host_session"]
    check_equal(session["fault"], None, "what went wrong with TCP to S's own kernel")
    check(session["rounds"] > 100, f"TCP to S's own kernel went on: {session}")


def check_nothing_left(before: dict) -> None:
    step("nothing is left")
    check_equal(traces(), before, "processes, files and devices")
