"""Ctrl-C at any moment of the main job leaves no process, network namespace, device or file behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

from support.outcome import Failure, check, check_equal, step
from support.sandbox import REPOSITORY, SCRATCH, processes, run

JOB = REPOSITORY / "examples/move-a-vm/run"
# What the job says, and how many seconds after that it is interrupted.
MOMENTS = [
    ("building ", 0.0), ("preparing the guest", 0.0),
    ("building four hosts", 0.0), ("building four hosts", 0.1), ("building four hosts", 0.4), ("to look into Q", 0.2),
    ("booting the guest", 0.0), ("booting the guest", 0.5), ("the guest answers", 0.0),
    ("looking for the rate", 1.0), ("looking for the rate", 1.7),
    ("each send", 0.5), ("move 1 of", 0.0), ("move 1 of", 0.3), ("move 1 of", 0.8), ("move 1 of", 1.2), ("move 2 of", 0.5),
]
if "FERRY_TEST_LONG" not in os.environ:  # while hosts are built and while the VM moves
    MOMENTS = [MOMENTS[i] for i in (3, 13)]


def devices() -> str:
    return subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout


def traces() -> dict:
    """What a run could leave, in this sandbox."""
    files = [path for folder in (SCRATCH, Path("/run/dpdk"), Path("/run/netns")) for path in folder.rglob("*")]
    return {"processes": processes(), "files": files, "devices": devices()}


def interrupt(words: str, seconds: float, times: int) -> None:
    """Runs the job until it says `words`, waits, and interrupts it as a terminal would, all of its process group."""
    rate = [] if words.startswith("looking") else ["--rate", "1000"]
    log = Path(f"/run/job-{os.urandom(4).hex()}.log")
    with log.open("wb") as output:
        job = subprocess.Popen([JOB, "--moves", "2", *rate], stdin=subprocess.DEVNULL, stdout=output,
                               stderr=subprocess.STDOUT, start_new_session=True)
    end = time.monotonic() + 90
    while words not in log.read_text(errors="replace"):
        if job.poll() is not None or time.monotonic() > end:
            os.killpg(job.pid, signal.SIGKILL)
            raise Failure(f"the job did not come to '{words}':\n{log.read_text(errors='replace')}")
        time.sleep(0.005)
    time.sleep(seconds)
    for _ in range(times):
        if job.poll() is None:
            os.killpg(job.pid, signal.SIGINT)
    code = job.wait(30)
    text = log.read_text(errors="replace")
    log.unlink()
    check_equal(code, 130, f"exit code after Ctrl-C; the job said:\n{text}")
    check("Traceback" not in text, f"the job ends in good order:\n{text}")


def test():
    before = traces()
    for words, seconds in MOMENTS:
        step(f"Ctrl-C {seconds} s after '{words}'")
        interrupt(words, seconds, times=1)
        check_equal(traces(), before, "what is there afterwards")
    step("an impatient user presses it again and again")
    interrupt("move 1 of", 0.2, times=5)
    check_equal(traces(), before, "what is there afterwards")


run(test)
