"""Every frame that ferryd sends is one that another implementation understands: tshark decodes it to the innermost
checksum without a complaint, and its outer headers say what RFC 7348 asks for.

    vm1 ── A ferryd 172.16.0.1 ── underlay (captured at A) ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

from collections import defaultdict

from support.capture import Capture, check_decodes, decode
from support.hosts import underlay_mac
from support.outcome import check, check_equal, step
from support.pair import Pair
from support.sandbox import run
from support.traffic import check_tcp, check_udp

OUTER = ["eth.src", "eth.dst", "ip.src", "ip.dst", "ip.flags.df", "udp.dstport", "vxlan.flags", "vxlan.vni"]

FLOW = ["udp.srcport", "ip.src", "ip.dst", "ipv6.src", "udp.dstport", "tcp.srcport", "tcp.dstport"]


def outermost(row: list[str]) -> list[str]:
    return [value.split("|")[0] for value in row]


def test():
    pair = Pair()
    wire = Capture(pair.underlay.namespace, "A")
    for sender, receiver in pair.both_ways():
        step(f"traffic of many kinds from {sender.name}")
        sender.namespace.ping(receiver.ipv4)
        sender.namespace.ping(receiver.ipv6)
        for _ in range(8):  # each run is a flow of its own
            check_udp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4, count=20)
            check_udp(sender.namespace, sender.ipv6, receiver.namespace, receiver.ipv6, count=20, sizes=range(16, 1453))
        check_tcp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4, size=1 << 20)
        check_tcp(sender.namespace, sender.ipv6, receiver.namespace, receiver.ipv6, size=1 << 20)
    step("tshark has nothing against any frame")
    check(len(check_decodes(wire)) > 1000, "frames were captured")

    step("outer headers")
    path = wire.write()
    sent = {tuple(outermost(row)) for row in decode(path, OUTER, "vxlan and ip.src == 172.16.0.1")}
    expected = (underlay_mac("172.16.0.1"), underlay_mac("172.16.0.2"), "172.16.0.1", "172.16.0.2")
    check_equal({row[:4] for row in sent}, {expected}, "addresses of what A sent")
    check_equal({row[5:] for row in sent}, {("4789", "0x0800", "100")}, "UDP port, VXLAN flags and VNI")

    step("the outer source port tells flows apart, and keeps each flow on one path")
    ports = defaultdict(set)
    for row in decode(path, FLOW, "vxlan and ip.src == 172.16.0.1 and (tcp or udp.port == 9)"):
        outer_port, inner = row[0].split("|")[0], tuple(value.split("|", 1)[-1] for value in row)
        ports[inner].add(int(outer_port))
    check(len(ports) >= 18, f"flows in the capture: {len(ports)}")
    check(all(len(of_flow) == 1 for of_flow in ports.values()), f"source ports of each flow: {dict(ports)}")
    used = {port for of_flow in ports.values() for port in of_flow}
    check(len(used) > len(ports) / 2, f"{len(ports)} flows use {len(used)} ports")
    check(min(used) >= 49152, f"source ports are dynamic ones, 49152 to 65535: {sorted(used)}")


run(test)
