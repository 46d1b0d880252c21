"""Attachments on other DPDK devices: a tap that a guest uses, capture files in and out, and a null device.

    tap  ── 10.0.0.3 vm3 ─┐
    pcap ── files ────────┼─ A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── vm2        VNI 100
    null ─────────────────┘
"""

from support.capture import Capture, read_pcap, write_pcap
from support.frames import BROADCAST, ethernet, marker, send
from support.outcome import check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import SCRATCH, run
from support.traffic import check_tcp, check_udp

TAP_MAC, PCAP_MAC, NULL_MAC = "02:00:00:00:00:03", "02:00:00:00:00:04", "02:00:00:00:00:05"


def port(pair: Pair, name: str) -> dict:
    return next(status for status in pair.a.ctl("port", "show") if status["name"] == name)


def test():
    pair = Pair()
    step("a tap: its kernel side is moved to a guest's namespace, which talks through it both ways")
    vm3 = pair.tap_guest(TAP_MAC)
    vm3.ping(pair.vm2.ipv4)
    vm3.ping(pair.vm2.ipv4, "-M", "do", "-s", 1472)
    pair.vm2.namespace.ping("10.0.0.3")
    check_udp(vm3, "10.0.0.3", pair.vm2.namespace, pair.vm2.ipv4)
    check_tcp(pair.vm2.namespace, pair.vm2.ipv4, vm3, "10.0.0.3")
    step("two attachments of one host talk without the underlay")
    wire = Capture(pair.underlay.namespace, "A")
    vm3.ping(pair.vm1.ipv4)
    check_udp(vm3, "10.0.0.3", pair.vm1.namespace, pair.vm1.ipv4)
    between = bytes([10, 0, 0, 3, 10, 0, 0, 1])  # as addresses stand in an IPv4 header
    check_equal(wire.matching(between), [], "frames between them on the underlay")

    step("a capture file is sent to the segment, and what floods in is written to another")
    arrived = Capture(pair.vm2.namespace, "eth0")
    frames = [ethernet(BROADCAST, PCAP_MAC, marker(f"from the file {i}")) for i in range(20)]
    write_pcap(SCRATCH / "in.pcap", frames)
    pair.a.port("pcap", VNI, f"net_pcap0,rx_pcap={SCRATCH}/in.pcap,tx_pcap={SCRATCH}/out.pcap", [PCAP_MAC])
    for frame in frames:
        check_equal(len(arrived.wait_for(frame)), 1, "copies of a frame of the file at vm2")
    mark = marker("to the file")
    send(pair.vm2.namespace, "eth0", ethernet(BROADCAST, pair.vm2.mac, mark), ethernet(PCAP_MAC, pair.vm2.mac, mark))
    wait_until(lambda: port(pair, "pcap")["out_frames"] >= 2, "frames written to the file")

    step("a null device takes what is sent to it")
    pair.a.port("null", VNI, "net_null0,no-rx=1", [NULL_MAC])
    send(pair.vm2.namespace, "eth0", *[ethernet(NULL_MAC, pair.vm2.mac, marker())] * 10)
    wait_until(lambda: port(pair, "null")["out_frames"] >= 10, "ten frames to the null device")
    for name in ("tap", "pcap", "null"):
        pair.a.ctl("port", "del", name)
    written = read_pcap(SCRATCH / "out.pcap")
    check_equal(sum(mark in frame for frame in written), 2, "frames in the file that ferryd wrote")
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    pair.a.stop()


run(test)
