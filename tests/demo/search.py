"""The main job's search for the rate that a guest carries. No network is needed: the guest here is a number."""

import sys
from types import SimpleNamespace

from support.outcome import check, finish, step
from support.sandbox import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "examples/move-a-vm/lib"))
from move_a_vm.search import PRECISION, SHARE, find_rate  # noqa: E402

TRIALS = 40


class Load:
    """Carries up to `most` datagrams a second, and counts how often it is asked."""

    def __init__(self, most):
        self.most, self.trials = most, 0

    def start(self, rate, seconds):
        self.trials += 1
        check(self.trials <= TRIALS, f"the search for {self.most} ends: trial {self.trials} is at {rate}")
        sent = int(rate * seconds)
        self._flow = SimpleNamespace(peer={"sent": sent, "received": sent if rate <= self.most else sent // 2},
                                     complete=lambda: rate <= self.most)

    def finish(self):
        return [self._flow], []


def test():
    step("whatever a guest carries, the search ends, close to it and not above")
    for most in [20, 99, *range(100, 32000, 37)]:
        rate, highest = find_rate(Load(most), lambda _: None)
        check(highest <= most < highest * PRECISION * 1.1, f"{highest} is found where {most} is carried")
        check(SHARE * highest * 0.89 <= rate <= SHARE * highest, f"the job runs at {rate} of {highest}")


finish(test)
