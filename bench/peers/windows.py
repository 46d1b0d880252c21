"""All programs of a case in turn, several rounds: each has the worker's CPU to itself for a window, while the others
stand still. What else the machine does then falls on all of them alike."""

import subprocess
import time
from statistics import median

from support.ferryd import BUILD
from support.moving_vm import percentile

from .cases import Case
from .switch import CONTROL_CPU, WORKER_CPU, Cannot, Switch

WARM_UP = 0.3  # seconds: caches, flows that a program finds out about


class Rates:
    """Frames a second of one program, by window."""

    def __init__(self, rates: list[float]):
        self.rates = rates

    @property
    def median(self) -> float:
        return median(self.rates)

    @property
    def spread(self) -> float:
        """The range of the middle half, as a part of the median; of all where there are fewer than four."""
        low, high = (0.25, 0.75) if len(self.rates) >= 4 else (0, 1)
        return (percentile(self.rates, high) - percentile(self.rates, low)) / self.median


def cpu_distance() -> float:
    """Nanoseconds for a word to go from one CPU to the other and back."""
    words = [BUILD / "bench/peers/ferry-cpu-distance", CONTROL_CPU, WORKER_CPU]
    return float(subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True).stdout)


def alike(distances: list[float]) -> list[int]:
    """The rounds, by number, whose distances are told together: the near ones or the far ones, whichever are more. Beneath a
    virtual machine its CPUs may be placed anew at any time. `distances` are those before the rounds and one behind
    the last; a round in which they were both is neither."""
    bound = 2 * min(distances)
    sides = [{distance <= bound for distance in distances[number:number + 2]} for number in range(len(distances) - 1)]
    near, far = ([number for number, side in enumerate(sides) if side == {kind}] for kind in (True, False))
    return max(near, far, key=len) or list(range(len(sides)))


def measure(case: Case, kinds: list[type[Switch]], folder, hugepages: bool, rounds: int, seconds: float, say):
    """Returns the rates by the programs' names, why others have none, and for a case with a VM the distance of its CPU from
    the worker's, in nanoseconds, with how many rounds were left out because it was another one in them."""
    switches, reasons, rates = [], {}, {}
    distances = []
    try:
        for kind in kinds:
            try:
                switches.append(kind(case, folder, hugepages))
                switches[-1].start()
                switches[-1].stand_still()
                rates[kind.name] = []
            except Cannot as reason:
                reasons[kind.name] = str(reason)
                if switches and switches[-1].name == kind.name:
                    switches.pop().end()
        for number in range(rounds):
            if case.vm:
                distances.append(cpu_distance())
            for switch in switches:
                switch.go_on()
                time.sleep(WARM_UP)
                began, before = switch.sent()
                time.sleep(seconds)
                ended, after = switch.sent()
                switch.stand_still()
                rates[switch.name].append((after - before) / (ended - began))
            say(f"{case.name}: round {number + 1} of {rounds}: "
                + ", ".join(f"{switch.name} {rates[switch.name][-1] / 1e6:.2f}" for switch in switches)
                + " million a second")
        if case.vm:
            distances.append(cpu_distance())
    finally:
        for switch in switches:
            switch.end()
    told = alike(distances) if distances else list(range(rounds))
    rates = {name: [seen[number] for number in told] for name, seen in rates.items()}
    for name in [name for name, seen in rates.items() if min(seen, default=0) <= 0]:
        reasons[name] = "no frame came out"
        del rates[name]
    distance = (median([distances[number] for number in told]), rounds - len(told)) if distances else None
    return {name: Rates(seen) for name, seen in rates.items()}, reasons, distance
