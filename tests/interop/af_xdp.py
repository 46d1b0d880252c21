"""ferryd with its underlay on AF_XDP, as on a NIC without a poll-mode driver of its own.

    vm1 mtu 1500 ── A ferryd (net_af_xdp) ── underlay mtu 1600 ── B Linux ── mtu 1500 vm2        VNI 100
"""

import time

from support.af_xdp import need_af_xdp
from support.capture import Capture, check_decodes
from support.frames import ethernet, marker, send
from support.outcome import check, step, wait_until
from support.pair import Pair
from support.sandbox import run
from support.traffic import check_tcp, check_udp


def test():
    need_af_xdp()
    pair = Pair(underlay_device="net_af_xdp0,iface=ul0")
    wire = Capture(pair.underlay.namespace, "B")
    for sender, receiver in pair.both_ways():
        step(f"from {sender.name}: ping, full-size packets, UDP and TCP")
        sender.namespace.ping(receiver.ipv4)
        sender.namespace.ping(receiver.ipv4, "-M", "do", "-s", 1500 - 20 - 8)
        sender.namespace.ping(receiver.ipv6, "-M", "do", "-s", 1500 - 40 - 8)
        check_udp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4)
        check_tcp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4)
    check_decodes(wire)
    check("xdp" in pair.a.namespace.ip("link show dev ul0"), "ul0 has an XDP program while ferryd runs")
    step("a frame wakes the worker that sleeps")
    wakes = pair.a.ctl("stats")["workers"][0]["wakes"]
    for _ in range(30):
        time.sleep(0.03)
        send(pair.vm2.namespace, "eth0", ethernet(pair.vm1.mac, pair.vm2.mac, marker("wake")))
    wakes = pair.a.ctl("stats")["workers"][0]["wakes"] - wakes
    check(wakes >= 10, f"30 frames after idle times woke the worker {wakes} times")
    step("the next hop may be the kernel's, to which the program leaves ARP")
    pair.a.ctl("vtep", "change", pair.b.address)
    wait_until(lambda: any(vtep.get("via") == pair.b.address and vtep["state"] == "resolved"
                           for vtep in pair.a.ctl("vtep", "show")), "the kernel's next hop", 60)
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    step("after a clean stop the interface has no XDP program, and ferryd can start again")
    pair.a.stop()
    check("xdp" not in pair.a.namespace.ip("link show dev ul0"), "ul0 has no XDP program")
    pair.a.start()
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    step("after a kill -9, which leaves the program where it is, it can start again too")
    pair.a.kill()
    pair.a.start()
    pair.vm2.namespace.ping(pair.vm1.ipv4)
    pair.a.stop()
    step("the kernel sends from and receives into every buffer of the pool: from 3,000 most are with the fill ring at once")
    pair.a.config["dpdk"]["buffers"] = 3000
    pair.a.start()
    for sender, receiver in pair.both_ways():
        sender.namespace.ping(receiver.ipv4)
        check_udp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4)
        check_tcp(sender.namespace, sender.ipv4, receiver.namespace, receiver.ipv4)
    pair.a.stop()
    step("from fewer than the fill ring takes it does not start, and says why")
    pair.a.config["dpdk"]["buffers"] = 1500
    done = pair.a.run_another()
    check(done.returncode == 1 and "2048 buffers" in done.stderr and "raise dpdk.buffers" in done.stderr,
          f"exit code {done.returncode}: {done.stderr}")


run(test)
