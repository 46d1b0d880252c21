"""What is inside a frame is the guests' business: odd EtherTypes, broken checksums, fragments, IP options, VXLAN of their
own and frames of every length cross byte for byte.

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
    addresses = {"src": "10.0.0.101", "dst": "10.0.0.102"}
    udp = IP(**addresses) / UDP(sport=1000, dport=2000) / Raw(b"payload" * 20)
    frames = {
        "an EtherType nobody knows": ether.copy() / Raw(b"x" * 50),
        "a frame with a length for an EtherType": Ether(src=source, dst=destination, type=46) / Raw(b"\xaa\xaa\x03" + b"x" * 43),
        "an Ethernet header alone": Ether(src=source, dst=destination, type=0x88B5),
        "a wrong IPv4 header checksum": ether / IP(**addresses, chksum=0x1234) / UDP() / Raw(b"x" * 20),
        "a wrong UDP checksum": ether / IP(**addresses) / UDP(chksum=0x1234) / Raw(b"x" * 20),
        "IP version 7": ether / IP(**addresses, version=7) / UDP() / Raw(b"x" * 20),
        "an IP length beyond the frame": ether / IP(**addresses, len=1400) / UDP() / Raw(b"x" * 20),
        "IP options": ether / IP(**addresses, options=[IPOption_Router_Alert()]) / ICMP(),
        "VXLAN of the guests' own, in the same VNI": ether / IP(**addresses) / UDP(sport=5, dport=4789, chksum=0) / VXLAN(vni=100)
        / Ether(src=source, dst=destination) / udp,
        "VXLAN with a wrong flag": ether / IP(**addresses) / UDP(dport=4789) / VXLAN(vni=100, flags=0) / Raw(b"x" * 40),
        "an IPv6 fragment": ether / IPv6(src="fd00::101", dst="fd00::102") / IPv6ExtHdrFragment(offset=10, m=1) / Raw(b"x" * 64),
        "an ARP reply nobody asked for": ether / ARP(op=2, hwsrc=source, psrc="10.0.0.101", hwdst=destination, pdst="10.0.0.102"),
        "two VLAN tags": ether / Dot1Q(vlan=10) / Dot1Q(vlan=20) / udp,
    }
    for number, part in enumerate(fragment(IP(**addresses) / UDP(dport=2000) / Raw(b"y" * 3000), fragsize=1400)):
        frames[f"fragment {number} of an IPv4 packet"] = ether / part
    for size in (15, 20, 33, 34, 41, 42, 59, 60, 61, 64, 127, 128, 129, 1000, 1513, 1514):
        frames[f"a frame of {size} bytes"] = Ether(src=source, dst=destination, type=0x88B5) / Raw(bytes(size % 251 for _ in range(size - 14)))
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
