"""Attachments, segments, VTEPs and rows come and go by ferryctl while traffic that they do not concern runs; that
traffic loses nothing, and what was added works.

    vm1 ── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── vm2        VNI 100: a stream each way, all the time
    vm3 ──┘  (added and removed)               (all the time)  └─── vm4        VNI 200
"""

from support.hosts import Guest
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import run
from support.traffic import Stream, check_tcp


def test():
    pair = Pair()
    a, b = pair.a, pair.b
    vm4 = Guest("vm4", "02:00:00:00:00:04", "10.2.0.4/24")
    b.segment(200, [a.address])
    b.attach(200, vm4)
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    streams = [Stream(sender.namespace, sender.ipv4, [receiver.namespace], receiver.ipv4)
               for sender, receiver in pair.both_ways()]

    for turn in range(3):
        step(f"turn {turn}: a segment with an attachment is added and carries traffic")
        a.segment(200, [b.address])
        vm3 = Guest(f"vm3-{turn}", "02:00:00:00:00:03", "10.2.0.3/24")
        a.attach(200, vm3)
        check_tcp(vm3.namespace, vm3.ipv4, vm4.namespace, vm4.ipv4, size=1 << 20)
        vm4.namespace.ping(vm3.ipv4)
        step("VTEPs and rows come, change and go")
        a.ctl("vtep", "add", "172.16.0.9", "mac", "02:00:ac:10:00:09")
        a.ctl("fdb", "add", "02:00:00:00:00:99", "vni", VNI, "vtep", "172.16.0.9")
        check_equal(a.vtep_of(VNI, "02:00:00:00:00:99"), "172.16.0.9", "the added row")
        check(a.try_ctl("vtep", "del", "172.16.0.9").returncode != 0, "a VTEP that a row names cannot be deleted")
        a.ctl("vtep", "change", "172.16.0.9", "mac", "02:00:ac:10:00:0a")
        a.ctl("fdb", "del", "02:00:00:00:00:99", "vni", VNI)
        check_equal(a.vtep_of(VNI, "02:00:00:00:00:99"), None, "the deleted row")
        a.ctl("vtep", "del", "172.16.0.9")
        step("the segment is in use as long as it has ports; without it VNI 200 is unknown")
        check(a.try_ctl("vni", "del", 200).returncode != 0, "a segment with ports cannot be deleted")
        a.ctl("port", "del", f"to-{vm3.name}")
        a.ctl("vni", "del", 200)
        unknown = a.drops().get("vni_unknown", 0)
        vm4.namespace.ip("neighbour flush all")
        vm4.namespace.start("ping", "-c", "1", "-W", "1", "10.2.0.3").wait()
        wait_until(lambda before=unknown: a.drops().get("vni_unknown", 0) > before,
                   "frames of VNI 200 counted as unknown")
    step("the streams of VNI 100 lost nothing")
    for stream in streams:
        stream.check_complete()


run(test)
