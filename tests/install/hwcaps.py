"""The loader takes the library that was built for the most that the CPU can do; whichever it is, it forwards alike."""

import shutil
import subprocess
from pathlib import Path

from support.ferryd import BUILD
from support.installed import build_step, check_program, copy_of_program, install
from support.outcome import check, check_equal, step
from support.sandbox import SCRATCH, run

LOADER = "/lib64/ld-linux-x86-64.so.2"
SONAME = "libferry.so.0.1"
FRAMES = [BUILD / "tests/packets" / name for name in ("packets-encap", "packets-decap", "packets-bursts")]


def levels_of_this_cpu() -> list[str]:
    """The loader's names of what this CPU can do, best first."""
    lines = subprocess.run([LOADER, "--help"], capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in lines if "(supported, searched)" in line]


def symbols(library) -> set[str]:
    """What a library defines for others, without templates and inline functions, which compilers may leave out."""
    lines = build_step("nm", "--dynamic", "--defined-only", library).splitlines()
    return {name for _, kind, name in map(str.split, lines) if kind == "T"}


def loaded_by(program: Path, folder: Path) -> list[str]:
    """The libferry that the loader takes for a program where it looks into `folder` first."""
    lines = build_step(LOADER, "--library-path", folder, "--list", program).splitlines()
    return [line.split()[2] for line in lines if "libferry" in line]


def check_frames(level: str, library: Path) -> None:
    """The tests of single frames and bursts pass with this very library."""
    alone = SCRATCH / "alone" / level
    alone.mkdir(parents=True)
    shutil.copy(library, alone / SONAME)
    for program in FRAMES:
        check_equal(loaded_by(program, alone), [str(alone / SONAME)], f"what {program.name} loads")
        build_step(program, LD_LIBRARY_PATH=str(alone))


def test():
    prefix, sources = install(), copy_of_program()
    folder = next(prefix.rglob("libferry.so")).parent
    built = {path.parent.name: path for path in (folder / "glibc-hwcaps").glob("*/libferry.so.*.*.*")}
    check(built, "libraries for more than the least CPU were installed")
    for level, library in built.items():
        step(f"{level} offers the same")
        check_equal(symbols(folder / "libferry.so") ^ symbols(library), set(), "functions that one of them lacks")

    step("the loader's choice")
    build_step("g++", "-std=c++20", f"-I{prefix}/include", sources / "main.cpp", "-o", sources / "ferry-user",
               f"-L{folder}", "-lferry")
    check_program(sources / "ferry-user", LD_LIBRARY_PATH=str(folder))
    levels = levels_of_this_cpu()
    best = next((built[level] for level in levels if level in built), folder / "libferry.so")
    check_equal(loaded_by(sources / "ferry-user", folder), [str(best.parent / SONAME)], "what is loaded")

    for level, library in {"x86-64-v2": folder / "libferry.so", **built}.items():
        if level in levels:
            step(f"frames by the library for {level}")
            check_frames(level, library)
        else:
            step(f"no frames by the library for {level}: this CPU cannot run it")


run(test)
