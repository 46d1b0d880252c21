"""Whether ferryd costs nothing while nothing comes, and is there when something does."""

import os
import socket
import time
from pathlib import Path

from .ferryd import FerryVtep
from .frames import EXPERIMENTAL, ethernet, marker, send
from .hosts import Guest
from .netns import Namespace
from .outcome import check, step

SECONDS = 2
# What Linux hosts send by themselves wakes a worker some times. One that only naps comes round 2,000 times a second and
# more, one whose queues can all wake it 200 times.
MOST_ROUNDS = 2000
SHORTEST_PAUSE = 0.03  # in seconds; a worker that has its CPU sleeps after a few milliseconds


def cpu_seconds(pid: int) -> float:
    """User and system time of a process since its start."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def of_workers(vtep: FerryVtep, key: str) -> list[int]:
    """A count of ferryd's workers, one after the other."""
    return [worker[key] for worker in vtep.ctl("stats")["workers"]]


def check_idle(vtep: FerryVtep, what: str, all_wake: bool = True):
    step(f"{what}: idle seconds")
    rounds, before, began = of_workers(vtep, "loops"), cpu_seconds(vtep.pid), time.monotonic()
    time.sleep(SECONDS)
    share = (cpu_seconds(vtep.pid) - before) / (time.monotonic() - began)
    rounds = [after - count for count, after in zip(rounds, of_workers(vtep, "loops"))]
    print(f"{what}: idle ferryd took {share:.1%} of a CPU in {rounds} rounds", flush=True)
    check(share < 0.10, f"an idle ferryd takes {share:.0%} of a CPU")
    check(not all_wake or max(rounds) < MOST_ROUNDS,
          f"a worker whose queues can all wake it came round {max(rounds)} times")


def check_woken(vtep: FerryVtep, what: str, one_frame, queues: int = 1):
    """`one_frame` has a frame come by one port alone, to which nobody answers, and returns when it has arrived. A
    worker that other programs keep from its CPU is seldom asleep when it comes, so that many are tried, after longer
    and longer times. With several queues each is to wake the worker that it belongs to."""
    step(f"{what} wakes the worker")
    woken, pause, tries = [0] * len(of_workers(vtep, "wakes")), SHORTEST_PAUSE, 0
    while sorted(woken)[-queues] < 10 and tries < 60 * queues:
        tries += 1
        time.sleep(pause)
        before = of_workers(vtep, "wakes")
        one_frame()
        woke = [after > count for count, after in zip(before, of_workers(vtep, "wakes"))]
        woken = [count + new for count, new in zip(woken, woke)]
        pause = SHORTEST_PAUSE if any(woke) else min(2 * pause, 1)
    print(f"{what}: {tries} frames woke the workers {woken} times", flush=True)
    check(sorted(woken)[-queues] >= 5, f"{what}: {tries} frames after idle times woke the workers {woken} times")


def frame_between(sender: Namespace, device: str, source: str, receiver: Guest):
    """For check_woken(): a frame from a device of the sender's to a guest."""
    def one_frame():
        with receiver.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as into:
            into.bind(("eth0", EXPERIMENTAL))
            into.settimeout(10)
            send(sender, device, ethernet(receiver.mac, source, marker("wake")))
            into.recv(2048)
    return one_frame
