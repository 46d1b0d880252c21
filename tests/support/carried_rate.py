"""The rate that the ferryds and VMs of a full-rate test carry on this machine while nothing moves."""

import time

from .moving_vm import FLOWS, Counts, MovingVm

FIRST_RATE = 50_000  # frames a second
BACK = 0.1           # the VMs' own frames for each that they are sent
TRIAL = 1.0          # seconds


def begin(hosts: MovingVm, rate: float, flows: int = FLOWS) -> None:
    """Begins a run: `rate` frames a second to the VMs, BACK of it from all of them."""
    hosts.begin(rate, rate * BACK / hosts.vms, flows=flows)


def trial(hosts: MovingVm, rate: float, seconds: float, flows: int) -> tuple[float, Counts, Counts]:
    """Sends at a rate while nothing moves; returns the rate that came about, and what became of the frames."""
    begin(hosts, rate, flows)
    time.sleep(seconds)
    seconds = hosts.quiet()
    there, back = hosts.counts()
    print(f"  {rate:>11,.0f} asked, {there.sent / seconds:>11,.0f} sent a second: {there.lost:,} lost to the VM, "
          f"{back.lost:,} from it, dropped {hosts.dropped()}", flush=True)
    return there.sent / seconds, there, back


def highest_rate(hosts: MovingVm, flows: int = FLOWS) -> float:
    """The highest rate without loss: doubled until frames are lost or fewer are sent than asked for, then the middle."""
    good, bad, rate = 0.0, 0.0, float(FIRST_RATE)
    for _ in range(10):
        came_about, there, back = trial(hosts, rate, TRIAL, flows)
        clean = there.wrong() + back.wrong() == 0
        if clean:
            good = max(good, came_about)
        if not clean or came_about < 0.8 * rate:
            bad = rate
        if bad and bad - good < 0.15 * bad:
            break
        rate = (good + bad) / 2 if bad else 2 * rate
    return good


def rate_that_holds(hosts: MovingVm, part: float, flows: int = FLOWS, seconds: float = 3, slower: float = 0.5) -> float:
    """That part of the highest rate, or as often as needed `slower` times it: carried without loss for so many seconds."""
    rate = highest_rate(hosts, flows) * part
    for _ in range(8):
        _, there, back = trial(hosts, rate, seconds, flows)
        if there.wrong() + back.wrong() == 0:
            break
        rate *= slower
    return rate
