"""Which tests there are, known without building or configuring anything."""

import fnmatch
import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
TESTS = REPOSITORY / "tests"

SCRIPT_FOLDERS = ("interop", "move", "bench", "install", "model", "demo")  # Python scripts, one test each
SECONDS = {"demo": 600, "model": 300}              # where 120 are too few
COMPUTING = ("model", "install", "simulator", "losses", "search")  # folders, and scripts elsewhere
THREADED = ("unit-table", "unit-control")        # what ThreadSanitizer has something to say about


@dataclass(frozen=True)
class Test:
    name: str              # as the user gives it: unit/table, asan/packets/bad, interop/ping
    flavour: str           # the build it uses: plain, asan or tsan; empty where nothing has to be built
    program: str = ""      # a program's name in CMake and CTest
    script: str = ""       # or a script's path in the repository
    seconds: int = 120     # more than this is a failure; ten times that with --long
    only_computes: bool = False  # others that do so may run at the same time
    modest: bool = False   # leaves a processor to another one


def _programs() -> list[tuple[str, bool]]:
    """The names that programs have in CMake and CTest - unit-FOLDER… as each folder under unit/ says, packets-SUBJECT
    for each packets/SUBJECT_test.cpp - and whether they need ferryd's parts, which are not built with sanitizers."""
    programs = []
    for path in sorted((TESTS / "unit").glob("*/CMakeLists.txt")):
        text = path.read_text(encoding="utf-8")
        programs += [(name, "FERRY_DATAPLANE" in text) for name in re.findall(r"add_test\(NAME (unit-[\w-]+)", text)]
    subjects = sorted((TESTS / "packets").glob("*_test.cpp"))
    return programs + [(f"packets-{path.stem.removesuffix('_test')}".replace("_", "-"), False) for path in subjects]


def all_tests() -> list[Test]:
    """Every test, in the order in which they run."""
    programs = _programs()
    tests = [Test(name.replace("-", "/", 1), "plain", program=name, only_computes=not needs_ferryd, modest=needs_ferryd)
             for name, needs_ferryd in programs]
    tests += [Test("asan/" + name.replace("-", "/", 1), "asan", program=name, seconds=300, only_computes=True)
              for name, needs_ferryd in programs if not needs_ferryd]
    tests += [Test("tsan/" + name.replace("-", "/", 1), "tsan", program=name, seconds=300, only_computes=True)
              for name, _ in programs if name in THREADED]
    for folder in SCRIPT_FOLDERS:
        tests += [Test(f"{folder}/{path.stem}", "" if folder == "model" else "plain",
                       script=str(path.relative_to(REPOSITORY)), seconds=SECONDS.get(folder, 120),
                       only_computes=path.stem in COMPUTING or folder in COMPUTING,
                       modest=folder == "interop" and not path.stem.startswith("move_"))
                  for path in sorted((TESTS / folder).glob("*.py"))]
    return tests


def choose(tests: list[Test], wanted: list[str]) -> list[Test]:
    """The tests that `wanted` names: whole names, folders or patterns with * and ?. Raises KeyError for a name that
    fits no test."""
    if not wanted:
        return tests
    chosen = set()
    for name in wanted:
        pattern = name.rstrip("/")
        fits = {test for test in tests
                if fnmatch.fnmatchcase(test.name, pattern) or test.name.startswith(pattern + "/")}
        if not fits:
            raise KeyError(name)
        chosen |= fits
    return [test for test in tests if test in chosen]
