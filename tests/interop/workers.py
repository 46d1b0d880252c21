"""Two workers: ports are shared out between them, frames change hands, and each flow stays complete and in order.

    vm1 ──┐                                             ┌── vm2
    vm3 ──┴─ A ferryd, 2 workers ── underlay ── B Linux ┴── vm4        VNI 100
"""

import socket
import time

from support.hosts import Guest
from support.outcome import check, check_equal, step
from support.pair import VNI, Pair
from support.sandbox import run
from support.traffic import Stream, check_tcp


def wakes(pair: Pair) -> list[int]:
    return [worker["wakes"] for worker in pair.a.ctl("stats")["workers"]]


def test():
    pair = Pair(underlay_device="net_af_packet0,iface=ul0,qpairs=2", workers={"count": 2})
    vm3, vm4 = Guest("vm3", "02:00:00:00:00:03", "10.0.0.3/24"), Guest("vm4", "02:00:00:00:00:04", "10.0.0.4/24")
    pair.a.attach(VNI, vm3)
    pair.b.attach(VNI, vm4)
    step("the attachments are with different workers")
    ports = {port["name"]: port["worker"] for port in pair.a.ctl("port", "show") if not port["underlay"]}
    check_equal(sorted(ports.values()), [0, 1], f"workers of {sorted(ports)}")

    step("everybody talks to everybody")
    for sender in (pair.vm1, vm3, pair.vm2, vm4):
        for receiver in (pair.vm1, vm3, pair.vm2, vm4):
            if sender is not receiver:
                sender.namespace.ping(receiver.ipv4, count=1)
    step("streams in both directions, across the underlay and from worker to worker, while TCP runs")
    streams = [Stream(sender.namespace, sender.ipv4, [receiver.namespace], receiver.ipv4, rate=1000)
               for sender, receiver in ((pair.vm1, pair.vm2), (pair.vm2, pair.vm1), (pair.vm1, vm3))]
    check_tcp(vm3.namespace, vm3.ipv4, vm4.namespace, vm4.ipv4, size=4 << 20)
    check_tcp(vm4.namespace, vm4.ipv4, vm3.namespace, vm3.ipv4, size=4 << 20)
    for stream in streams:
        stream.wait_for_progress()
        stream.check_complete()
    workers = pair.a.ctl("stats")["workers"]
    check(all(worker["loops"] > worker["idle_loops"] for worker in workers), f"both workers had work: {workers}")
    step("each of the underlay's queues wakes the worker that polls it")
    nobody = "10.0.0.77"  # whose frames vm1 gets, and drops without an answer
    pair.vm2.namespace.ip(f"neighbour replace {nobody} lladdr {pair.vm1.mac} dev eth0 nud permanent")
    before = wakes(pair)
    for port in range(20_000, 20_060):  # so many flows that each queue gets some
        time.sleep(0.02)
        with pair.vm2.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind(("", port))
            out.sendto(b"wake", (nobody, 9))
    woken = [after - earlier for after, earlier in zip(wakes(pair), before)]
    print(f"60 flows woke the workers {woken} times", flush=True)
    check(min(woken) >= 5, f"both workers were woken by their queues: {woken}")
    pair.a.stop()


run(test)
