"""Bad frames from the underlay are dropped, each under its own reason, and ferryd goes on forwarding.

    vm1 ── A ferryd 172.16.0.1 ── underlay ──┬─ B Linux 172.16.0.2 ── vm2        VNI 100
                                             └─ attacker: frames made by hand, from 172.16.0.2
"""

from collections import Counter

from scapy.layers.inet import IP, UDP, IPOption_NOP, IPOption_Router_Alert
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from support.capture import Capture
from support.frames import send
from support.hosts import underlay_mac
from support.netns import Namespace, veth
from support.outcome import check_equal, step, wait_until
from support.pair import Pair
from support.sandbox import run

OUTER_HEADERS = 14 + 20 + 8 + 8


def vxlan(inner: bytes, vni: int = 100, flags: int = 0x08, ether=None, ip=None, udp=None) -> bytes:
    """A frame for A; `ether`, `ip` and `udp` say what differs from a right one."""
    return bytes(Ether(src=underlay_mac("172.16.0.2"), dst=underlay_mac("172.16.0.1"), **(ether or {}))
                 / IP(src="172.16.0.2", dst="172.16.0.1", **(ip or {}))
                 / UDP(**{"sport": 50000, "dport": 4789, "chksum": 0, **(udp or {})})
                 / VXLAN(vni=vni, flags=flags) / Raw(inner))


def bad_frames(inner: bytes) -> list[tuple[str, bytes]]:
    """Frames with the reason under which each must be dropped."""
    good = vxlan(inner)
    ip_length, udp_length = len(good) - 14, len(good) - 34
    frames = []
    # Cut off: before the ports nobody can say whose a frame is, so a frame that ends there counts as well.
    for length in range(14, len(good)):
        frames.append(("outer_truncated" if length < OUTER_HEADERS + 14 else "outer_length", good[:length]))
    for version in (0, 5, 6, 15):
        frames.append(("outer_version", vxlan(inner, ip={"version": version})))
    for options in ([IPOption_NOP()], [IPOption_Router_Alert()], [IPOption_NOP()] * 40):
        frames.append(("outer_options", vxlan(inner, ip={"options": options})))
    for length in (0, 1, 4):
        frames.append(("outer_options", vxlan(inner, ip={"ihl": length})))
    for fragment in ({"flags": "MF"}, {"flags": "MF+DF"}):
        frames.append(("outer_fragment", vxlan(inner, ip=fragment)))
    for length in (0, 19, 27, ip_length + 1, 65535):
        frames.append(("outer_length", vxlan(inner, ip={"len": length})))
    for difference in (1, 0x100, 0x8000):
        right = IP(vxlan(inner)[14:]).chksum
        frames.append(("outer_checksum", vxlan(inner, ip={"chksum": right ^ difference})))
    for length in (0, 7, 8, 15, udp_length + 1, 65535):
        frames.append(("udp_length", vxlan(inner, udp={"len": length})))
    for checksum in (1, 0xFFFE):
        frames.append(("udp_checksum", vxlan(inner, udp={"chksum": checksum})))
    for flags in (0x00, 0xF7, 0x04, 0x80):
        frames.append(("vxlan_flags", vxlan(inner, flags=flags)))
    for vni in (0, 99, 101, 200, 0xFFFFFF):
        frames.append(("vni_unknown", vxlan(inner, vni=vni)))
    for length in (0, 1, 13):
        # Padded behind the outer packet, so that the frame itself is long enough.
        frames.append(("inner_truncated", vxlan(inner[:length]) + bytes(20)))
    return frames


def test():
    pair = Pair()
    attacker = Namespace("attacker")
    veth(attacker, "eth0", pair.underlay.namespace, "attacker", mtu=pair.underlay.mtu)
    # The attacker's frames carry B's MAC, and what is for B is to go on reaching B.
    pair.underlay.namespace.ip("link set dev attacker master br")
    pair.underlay.namespace.ip("link set dev attacker type bridge_slave learning off")
    pair.vm1.namespace.ping(pair.vm2.ipv4)

    inner = bytes(Ether(src=pair.vm2.mac, dst=pair.vm1.mac, type=0x88B5) / Raw(b"not to arrive " * 6))
    arrived = Capture(pair.vm1.namespace, "eth0")
    step("the frame from which the bad ones are made arrives while it is good")
    send(attacker, "eth0", vxlan(inner))
    arrived.wait_for(inner)

    frames = bad_frames(inner)
    for reason in dict.fromkeys(reason for reason, _ in frames):
        of_reason = [frame for its_reason, frame in frames if its_reason == reason]
        step(f"{len(of_reason)} frames for {reason}")
        before = Counter(pair.a.drops())
        send(attacker, "eth0", *of_reason)
        wait_until(lambda: sum(pair.a.drops().values()) >= before.total() + len(of_reason), f"{len(of_reason)} drops")
        check_equal(dict(Counter(pair.a.drops()) - before), {reason: len(of_reason)}, "drops by reason")
    check_equal(len(arrived.matching(b"not to arrive")), 1, "frames that reached vm1, the good one among them")

    step("ferryd forwards as before")
    for sender, receiver in pair.both_ways():
        sender.namespace.ping(receiver.ipv4)
    pair.a.stop()


run(test)
