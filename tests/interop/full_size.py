"""1,500-byte packets of guests cross an underlay of 1,600 bytes unfragmented.

    vm1 mtu 1500 ── A ferryd ── underlay mtu 1600 ── B Linux ── mtu 1500 vm2        VNI 100
"""

from support.capture import Capture, check_decodes, decode
from support.outcome import check, step
from support.pair import Pair
from support.sandbox import run


def test():
    pair = Pair()
    for sender, receiver in pair.both_ways():
        step(f"from {sender.name}, not to be fragmented: IPv4, then IPv6")
        wire = Capture(pair.underlay.namespace, "A")
        sender.namespace.ping(receiver.ipv4, "-M", "do", "-s", 1500 - 20 - 8)
        sender.namespace.ping(receiver.ipv6, "-M", "do", "-s", 1500 - 40 - 8)
        check_decodes(wire)
        sizes = {int(row[0]) for row in decode(wire.write(), ["frame.len"], "icmp or icmpv6.type in {128, 129}")}
        check(sizes == {14 + 20 + 8 + 8 + 14 + 1500}, f"sizes of the frames on the underlay: {sizes}")


run(test)
