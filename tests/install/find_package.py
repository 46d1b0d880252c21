"""A program outside the tree builds against an installed ferry by find_package(ferry), without a word about DPDK."""

from support.installed import build_step, check_program, copy_of_program, install
from support.outcome import step
from support.sandbox import run


def test():
    prefix, sources = install(), copy_of_program()
    step("configure and build")
    build_step("cmake", "-S", sources, "-B", sources / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    build_step("ninja", "-C", sources / "build")
    step("run")
    check_program(sources / "build/ferry-user")


run(test)
