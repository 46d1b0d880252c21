"""ARP and ping cross between ferryd and Linux, whoever begins; each side learns where the other's guest is.

    vm1 10.0.0.1 ── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── 10.0.0.2 vm2        VNI 100
"""

from support.outcome import check, step
from support.pair import VNI, Pair
from support.sandbox import run


def test():
    pair = Pair()
    for sender, receiver in pair.both_ways():
        step(f"{sender.name} asks for {receiver.name}'s MAC by a broadcast and pings it")
        sender.forget_neighbours()
        receiver.forget_neighbours()
        sender.namespace.ping(receiver.ipv4)
        neighbours = sender.namespace.ip(f"neighbour show {receiver.ipv4}")
        check(receiver.mac in neighbours, f"{sender.name} has {receiver.ipv4} at {receiver.mac}: {neighbours}")
    step("both have learned")
    pair.a.wait_for_row(VNI, pair.vm2.mac, pair.b.address)
    pair.b.wait_for_row(VNI, pair.vm1.mac, pair.a.address)


run(test)
