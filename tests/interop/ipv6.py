"""IPv6 guests find each other by neighbour discovery, whose solicitations are multicast, and talk.

    vm1 fd00::1 ── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── fd00::2 vm2        VNI 100
"""

from support.outcome import check, step
from support.pair import Pair
from support.sandbox import run
from support.traffic import check_tcp, check_udp


def test():
    pair = Pair()
    for sender, receiver in pair.both_ways():
        step(f"{sender.name} solicits {receiver.name} and pings it")
        sender.forget_neighbours()
        receiver.forget_neighbours()
        sender.namespace.ping(receiver.ipv6)
        neighbours = sender.namespace.ip(f"neighbour show {receiver.ipv6}")
        check(receiver.mac in neighbours, f"{sender.name} has {receiver.ipv6} at {receiver.mac}: {neighbours}")
    for sender, receiver in pair.both_ways():
        step(f"UDP and TCP over IPv6 from {sender.name} to {receiver.name}")
        check_udp(sender.namespace, sender.ipv6, receiver.namespace, receiver.ipv6, sizes=range(16, 1453))
        check_tcp(sender.namespace, sender.ipv6, receiver.namespace, receiver.ipv6)


run(test)
