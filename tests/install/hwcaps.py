"""The loader takes the library that was built for the most that the CPU can do."""

import subprocess

from support.installed import build_step, check_program, copy_of_program, install
from support.outcome import check, check_equal, step
from support.sandbox import run

LOADER = "/lib64/ld-linux-x86-64.so.2"


def levels_of_this_cpu() -> list[str]:
    """The loader's names of what this CPU can do, best first."""
    lines = subprocess.run([LOADER, "--help"], capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in lines if "(supported, searched)" in line]


def symbols(library) -> set[str]:
    """What a library defines for others, without templates and inline functions, which compilers may leave out."""
    lines = build_step("nm", "--dynamic", "--defined-only", library).splitlines()
    return {name for _, kind, name in map(str.split, lines) if kind == "T"}


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
    best = next((built[level] for level in levels_of_this_cpu() if level in built), folder / "libferry.so")
    loaded = build_step(LOADER, "--library-path", folder, "--list", sources / "ferry-user")
    check_equal([line.split()[2] for line in loaded.splitlines() if "libferry" in line],
                [str(best.parent / "libferry.so.0.1")], "what is loaded")


run(test)
