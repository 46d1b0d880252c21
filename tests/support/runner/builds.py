"""Builds what the chosen tests need."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from .catalogue import REPOSITORY, Test

LIBRARY_ONLY = ["-DFERRY_DATAPLANE=OFF", "-DFERRY_BENCH=OFF", "-DFERRY_EXAMPLES=OFF"]
# Sanitized code is built with little optimisation: it compiles in half the time, and what it finds is the same.
SANITIZED = ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1", *LIBRARY_ONLY]
FLAVOURS = {
    "plain": ("build", ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG"]),
    "asan": ("build-asan", [*SANITIZED, "-DFERRY_SANITIZE=address,undefined"]),
    "tsan": ("build-tsan", [*SANITIZED, "-DFERRY_SANITIZE=thread"]),
}


class BuildFailed(Exception):
    """The text says what failed and what the compiler wrote."""


def folder_of(flavour: str) -> Path:
    return REPOSITORY / FLAVOURS[flavour][0]


def build(flavour: str, tests: list[Test], catalogue: list[Test]) -> None:
    """Configures a build folder and builds what `tests`, all of this flavour, need. Raises BuildFailed."""
    folder = folder_of(flavour)
    configure(flavour)
    _check_complete(flavour, folder, catalogue)
    build_targets(flavour, _targets(flavour, tests, catalogue))
    if any(test.script.startswith("tests/demo/") for test in tests):
        # The guest's image needs packages from the network, which the tests' sandbox has not.
        example = "examples/move-a-vm"
        _run([REPOSITORY / example / "guest/build-image", folder / example / "image", folder / example / "vm-answer"])


def configure(flavour: str) -> None:
    """Raises BuildFailed."""
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    _run(["cmake", "-S", REPOSITORY, "-B", folder_of(flavour), "-G", "Ninja", *FLAVOURS[flavour][1], *launcher])


def build_targets(flavour: str, targets: list[str]) -> None:
    """In a folder that is configured. Raises BuildFailed."""
    _run(["ninja", "-C", folder_of(flavour), f"-j{os.cpu_count()}", *targets])


#: what the scripts of a folder need, as targets of the build
_NEEDS = {"interop": ["ferryd", "ferryctl", "ferry-bench", "ferry-vm"],
          "move": ["ferryd", "ferryctl", "ferry-vm", "ferry-fabric", "ferry-move-sim"],
          "bench": ["ferryd", "ferryctl", "ferry-bench", "ferry-cpu-distance"], "install": ["lib/all", "dataplane/all", "ferry-bench"],
          "demo": ["ferryd", "ferryctl", "vm-answer", "udp-flow"]}


def _targets(flavour: str, tests: list[Test], catalogue: list[Test]) -> list[str]:
    """Everything, benchmarks too, where all tests are chosen; otherwise, and with sanitizers, no more than is needed."""
    if flavour == "plain" and all(test in tests for test in catalogue if test.flavour == flavour):
        return ["all"]
    targets = {test.program for test in tests if test.program}
    for folder in {test.script.split("/")[1] for test in tests if test.script}:
        targets.update(_NEEDS[folder])
    return sorted(targets)


def _check_complete(flavour: str, folder: Path, catalogue: list[Test]) -> None:
    """No test that CMake knows may be missing from the catalogue."""
    listed = {test.program for test in catalogue if test.flavour == flavour}
    if flavour == "tsan":
        listed |= {test.program for test in catalogue if test.flavour == "asan"}  # deliberately only some of them
    known = json.loads(_run(["ctest", "--test-dir", folder, "--show-only=json-v1"]))
    unlisted = sorted({test["name"] for test in known["tests"]} - listed)
    if unlisted:
        raise BuildFailed(f"tests/run does not know these tests of {folder.name}: {', '.join(unlisted)}\n"
                          "catalogue.py says how tests are named.")


def _run(words: list) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise BuildFailed(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout
