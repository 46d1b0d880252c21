"""bench/run peers that is interrupted, or ended, while programs run: none of them is left, and hugepages are given
back."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path

from support.bench_run import RUN, belongings, needs_sandbox, reserved_hugepages
from support.outcome import check, check_equal, finish, step, wait_until
from support.runner.builds import folder_of


def interrupted(number: int, folder: str) -> int:
    """The exit code of a run that gets the signal when it has begun to measure."""
    said = Path(folder, number.name)
    with said.open("wb") as output:  # no pipe, whose end would end the programs
        run = subprocess.Popen([RUN, "peers", "--cases", "encap-64B-1k", "--rounds", "1000", "--seconds", "0.1",
                                "--build", folder_of("plain")], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                               env={**os.environ, **belongings.mark})
    wait_until(lambda: "round 1 of 1000" in said.read_text(encoding="utf-8") or run.poll() is not None, "a round", 30)
    check(run.poll() is None, f"it measures: {said.read_text(encoding='utf-8')}")
    check(len(belongings.processes()) > 2, "the programs under test run")
    run.send_signal(number)
    return run.wait(20)


def test():
    needs_sandbox()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so would its programs
    before = reserved_hugepages()
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        step(number.name)
        with tempfile.TemporaryDirectory() as folder:
            check_equal(interrupted(number, folder), code, "exit code")
        wait_until(lambda: not belongings.processes(), "until no process is left", 5)
        check_equal(reserved_hugepages(), before, "reserved hugepages afterwards")


finish(test)
