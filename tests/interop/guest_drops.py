"""What a guest must not send, or what nobody could deliver, is dropped under its reason; the guest's other frames pass.

    vm1 02::01 ── A ferryd 172.16.0.1 ── underlay mtu 1600 ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

from collections import Counter

from support.capture import Capture
from support.frames import BROADCAST, ethernet, marker, send
from support.outcome import check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import run


def test():
    pair = Pair()
    guest, wire = pair.vm1.namespace, Capture(pair.underlay.namespace, "A")
    guest.ping(pair.vm2.ipv4)
    pair.a.wait_for_row(VNI, pair.vm2.mac, pair.b.address)
    guest.ip("link set dev eth0 mtu 1700")
    pair.a.namespace.ip("link set dev to-vm1 mtu 1700")

    mark = marker("to be dropped")
    largest = 1600 - 20 - 8 - 8  # the underlay's MTU without the outer headers behind Ethernet's: an inner frame
    for reason, frame in (
            ("source_spoofed", ethernet(pair.vm2.mac, "02:00:00:00:00:66", mark)),
            ("source_spoofed", ethernet(BROADCAST, pair.vm2.mac, mark)),
            ("source_invalid", ethernet(pair.vm2.mac, "00:00:00:00:00:00", mark)),
            ("source_invalid", ethernet(pair.vm2.mac, "01:00:00:00:00:01", mark)),
            ("source_invalid", ethernet(pair.vm2.mac, BROADCAST, mark)),
            ("hairpin", ethernet(pair.vm1.mac, pair.vm1.mac, mark)),
            ("frame_too_big", ethernet(pair.vm2.mac, pair.vm1.mac, mark.ljust(largest + 1 - 14, b".")))):
        step(reason)
        before = Counter(pair.a.drops())
        send(guest, "eth0", frame)
        wait_until(lambda: Counter(pair.a.drops()) != before, "a drop")
        check_equal(dict(Counter(pair.a.drops()) - before), {reason: 1}, "drops by reason")

    step("a frame that just fits passes")
    fits = marker("fits")
    send(guest, "eth0", ethernet(pair.vm2.mac, pair.vm1.mac, fits.ljust(largest - 14, b".")))
    check_equal([len(frame) for frame in wire.wait_for(fits)], [14 + 1600], "size on the underlay")
    check_equal(wire.matching(mark), [], "dropped frames on the underlay")


run(test)
