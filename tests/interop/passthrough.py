"""What is inside a frame is the guests' business: odd EtherTypes, broken checksums, fragments, IP options, VXLAN of
their own and frames of every length cross byte for byte.

    vm1 ── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

from scapy.layers.inet import ICMP, IP, UDP, IPOption_Router_Alert, fragment
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from support.capture import Capture
from support.frames import send
from support.outcome import check, step
from support.pair import Pair
from support.sandbox import run


def frames_between(source: str, destination: str) -> dict[str, bytes]:
    """Frames by what is odd about them."""
    ether = Ether(src=source, dst=destination)
    experiment = Ether(src=source, dst=destination, type=0x88B5)
    ip = IP(src="10.0.0.101", dst="10.0.0.102")
    data = Raw(b"x" * 40)

    def odd(**fields):
        return IP(src=ip.src, dst=ip.dst, **fields)

    frames = {
        "an EtherType nobody knows": experiment / data,
        "a length for an EtherType": Ether(src=source, dst=destination, type=46) / Raw(b"\xaa\xaa\x03" + b"x" * 43),
        "an Ethernet header alone": experiment,
        "a wrong IPv4 header checksum": ether / odd(chksum=0x1234) / UDP() / data,
        "a wrong UDP checksum": ether / ip / UDP(chksum=0x1234) / data,
        "IP version 7": ether / odd(version=7) / UDP() / data,
        "an IP length beyond the frame": ether / odd(len=1400) / UDP() / data,
        "IP options": ether / odd(options=[IPOption_Router_Alert()]) / ICMP(),
        "VXLAN of the guests' own, in the same VNI":
            ether / ip / UDP(sport=5, dport=4789, chksum=0) / VXLAN(vni=100) / ether / ip / UDP() / data,
        "VXLAN with a wrong flag": ether / ip / UDP(dport=4789) / VXLAN(vni=100, flags=0) / data,
        "an IPv6 fragment": ether / IPv6(src="fd00::101", dst="fd00::102") / IPv6ExtHdrFragment(offset=10, m=1) / data,
        "an ARP reply nobody asked for": ether / ARP(op=2, hwsrc=source, psrc=ip.src, hwdst=destination, pdst=ip.dst),
        "two VLAN tags": ether / Dot1Q(vlan=10) / Dot1Q(vlan=20) / ip / UDP() / data,
    }
    for number, part in enumerate(fragment(ip / UDP(dport=2000) / Raw(b"y" * 3000), fragsize=1400)):
        frames[f"fragment {number} of an IPv4 packet"] = ether / part
    for size in (15, 20, 33, 34, 41, 42, 59, 60, 61, 64, 127, 128, 129, 1000, 1513, 1514):
        frames[f"a frame of {size} bytes"] = experiment / Raw(bytes([size % 251]) * (size - 14))
    return {name: bytes(frame) for name, frame in frames.items()}


def test():
    pair = Pair()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    for sender, receiver in pair.both_ways():
        arrived = Capture(receiver.namespace, "eth0")
        for name, frame in frames_between(sender.mac, receiver.mac).items():
            step(f"{sender.name} sends {name}")
            send(sender.namespace, "eth0", frame)
            seen = arrived.wait_for(frame)[-1]
            check(seen == frame, f"sent {frame.hex()}, arrived {seen.hex()}")


run(test)
