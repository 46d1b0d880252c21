"""bench/run peers measures one case, tells what it found in three forms, and leaves the machine as it was. Nothing here
looks at how fast anything is."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from support.bench_run import RUN, belongings, needs_sandbox, reserved_hugepages
from support.outcome import check, check_equal, finish, step
from support.runner.builds import folder_of

sys.path.insert(0, str(RUN.parent))
from peers.windows import alike  # noqa: E402


def check_case(line: dict) -> None:
    check_equal((line["case"], line["unit"]), ("encap-64B-1k", "cycles/frame"), "the case and its unit")
    for name in ("ferry", "io"):
        check(line[name] is not None, f"{name} was measured: {line}")
    for name in ("ferry", "io", "ovs"):
        if line[name] is None:
            check(line["skipped"][name], f"it says why {name} was skipped: {line}")
            continue
        check(1 < line[name] < 1e6, f"cycles a frame of {name}: {line[name]}")
        check(0 <= line["spread"][name] < 100, f"spread of {name}: {line['spread']}")
        check(line["frames_a_second"][name] > 0, f"rate of {name}: {line['frames_a_second']}")
    for name in ("io", "ovs"):
        if line[name] is not None:
            expected = line["frames_a_second"]["ferry"] / line["frames_a_second"][name]
            check(abs(line[f"ratio_{name}"] - expected) < 0.02 * expected + 0.002, f"ratio to {name}: {line}")
    check(abs(line["beyond_io"] - (line["ferry"] - line["io"])) < 0.2, f"cycles beyond io: {line}")


def check_alike() -> None:
    """The CPUs' distances before each round and behind the last, and the rounds that are told together."""
    for distances, rounds in (([90, 95, 88], [0, 1]), ([410, 380, 420], [0, 1]), ([90, 400, 380, 410], [1, 2]),
                              ([90, 95, 400, 380], [0]), ([90, 400], [0])):
        check_equal(alike(distances), rounds, f"rounds at one distance, of {distances}")


def test():
    needs_sandbox()
    check_alike()
    before = reserved_hugepages()
    with tempfile.TemporaryDirectory() as folder:
        step("one case")
        told, page = Path(folder, "told.json"), Path(folder, "page.html")
        done = subprocess.run([RUN, "peers", "--quick", "--build", folder_of("plain"), "--json", told, "--html", page],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              env={**os.environ, **belongings.mark})
        check_equal(done.returncode, 0, f"exit code; it said:\n{done.stdout}{done.stderr}")
        lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
        check_equal(len(lines), 1, "lines of JSON")
        check_case(lines[0])
        check("encap-64B-1k" in done.stdout and "testpmd io" in done.stdout, f"the table has the case:\n{done.stdout}")
        check("round 1 of 1" in done.stderr, f"progress goes to stderr:\n{done.stderr}")
        text = page.read_text(encoding="utf-8")
        check("/*DATA*/" not in text and '"encap-64B-1k"' in text, "the page holds the document")

        step("a case that there is not")
        wrong = subprocess.run([RUN, "peers", "--cases", "encap-1B", "--build", folder_of("plain")],
                               stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        check_equal(wrong.returncode, 2, f"exit code; it said:\n{wrong.stderr}")
        check("encap-64B-1k" in wrong.stderr, f"it names the cases:\n{wrong.stderr}")
    check_equal(belongings.processes(), [], "processes that are left")
    check_equal(reserved_hugepages(), before, "reserved hugepages afterwards")


finish(test)
