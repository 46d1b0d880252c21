"""A worker that has nothing to do sleeps, and each kind of port that can wakes it.

    vm1 (AF_PACKET) ──┐
    vm3 (tap) ────────┼─ A ferryd ── underlay ── B Linux ── vm2        VNI 100
    vm9 (vhost-user) ─┘
"""

import socket
import time

from support.ferry_vm import FerryVm
from support.idleness import check_idle, check_woken, of_workers, frame_between
from support.outcome import check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import run
from support.traffic import check_udp

IPV4 = 0x0800
TAP_MAC, VM9_MAC = "02:00:00:00:00:03", "02:00:00:00:00:09"


def talk(pair: Pair, times: int):
    for _ in range(times):
        time.sleep(0.05)
        check_udp(pair.vm1.namespace, pair.vm1.ipv4, pair.vm2.namespace, pair.vm2.ipv4, count=8)


def check_tap(pair: Pair):
    vm3 = pair.tap_guest(TAP_MAC)
    vm3.ping(pair.vm2.ipv4)
    check_idle(pair.a, "AF_PACKET and tap")
    check_woken(pair.a, "tap", frame_between(vm3, "ftap", TAP_MAC, pair.vm2))
    vm3.ping(pair.vm2.ipv4)
    pair.a.ctl("port", "del", "tap")


def check_vhost(pair: Pair):
    path = pair.a.vhost_port("vm9", VNI, VM9_MAC)
    check_idle(pair.a, "AF_PACKET and vhost-user without a VM")
    vm9 = FerryVm("vm9", {"vm9": (VM9_MAC, {"A": path})})
    for turn in range(2):
        vm9.ask("connect")
        vm9.ask("start", host="A")
        check_idle(pair.a, "AF_PACKET and vhost-user")

        def one_frame():
            with pair.vm2.namespace.socket(socket.AF_PACKET, socket.SOCK_RAW) as into:
                into.bind(("eth0", IPV4))
                into.settimeout(10)
                vm9.ask("send", to=pair.vm2.mac, rate=100, run=turn + 1)
                into.recv(2048)
                vm9.ask("quiet")

        check_woken(pair.a, "vhost-user", one_frame)
        vm9.ask("stop")
        check_idle(pair.a, "AF_PACKET and vhost-user whose VM stopped")
    vm9.stop()
    pair.a.ctl("port", "del", "vm9")


def test():
    pair = Pair()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    check_idle(pair.a, "AF_PACKET")
    check_woken(pair.a, "a port's AF_PACKET", frame_between(pair.vm1.namespace, "eth0", pair.vm1.mac, pair.vm2))
    check_woken(pair.a, "the underlay's AF_PACKET", frame_between(pair.vm2.namespace, "eth0", pair.vm2.mac, pair.vm1))
    talk(pair, 10)
    step("the interface goes down and comes back while the worker sleeps")
    pair.a.namespace.ip("link set dev ul0 down")
    check_idle(pair.a, "underlay down")
    pair.a.namespace.ip("link set dev ul0 up")
    wait_until(lambda: pair.vm1.namespace.reaches(pair.vm2.ipv4), "the way to vm2")
    check_tap(pair)
    check_vhost(pair)
    step("a port that cannot wake its worker is looked at all the same, and so are the others")
    pair.a.port("null", VNI, "net_null0,no-rx=1", ["02:00:00:00:00:05"])
    check_idle(pair.a, "AF_PACKET and a null device", all_wake=False)
    talk(pair, 10)
    pair.a.stop()
    step("poll = always")
    pair.a.config["workers"] = {"poll": "always"}
    pair.a.start()
    talk(pair, 5)
    check_equal(sum(of_workers(pair.a, "sleeps")), 0, "sleeps of a worker that is to poll always")
    pair.a.stop()


run(test)
