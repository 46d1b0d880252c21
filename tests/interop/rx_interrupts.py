"""Rx interrupts of a device wake a worker that sleeps, and cost nothing while nothing comes; virtio-user is the NIC.

    vm4 ── testpmd ── virtio-user ──┐
    vm9, testpmd ── DPDK's vhost ───┤
    vm1 (AF_PACKET) ────────────────┴─ A ferryd ── underlay ── B Linux ── vm2        VNI 100

and then the underlay on virtio-user, with a queue for each of two workers.
"""

import socket

from support.hosts import Guest, underlay_mac
from support.idleness import check_idle, check_woken, of_workers, frame_between
from support.interrupting_nic import InterruptingNic
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import run
from support.traffic import check_tcp, check_udp
from support.vhost_guest import VhostGuest

VM9_MAC, VM9_ADDRESS = "02:00:00:00:00:09", "10.0.0.9"


def state(pair: Pair, name: str) -> str:
    return next(port["state"] for port in pair.a.ctl("port", "show") if port["name"] == name)


def check_attachment(pair: Pair):
    vm4 = Guest("vm4", "02:00:00:00:00:04", "10.0.0.4/24")
    vm4.plug(pair.a.namespace, "to-vm4")
    nic = InterruptingNic(pair.a.namespace, "to-vm4")
    pair.a.port("nic", VNI, nic.device(0, vm4.mac), [vm4.mac])
    vm4.namespace.ping(pair.vm2.ipv4)
    check_idle(pair.a, "AF_PACKET and a NIC")
    check_woken(pair.a, "a NIC's interrupt", frame_between(vm4.namespace, "eth0", vm4.mac, pair.vm2))
    check_idle(pair.a, "AF_PACKET and a NIC whose interrupts came")
    check_udp(vm4.namespace, vm4.ipv4, pair.vm2.namespace, pair.vm2.ipv4)
    step("its link goes down")
    check_equal(state(pair, "nic"), "up", "state of the port")
    nic.stop()
    wait_until(lambda: state(pair, "nic") == "down", "the port to be down")
    pair.a.ctl("port", "del", "nic")


def check_unfit(pair: Pair):
    """DPDK's vhost device has Rx interrupts whose descriptors poll(2) would find readable for ever."""
    step("a device whose interrupts are of no use is looked at")
    path = pair.a.folder / "vm9.sock"
    pair.a.port("vm9", VNI, f"net_vhost0,iface={path}", [VM9_MAC])
    vm9 = VhostGuest("vm9", VM9_MAC)
    vm9.start(path, server=False)
    pair.vm2.namespace.ip(f"neighbour replace {VM9_ADDRESS} lladdr {VM9_MAC} dev eth0 nud permanent")
    wait_until(lambda: pair.vm2.namespace.reaches(VM9_ADDRESS), "vm9's first answer")
    pair.vm2.namespace.ping(VM9_ADDRESS)
    wakes = sum(of_workers(pair.a, "wakes"))
    check_idle(pair.a, "AF_PACKET and DPDK's vhost device", all_wake=False)
    wakes = sum(of_workers(pair.a, "wakes")) - wakes
    check(wakes < 500, f"the worker was woken {wakes} times in seconds without frames")  # by one old event: thousands
    vm9.stop()
    pair.a.ctl("port", "del", "vm9")


def check_underlay(pair: Pair):
    step("the underlay, with two queues")
    pair.a.stop()
    nic = InterruptingNic(pair.a.namespace, "ul0", queues=2)
    pair.a.config["underlay"]["device"] = nic.device(0, underlay_mac(pair.a.address))
    pair.a.config["workers"] = {"count": 2}
    pair.a.start()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    check_idle(pair.a, "two queues of a NIC")

    def frame_of_another_flow():
        with pair.vm1.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as into, \
                pair.vm2.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            into.bind((pair.vm1.ipv4, 0))
            into.settimeout(10)
            out.sendto(b"wake", into.getsockname())
            into.recv(2048)

    check_woken(pair.a, "two queues' interrupts", frame_of_another_flow, queues=2)
    for sender, receiver in pair.both_ways():
        check_udp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4)
        check_tcp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4)
    check_idle(pair.a, "two queues of a NIC after traffic")
    pair.a.stop()
    nic.stop()


def test():
    pair = Pair()
    check_attachment(pair)
    check_unfit(pair)
    check_underlay(pair)


run(test)
