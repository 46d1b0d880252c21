"""A VM moves again and again under the highest rate that this machine carries without loss while nothing moves: no frame
of any flow is lost, duplicated or out of order, and where one were, ferryds' counters would say why.

The VMs are ferry-vm's, which do on vhost-user what QEMU does, without a guest that would be the bottleneck; the underlay is
shared memory. With --long 1,000 moves, else 30.
"""

import os
import time

from support.certificates import Authority
from support.moving_vm import Counts, MovingVm
from support.outcome import check_equal, step
from support.sandbox import run

MOVES = 1000 if os.environ.get("FERRY_TEST_LONG") else 30
FIRST_RATE, LARGEST_RATE = 50_000, 4_000_000  # frames a second
BACK = 0.1       # the VM's own frames for each that it is sent
TRIAL = 1.0      # seconds
MARGIN = 0.8     # of the highest rate: the machine's other work comes and goes


def trial(hosts: MovingVm, rate: float, seconds: float = TRIAL) -> tuple[float, Counts, Counts]:
    """Sends at a rate while nothing moves; returns the rate that came about, and what became of the frames."""
    hosts.begin(rate, rate * BACK)
    time.sleep(seconds)
    seconds = hosts.quiet()
    there, back = hosts.counts()
    print(f"  {rate:>11,.0f} asked, {there.sent / seconds:>11,.0f} sent a second: {there.lost:,} lost to the VM, "
          f"{back.lost:,} from it, dropped {hosts.dropped()}", flush=True)
    return there.sent / seconds, there, back


def highest_rate(hosts: MovingVm) -> float:
    """The highest rate without loss: doubled until frames are lost or no more are sent, then the middle, three times."""
    good, rate = 0.0, float(FIRST_RATE)
    bad = None
    for _ in range(12):
        came_about, there, back = trial(hosts, rate)
        if there.wrong() + back.wrong() or came_about < 0.8 * rate:
            bad = rate
            if not there.wrong() + back.wrong():
                good = max(good, came_about)
        else:
            good = max(good, came_about)
        if bad is None:
            rate = min(2 * rate, LARGEST_RATE)
        elif bad - good < 0.15 * bad:
            break
        else:
            rate = (good + bad) / 2
    return good


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def test():
    hosts = MovingVm(tls=Authority("ours"))
    step("the highest rate without loss while nothing moves")
    rate = highest_rate(hosts) * MARGIN
    for _ in range(5):
        _, there, back = trial(hosts, rate, 3)
        if not there.wrong() + back.wrong():
            break
        rate *= MARGIN
    step(f"{MOVES} moves at {rate:,.0f} frames a second to the VM and {rate * BACK:,.0f} from it")
    hosts.begin(rate, rate * BACK)
    times = []
    for number in range(MOVES):
        times.append(hosts.move(logging_ms=20, announce=True))
        if (number + 1) % max(1, MOVES // 10) == 0:
            print(f"  {number + 1} moves, dropped so far: {hosts.dropped()}", flush=True)
    seconds = hosts.quiet()
    there, back = hosts.counts()
    dropped = hosts.dropped()
    down = [(one["started"] - one["stop_asked"]) / 1e6 for one in times]
    first = [(one["first_used"] - one["started"]) / 1e6 for one in times if one["first_used"]]
    print(f"  {there.sent / seconds:,.0f} frames a second to the VM: {there}\n  from it: {back}\n"
          f"  dropped by the hosts: {dropped}\n"
          f"  the VM stood still for {percentile(down, .5):.2f} ms (p50), {percentile(down, .99):.2f} ms (p99); the first "
          f"frame came {percentile(first, .5):.2f} ms (p50), {percentile(first, .99):.2f} ms (p99) after the rings' start\n"
          f"  delay to the VM {there.delay_us}, longest silence {there.longest_silence_ms:.1f} ms", flush=True)
    check_equal(sum(dropped.values()), there.lost + back.lost, "frames that the hosts say they dropped, and that are lost")
    for name, counts in (("to the VM", there), ("from the VM", back)):
        check_equal((counts.lost, counts.duplicated, counts.reordered, counts.too_old), (0, 0, 0, 0),
                    f"frames {name} that were lost, duplicated, reordered, too old to tell")
    hosts.stop()


run(test)
