"""A VM moves again and again under the highest rate that this machine carries without loss while nothing moves: no frame
of any flow is lost, duplicated or out of order, and where one were, ferryds' counters would say why.

The VMs are ferry-vm's, which do on vhost-user what QEMU does, without a guest that would be the bottleneck; the underlay is
shared memory. With --long 1,000 moves at that rate, else 30 at half of it: beside other tests a worker may be away for
longer than its shared memory lasts.
"""

import os
import time

from support.carried_rate import BACK, begin, rate_that_holds
from support.certificates import Authority
from support.moving_vm import Counts, MovingVm, percentile
from support.outcome import check, check_equal, step
from support.sandbox import run

LONG = "FERRY_TEST_LONG" in os.environ
MOVES = 1000 if LONG else 30
OF_THE_HIGHEST = 1.0 if LONG else 0.5
SLOWER = 0.8 if LONG else 0.6   # when a host could not keep up
RECONNECTS = 10 if LONG else 2  # of so many moves one has the old host connect again, which takes it up to a second
SETTLES = 0.4                   # seconds until the sender's host has turned to the VM's new host and all is quiet again


def too_fast(dropped: dict[str, int]) -> bool:
    """Whether a host could not keep up with the rate: the underlay, which loses nothing itself, took no more."""
    return any(name.endswith(" transmit_failed") for name in dropped)


def move_about(hosts: MovingVm, rate: float) -> tuple[Counts, Counts, dict[str, int]]:
    """Moves the VM under load, until all moves are made or a host does not keep up; returns what became of the
    frames to it and from it, and what the hosts dropped."""
    step(f"{MOVES} moves at {rate:,.0f} frames a second to the VM and {rate * BACK:,.0f} from it")
    begin(hosts, rate)
    times = []
    for number in range(MOVES):
        times.append(hosts.move(logging_ms=20, announce=True, reconnect=number % RECONNECTS == 0))
        time.sleep(SETTLES)
        if (number + 1) % (MOVES // 10) == 0:
            print(f"  {number + 1} moves, dropped so far: {hosts.dropped()}", flush=True)
        if number % 10 == 9 and too_fast(hosts.dropped()):
            break
    seconds = hosts.quiet()
    there, back = hosts.counts()
    dropped = hosts.dropped()
    down = [(one["started"] - one["stop_asked"]) / 1e6 for one in times]
    first = [(one["first_used"] - one["started"]) / 1e6 for one in times if one["first_used"]]
    print(f"  {there.sent / seconds:,.0f} frames a second to the VM: {there}\n"
          f"  {back.sent / seconds:,.0f} from it: {back}\n"
          f"  dropped by the hosts: {dropped}\n"
          f"  the VM stood still for {percentile(down, .5):.2f} ms (p50), {percentile(down, .99):.2f} ms (p99)\n"
          f"  {len(first)} times a frame came within a second, {percentile(first, .5):.2f} ms (p50), "
          f"{percentile(first, .99):.2f} ms (p99) after the rings' start\n"
          f"  delay to the VM in microseconds: {there.delay_us}, longest silence {there.longest_silence_ms:.1f} ms", flush=True)
    return there, back, dropped


def test():
    # D hears of the sender at the start, and again after the first move; the search for the rate takes minutes.
    hosts = MovingVm(tls=Authority("ours"), learning={"ageing_seconds": 0})
    step("the highest rate without loss while nothing moves")
    rate = rate_that_holds(hosts, OF_THE_HIGHEST, seconds=60 if LONG else 3, slower=SLOWER)
    there, back, dropped = move_about(hosts, rate)
    for _ in range(6):
        if not too_fast(dropped):
            break
        step("a host could not keep up with the rate while other things ran here; once more, slower")
        rate *= SLOWER
        there, back, dropped = move_about(hosts, rate)
    # An announcement is flooded, and dropped where the VM's ring is stopped.
    lost, explained = there.lost + back.lost, sum(dropped.values())
    check(lost <= explained <= lost + 2 * MOVES, f"{lost} frames are lost, and the hosts' counters say {dropped}")
    for name, counts in (("to the VM", there), ("from the VM", back)):
        check_equal((counts.lost, counts.duplicated, counts.reordered, counts.too_old), (0, 0, 0, 0),
                    f"frames {name} that were lost, duplicated, reordered, too old to tell")
    hosts.stop()


run(test)
