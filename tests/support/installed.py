"""ferry installed into a folder of its own, for tests of what its users get."""

import os
import shutil
import subprocess
from pathlib import Path

from .ferryd import BUILD
from .outcome import check, check_equal
from .sandbox import SCRATCH

PREFIX = SCRATCH / "prefix"
PROGRAM = Path(__file__).resolve().parents[1] / "install/program"
EXPECTED_OUTPUT = "52:54:00:00:00:01 is behind 172.16.0.2\n"


def build_step(*words, **environment) -> str:
    """Runs a command that must succeed and returns what it printed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          env={**os.environ, **environment})
    check(done.returncode == 0, f"{' '.join(map(str, words))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def install() -> Path:
    """Installs what was built and returns the prefix. Nothing may be put elsewhere: what is not under the prefix would
    be found under DESTDIR."""
    elsewhere = SCRATCH / "destdir"
    build_step("cmake", "--install", BUILD, "--prefix", PREFIX, DESTDIR=str(elsewhere))
    placed = {path for path in elsewhere.rglob("*") if not path.is_dir()}
    inside = elsewhere / PREFIX.relative_to("/")
    check(placed, "something was installed")
    check_equal({str(path) for path in placed if not path.is_relative_to(inside)}, set(), "files outside the prefix")
    shutil.move(inside, PREFIX)
    return PREFIX


def copy_of_program() -> Path:
    """The program's sources in a place from which no path leads to ferry's tree."""
    return Path(shutil.copytree(PROGRAM, SCRATCH / "program"))


def check_program(path: Path, **environment) -> None:
    """The program runs and says what it found."""
    check_equal(build_step(path, **environment), EXPECTED_OUTPUT, "the program's output")
