"""Segments do not see each other, even with the same addresses in both.

    vm1  02::01 10.0.0.1 ── VNI 100 ─┐                                    ┌─ VNI 100 ── 10.0.0.2 02::02 vm2
    vm1x 02::01 10.0.0.1 ── VNI 200 ─┴─ A ferryd ── underlay ── B Linux ──┴─ VNI 200 ── 10.0.0.2 02::02 vm2x
"""

from support.capture import Capture
from support.frames import BROADCAST, ethernet, marker, send
from support.hosts import Guest
from support.outcome import check_equal, step
from support.pair import Pair
from support.sandbox import run
from support.traffic import check_tcp


def test():
    pair = Pair()
    vm1x = Guest("vm1x", pair.vm1.mac, "10.0.0.1/24")
    vm2x = Guest("vm2x", pair.vm2.mac, "10.0.0.2/24")
    pair.a.segment(200, [pair.b.address])
    pair.b.segment(200, [pair.a.address])
    pair.a.attach(200, vm1x)
    pair.b.attach(200, vm2x)
    guests = (pair.vm1, vm1x, pair.vm2, vm2x)
    partners = {pair.vm1: pair.vm2, pair.vm2: pair.vm1, vm1x: vm2x, vm2x: vm1x}
    arrived = {guest: Capture(guest.namespace, "eth0") for guest in guests}

    sent = {}
    for sender in guests:
        for destination in (BROADCAST, partners[sender].mac, "01:00:5e:01:02:03", "02:00:00:00:00:99"):
            mark = marker(f"{sender.name} to {destination}")
            sent[mark] = sender
            send(sender.namespace, "eth0", ethernet(destination, sender.mac, mark))
    step("each segment carries traffic of its own")
    for sender in guests:
        sender.namespace.ping(partners[sender].ipv4)
    check_tcp(pair.vm1.namespace, pair.vm1.ipv4, pair.vm2.namespace, pair.vm2.ipv4, size=1 << 20)
    check_tcp(vm1x.namespace, vm1x.ipv4, vm2x.namespace, vm2x.ipv4, size=1 << 20)
    step("every frame reached the partner in its own segment and nobody else")
    for mark, sender in sent.items():
        seen = {guest.name: len(arrived[guest].matching(mark)) for guest in guests}
        expected = {guest.name: int(guest in (sender, partners[sender])) for guest in guests}
        check_equal(seen, expected, f"frames {mark} by guest (the sender sees its own)")


run(test)
