"""A ferryd host's kernel, which sees what AF_PACKET sees, does not answer VXLAN with ICMP port unreachable; it does
answer what is its own: ARP, ping, and UDP to other ports.

    vm1 ── A ferryd 172.16.0.1 ── underlay (captured) ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

import socket

from support.capture import Capture, decode
from support.outcome import check, check_equal, step
from support.pair import Pair
from support.sandbox import run
from support.traffic import check_udp


def test():
    pair = Pair()
    wire = Capture(pair.underlay.namespace, "A")
    step("guests talk, and the hosts themselves do")
    for sender, receiver in pair.both_ways():
        check_udp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4, count=50)
    pair.b.namespace.ping(pair.a.address)
    pair.a.namespace.ping(pair.b.address)
    step("UDP to a port where nobody listens, as the proof that this kernel does say unreachable")
    with pair.b.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.settimeout(5)
        out.connect((pair.a.address, 4790))
        out.send(b"?")
        try:
            out.recv(1)
            check(False, "port 4790 answered")
        except ConnectionRefusedError:
            pass
    rows = decode(wire.write(), ["ip.src", "udp.dstport"], "icmp.type == 3")
    check_equal([row[1].split("|")[-1] for row in rows], ["4790"], "UDP ports called unreachable on the underlay")
    pair.a.stop()


run(test)
