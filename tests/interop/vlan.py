"""Tagged frames of guests cross with their tags: ferryd neither takes a VLAN tag for its own nor loses it.

    vm1 ──────── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ──────── vm2        VNI 100
     └ VLAN 5: 10.5.0.1                                             10.5.0.2 ┘
"""

from support.capture import Capture, check_decodes, decode
from support.frames import BROADCAST, ethernet, marker, send
from support.outcome import check, check_equal, step
from support.pair import Pair
from support.sandbox import run
from support.traffic import check_tcp, check_udp
from support.vlan import VlanDevice


def test():
    pair = Pair()
    VlanDevice(pair.vm1, 5, "10.5.0.1/24")
    VlanDevice(pair.vm2, 5, "10.5.0.2/24")
    wire = Capture(pair.underlay.namespace, "B")
    near, far = (pair.vm1.namespace, "10.5.0.1"), (pair.vm2.namespace, "10.5.0.2")
    for sender, receiver in ((near, far), (far, near)):
        step(f"ping, UDP and TCP inside VLAN 5 from {sender[1]} to {receiver[1]}")
        sender[0].ping(receiver[1])
        check_udp(*sender, *receiver, sizes=range(16, 1469))
        check_tcp(*sender, *receiver)
    step("the tags are there on the underlay")
    check_decodes(wire)
    tags = {row[0] for row in decode(wire.write(), ["vlan.id"], "icmp")}
    check_equal(tags, {"5"}, "VLANs of the echo requests and replies")
    for sender, receiver in pair.both_ways():
        tags = {"of priority 3": "81006005", "with two tags": "8100000a81000014"}
        if sender is pair.vm2:  # from vm1 DPDK's AF_PACKET driver would make it 0x8100: it knows no other tag
            tags["of a provider and a customer"] = "88a8000a81000014"
        for name, tag in tags.items():
            step(f"a frame {name} arrives at {receiver.name} byte for byte")
            untagged = ethernet(BROADCAST, sender.mac, marker())
            frame = untagged[:12] + bytes.fromhex(tag) + untagged[12:]
            arrived = Capture(receiver.namespace, "eth0")
            send(sender.namespace, "eth0", frame)
            seen = arrived.wait_for(untagged[14:])[0]
            check(seen == frame, f"sent {frame.hex()}, arrived {seen.hex()}")


run(test)
