"""bench/run peers that is interrupted, or ended, while programs run: none of them is left, and hugepages are given back."""

import os
import signal
import subprocess

from support.bench_run import RUN, belongings, needs_sandbox, reserved_hugepages
from support.outcome import check, check_equal, finish, step, wait_until
from support.runner.builds import folder_of


def interrupted(number: int) -> int:
    """The exit code of a run that gets the signal when it has begun to measure."""
    run = subprocess.Popen([RUN, "peers", "--cases", "encap-64B-1k", "--rounds", "1000", "--seconds", "0.1", "--build",
                            folder_of("plain")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           text=True, env={**os.environ, **belongings.mark})
    said = run.stderr.readline()
    check("round 1 of 1000" in said, f"it measures: {said}{run.stderr.read() if not said else ''}")
    check(len(belongings.processes()) > 2, "the programs under test run")
    run.send_signal(number)
    code = run.wait(20)
    run.stderr.close()
    return code


def test():
    needs_sandbox()
    before = reserved_hugepages()
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        step(number.name)
        check_equal(interrupted(number), code, "exit code")
        wait_until(lambda: not belongings.processes(), "until no process is left", 5)
        check_equal(reserved_hugepages(), before, "reserved hugepages afterwards")


finish(test)
