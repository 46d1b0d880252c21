"""Runs Spin over the model of the move, one configuration at a time, and says what it found."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .outcome import Failure

MODEL = Path(__file__).resolve().parents[1] / "model" / "move.pml"
LONG = bool(os.environ.get("FERRY_TEST_LONG"))

# A run that needs more memory than this, or as many steps as fit its stack, has not been exhaustive: a failure.
MEGABYTES = 8000 if LONG else 2000
STEPS = 100_000
# To compile a checker with optimisation takes longer than it saves, except with very many states.
OPTIMISE = "-O2" if LONG else "-O0"


@dataclass(frozen=True)
class Result:
    states: int
    steps: int       # the longest run; of a counterexample, how long it is
    seconds: float
    error: str       # what Spin found wrong first, or empty


def check(macros: str, cycles: bool = False) -> Result:
    """Checks the model with these macros, exhaustively: assertions and ends of runs or, with `cycles`, that no run goes
    round without an end. Raises Failure when that could not be done to the end."""
    with tempfile.TemporaryDirectory() as folder:
        defines = [f"-D{macro}" for macro in macros.split()]
        _run(["spin", "-a", *defines, str(MODEL)], folder)
        kind = ["-DNP", "-DNOFAIR"] if cycles else ["-DSAFETY"]
        _run(["gcc", OPTIMISE, "-w", *kind, "-DCOLLAPSE", "-DVECTORSZ=4096", f"-DMEMLIM={MEGABYTES}", "-o", "pan",
              "pan.c"], folder)
        text = _run(["./pan", f"-m{STEPS}", "-w22", *(["-l"] if cycles else [])], folder)
        error = re.search(r"^pan:\d+: (.*?) \(at depth (\d+)\)", text, re.MULTILINE)
        states = re.search(r"(\d+) states, stored", text)
        depth = re.search(r"depth reached (\d+)", text)
        seconds = re.search(r"elapsed time ([\d.]+) seconds", text)
        if not states or not depth or not seconds or "Search not completed" in text and not error \
                or "max search depth too small" in text:
            raise Failure(f"Spin did not come to an end with {macros or 'no macros'}:\n{text}")
        return Result(int(states.group(1)), int(error.group(2) if error else depth.group(1)), float(seconds.group(1)),
                      error.group(1) if error else "")


def _run(words: list[str], folder: str) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
    return done.stdout
