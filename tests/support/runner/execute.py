"""Runs one test and says what became of it."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from ..outcome import SKIPPED
from .builds import folder_of
from .catalogue import REPOSITORY, Test


@dataclass
class Result:
    outcome: str   # passed, failed, skipped
    seconds: float
    reason: str    # why it was skipped, or failed where that is not in the output
    output: str


_running: set[subprocess.Popen] = set()
_lock = threading.Lock()


def limit(test: Test) -> int:
    """Seconds that the test may take."""
    return test.seconds * (10 if os.environ.get("FERRY_TEST_LONG") else 1)


def log_path(test: Test) -> Path:
    return REPOSITORY / "build" / "test-logs" / f"{test.name.replace('/', '.')}.log"


def _command(test: Test) -> list[str]:
    if test.script:
        return ["/usr/bin/python3", str(REPOSITORY / test.script)]
    return ["ctest", "--test-dir", str(folder_of(test.flavour)), "-R", f"^{test.program}$", "--no-tests=error",
            "--output-on-failure", "--timeout", str(limit(test))]


def execute(test: Test) -> Result:
    """Runs a test with its output in its log file. What it started is ended with it. Any thread."""
    log = log_path(test)
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(_command(test), cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        with _lock:
            _running.add(process)
        try:
            code = process.wait(limit(test) + 5)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end_group(process)
            with _lock:
                _running.discard(process)
    seconds = time.monotonic() - started
    text = log.read_text(encoding="utf-8", errors="replace")
    if code is None:
        return Result("failed", seconds, f"took longer than {limit(test)} s", text)
    if test.script and code == SKIPPED:
        return Result("skipped", seconds, _skip_reason(text), text)
    if test.program and code == 0 and "***Skipped" in text:
        return Result("skipped", seconds, _skip_reason(text), text)
    return Result("passed" if code == 0 else "failed", seconds, "" if code == 0 else f"exit code {code}", text)


def end_all() -> None:
    """Ends the tests that still run, in whatever thread."""
    with _lock:
        for process in _running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _end_group(process: subprocess.Popen) -> None:
    """Ends whatever of the test's process group still runs. Scripts need no gentler end: their sandbox goes with
    them."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _skip_reason(output: str) -> str:
    reasons = [line.removeprefix("skip: ") for line in output.splitlines() if line.startswith("skip: ")]
    return reasons[-1] if reasons else "it does not say why"
