"""A worker that has nothing to do sleeps, and each kind of port that can wakes it.

    vm1 (AF_PACKET) ──┐
    vm3 (tap) ────────┼─ A ferryd ── underlay ── B Linux ── vm2        VNI 100
    vm9 (vhost-user) ─┘
"""

import os
import time
from pathlib import Path

from support.ferry_vm import FerryVm
from support.frames import ethernet, marker, send
from support.netns import Namespace
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import run
from support.traffic import check_udp

TAP_MAC, VM9_MAC = "02:00:00:00:00:03", "02:00:00:00:00:09"
SECONDS = 2
# What Linux hosts send by themselves wakes a worker some times. One that only naps comes round 2,000 times a second and
# more, one whose queues can all wake it 200 times.
MOST_ROUNDS = 2000


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def workers(pair: Pair, key: str) -> int:
    return sum(worker[key] for worker in pair.a.ctl("stats")["workers"])


def check_idle(pair: Pair, what: str, all_wake: bool = True):
    step(f"{what}: idle seconds")
    rounds, before, began = workers(pair, "loops"), cpu_seconds(pair.a.pid), time.monotonic()
    time.sleep(SECONDS)
    share = (cpu_seconds(pair.a.pid) - before) / (time.monotonic() - began)
    rounds = workers(pair, "loops") - rounds
    print(f"{what}: idle ferryd took {share:.1%} of a CPU in {rounds} rounds", flush=True)
    check(share < 0.10, f"an idle ferryd takes {share:.0%} of a CPU")
    check(not all_wake or rounds < MOST_ROUNDS, f"a worker whose queues can all wake it came round {rounds} times")


def check_woken(pair: Pair, what: str, by):
    """`by` has 30 frames come by one port alone, to which nobody answers, each after a time without any."""
    step(f"{what} wakes the worker")
    wakes = workers(pair, "wakes")
    by()
    wakes = workers(pair, "wakes") - wakes
    print(f"{what}: 30 frames woke the worker {wakes} times", flush=True)
    check(wakes >= 10, f"{what}: 30 frames after idle times woke the worker {wakes} times")


def one_by_one(namespace: Namespace, device: str, destination: str, source: str):
    def frames():
        for _ in range(30):
            time.sleep(0.03)
            send(namespace, device, ethernet(destination, source, marker("wake")))
    return frames


def talk(pair: Pair, times: int):
    for _ in range(times):
        time.sleep(0.05)
        check_udp(pair.vm1.namespace, pair.vm1.ipv4, pair.vm2.namespace, pair.vm2.ipv4, count=8)


def check_tap(pair: Pair):
    vm3 = pair.tap_guest(TAP_MAC)
    vm3.ping(pair.vm2.ipv4)
    check_idle(pair, "AF_PACKET and tap")
    check_woken(pair, "tap", one_by_one(vm3, "ftap", pair.vm2.mac, TAP_MAC))
    vm3.ping(pair.vm2.ipv4)
    pair.a.ctl("port", "del", "tap")


def check_vhost(pair: Pair):
    socket = pair.a.vhost_port("vm9", VNI, VM9_MAC)
    check_idle(pair, "AF_PACKET and vhost-user without a VM")
    vm9 = FerryVm("vm9", {"vm9": (VM9_MAC, {"A": socket})})
    for turn in range(2):
        vm9.ask("connect")
        vm9.ask("start", host="A")
        check_idle(pair, "AF_PACKET and vhost-user")

        def frames():
            vm9.ask("send", to=pair.vm2.mac, rate=30, run=turn + 1)
            time.sleep(1)
            vm9.ask("quiet")

        check_woken(pair, "vhost-user", frames)
        vm9.ask("stop")
        check_idle(pair, "AF_PACKET and vhost-user whose VM stopped")
    vm9.stop()
    pair.a.ctl("port", "del", "vm9")


def test():
    pair = Pair()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    check_idle(pair, "AF_PACKET")
    check_woken(pair, "a port's AF_PACKET", one_by_one(pair.vm1.namespace, "eth0", pair.vm2.mac, pair.vm1.mac))
    check_woken(pair, "the underlay's AF_PACKET", one_by_one(pair.vm2.namespace, "eth0", pair.vm1.mac, pair.vm2.mac))
    talk(pair, 10)
    step("the interface goes down and comes back while the worker sleeps")
    pair.a.namespace.ip("link set dev ul0 down")
    check_idle(pair, "underlay down")
    pair.a.namespace.ip("link set dev ul0 up")
    wait_until(lambda: pair.vm1.namespace.reaches(pair.vm2.ipv4), "the way to vm2")
    check_tap(pair)
    check_vhost(pair)
    step("a port that cannot wake its worker is looked at all the same, and so are the others")
    pair.a.port("null", VNI, "net_null0,no-rx=1", ["02:00:00:00:00:05"])
    check_idle(pair, "AF_PACKET and a null device", all_wake=False)
    talk(pair, 10)
    pair.a.stop()
    step("poll = always")
    pair.a.config["workers"] = {"poll": "always"}
    pair.a.start()
    talk(pair, 5)
    check_equal(workers(pair, "sleeps"), 0, "sleeps of a worker that is to poll always")
    pair.a.stop()


run(test)
