"""A program outside the tree builds against an installed ferry by pkg-config, without a word about DPDK."""

from support.installed import build_step, check_program, copy_of_program, install
from support.outcome import check_equal, step
from support.sandbox import run


def test():
    prefix, sources = install(), copy_of_program()
    step("ask pkg-config")
    folder = next(prefix.rglob("ferry.pc")).parent
    flags = build_step("pkg-config", "--cflags", "--libs", "ferry", PKG_CONFIG_PATH=str(folder)).split()
    foreign = [flag for flag in flags if "rte" in flag or "dpdk" in flag or "march" in flag]
    check_equal(foreign, [], "flags of DPDK's")
    step("build and run")
    build_step("g++", "-std=c++20", sources / "main.cpp", "-o", sources / "ferry-user", *flags)
    check_program(sources / "ferry-user", LD_LIBRARY_PATH=str(folder.parent))


run(test)
