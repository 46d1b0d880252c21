"""UDP and TCP payloads arrive unchanged, in order and with checksums that the receiver's kernel accepts, both ways.

    vm1 10.0.0.1 ─┐                                              ┌─ 10.0.0.2 vm2    VNI 100, B sends outer UDP checksums
                  A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2
    vm3 10.0.0.3 ─┘                                              └─ 10.0.0.4 vm4    VNI 200, B leaves them zero

RFC 7348 section 5 allows both.
"""

from support.hosts import Guest
from support.outcome import step, wait_until
from support.pair import Pair
from support.sandbox import run
from support.traffic import check_tcp, check_udp


def test():
    pair = Pair()
    vm3, vm4 = Guest("vm3", "02:00:00:00:00:03", "10.0.0.3/24"), Guest("vm4", "02:00:00:00:00:04", "10.0.0.4/24")
    pair.a.segment(200, [pair.b.address])
    pair.b.segment(200, [pair.a.address], udp_checksums=False)
    pair.a.attach(200, vm3)
    pair.b.attach(200, vm4)
    wait_until(lambda: vm3.namespace.reaches(vm4.ipv4), "vm3 reaches vm4")  # B's kernel has only just made its interfaces
    for sender, receiver in (*pair.both_ways(), (vm3, vm4), (vm4, vm3)):
        step(f"UDP from {sender.name} to {receiver.name}")
        check_udp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4, count=500)
        step(f"TCP from {sender.name} to {receiver.name}")
        check_tcp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4, size=8 << 20)


run(test)
