"""Threads are added and taken away while frames flow, wait and follow a VM that moves: none is lost, doubled or overtaken, and
the threads are those that were asked for.

    vm ── S ferryd, 2 workers ──┬── underlay ──┬── Q ferryd, 2 workers ── q
    (or)─ D ferryd, 2 workers ──┘
"""

import threading
from pathlib import Path

from support.ferryd import FerryVtep
from support.moving_hosts import MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.sandbox import run

MOVES = 6


def threads_of(host) -> list[str]:
    """The names of the threads that run workers, as the kernel has them."""
    names = (task.joinpath("comm").read_text(encoding="ascii").strip()
             for task in Path(f"/proc/{host.pid}/task").iterdir())
    return sorted(name for name in names if name.startswith("worker-"))


class Changes:
    """One thread, two threads, one thread and so on at each host, as fast as they are taken, until finish()."""

    def __init__(self, hosts):
        self.count, self._fault, self._stopping = 0, None, threading.Event()
        self._thread = threading.Thread(target=self._run, args=(list(hosts),), daemon=True)
        self._thread.start()

    def _run(self, hosts) -> None:
        try:
            while not self._stopping.is_set():
                for host in hosts:
                    host.ctl("workers", "threads", 1 + self.count % 2)
                self.count += 1
        except Exception as error:  # told by finish()
            self._fault = error

    def finish(self) -> None:
        self._stopping.set()
        self._thread.join()
        check(self._fault is None, f"changing threads: {self._fault!r}")


def test():
    queues = {"underlay": {"device": FerryVtep.AF_PACKET + ",framecnt=4096,qpairs=2", "queue_workers": [1, 0]}}
    bed = MovingHosts("SDQ", workers={"count": 2, "threads": 1}, move={"lease_ms": 1000, "merge_ms": 500},
                      each={"S": queues, "D": queues})
    s = bed.hosts["S"]

    step("as many threads run as are asked for, and each worker by one of them")
    check_equal(threads_of(s), ["worker-0"], "S's threads at the start")
    check_equal([worker["thread"] for worker in s.ctl("workers")], [0, 0], "the thread of each worker")
    check_equal([worker["thread"] for worker in s.ctl("workers", "threads", 2)], [0, 1], "the thread of each worker")
    check_equal(threads_of(s), ["worker-0", "worker-1"], "S's threads")
    check_equal([worker["underlay_queues"] for worker in s.ctl("workers")], [[1], [0]], "the queues of each worker")
    refused = s.try_ctl("workers", "threads", 3)
    check(refused.returncode != 0 and "as many as there are workers" in refused.stdout, f"3 threads are refused: {refused}")
    check_equal(threads_of(s), ["worker-0", "worker-1"], "S's threads after a refusal")

    step("while frames flow")
    flow = bed.flow("Q", 2000)
    flow.wait_for("S")
    changes = Changes(bed.hosts.values())
    wait_until(lambda: changes.count >= 10, "ten changes at each host", 30)

    step("while frames wait in the dock, and the VM moves there and back")
    here, there = "S", "D"
    for _ in range(MOVES):
        bed.stop(here)
        done = changes.count
        wait_until(lambda: changes.count >= done + 3, "three changes while the VM stands still", 20)
        bed.start(there)
        bed.wait_for_phase(there, "destination", "opened")
        flow.wait_for(there)
        here, there = there, here
    changes.finish()
    arrived = flow.finish()
    print(f"  {changes.count} changes at each host", flush=True)
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")
    check("handover_full" not in {**s.drops(), **bed.hosts["D"].drops()}, "all that workers handed to each other was taken")
    for name in "SD":
        wait_until(lambda: all(move["closed"] for move in bed.moves(name, "source")), f"{name}'s closed books", 15)
    bed.check_books()

    step("a thread that went is gone")
    s.ctl("workers", "threads", 1)
    check_equal(threads_of(s), ["worker-0"], "S's threads")
    bed.stop_all()


run(test)
