"""Builds what the parts of a run need, in the folder and with the flags of tests/run."""

import os
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TARGETS = {"micro": ["ferry-micro"], "peers": ["ferryd", "ferryctl", "ferry-bench"],
           "move": ["ferryd", "ferryctl", "ferry-vm", "ferry-fabric"], "nic": ["ferry-bench"]}
OPTIONS = ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG"]


class BuildFailed(Exception):
    """The text says what failed and what the compiler wrote."""


def build(parts: list[str], say) -> Path:
    """Returns the folder. Raises BuildFailed."""
    folder = REPOSITORY / "build"
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    targets = sorted({target for part in parts for target in TARGETS[part]})
    say(f"building {', '.join(targets)}")
    if not (folder / "build.ninja").exists():
        _run(["cmake", "-S", REPOSITORY, "-B", folder, "-G", "Ninja", *OPTIONS, *launcher])
    _run(["ninja", "-C", folder, f"-j{os.cpu_count()}", *targets])
    return folder


def _run(words: list) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise BuildFailed(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
