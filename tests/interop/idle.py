"""A worker that has nothing to do gives the CPU away, and wakes soon enough that nobody loses a frame.

    vm1 ── A ferryd ── underlay ── B Linux ── vm2        VNI 100
"""

import os
import time
from pathlib import Path

from support.outcome import check, step
from support.pair import Pair
from support.sandbox import run
from support.traffic import check_udp


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sleeps(pair: Pair) -> int:
    return sum(worker["sleeps"] for worker in pair.a.ctl("stats")["workers"])


def test():
    pair = Pair()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    step("three idle seconds")
    slept, before, began = sleeps(pair), cpu_seconds(pair.a.pid), time.monotonic()
    time.sleep(3)
    share = (cpu_seconds(pair.a.pid) - before) / (time.monotonic() - began)
    slept = sleeps(pair) - slept
    print(f"idle ferryd took {share:.1%} of a CPU and slept {slept} times", flush=True)
    check(slept > 300, f"the worker slept {slept} times")  # a quarter of a millisecond each, or more on a busy machine
    check(share < 0.25, f"an idle ferryd takes {share:.0%} of a CPU")
    step("frames after idle times arrive")
    for _ in range(20):
        time.sleep(0.05)
        check_udp(pair.vm1.namespace, pair.vm1.ipv4, pair.vm2.namespace, pair.vm2.ipv4, count=8)


run(test)
