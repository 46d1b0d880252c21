"""Every installed header compiles alone, where neither ferry's tree nor DPDK is in sight."""

import os
from concurrent.futures import ThreadPoolExecutor

from support.installed import build_step, install
from support.outcome import check, step
from support.sandbox import run


def test():
    include = install() / "include"
    headers = sorted(include.rglob("*.hpp"))
    check(len(headers) > 20, f"headers found: {headers}")

    def compile_alone(header):
        step(str(header.relative_to(include)))
        build_step("g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{include}", "-x", "c++",
                   "-include", header, "/dev/null")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_alone, headers))


run(test)
