"""Programs that measure, run so that nothing of them is left however bench/run ends."""

import contextlib
import os
import signal
import subprocess

SKIPPED = 77


class Failed(Exception):
    """A measurement ended badly; the text is what it wrote."""


class Skipped(Exception):
    """A measurement cannot be made on this machine; the text says why."""


def output_of(words: list, environment: dict | None = None) -> str:
    """Runs a program, whose progress on stderr is the run's, and returns what it wrote to stdout."""
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               text=True, start_new_session=True, env={**os.environ, **(environment or {})})
    try:
        output, _ = process.communicate()
    finally:
        # Its sandbox, and with it all that it started, goes with the process.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode == SKIPPED:
        raise Skipped(next((line.removeprefix("skip: ") for line in output.splitlines() if line.startswith("skip: ")),
                           output))
    if process.returncode != 0:
        raise Failed(f"{words[0]} ended with exit code {process.returncode}\n{output}")
    return output
