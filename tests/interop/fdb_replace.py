"""`ferryctl fdb replace` redirects an endpoint's traffic from one VTEP to another: every datagram reaches one of
the two.

    vm1 ── A ferryd ──┬─ B Linux ── vmB        VNI 100; vmB, vmC and vmD all are 02::77, 10.0.0.77
                      ├─ C Linux ── vmC
                      └─ D Linux ── vmD
"""

from support.fabric import Fabric
from support.outcome import check, check_equal, step
from support.pair import VNI
from support.sandbox import run
from support.traffic import Stream

ENDPOINT, ADDRESS = "02:00:00:00:00:77", "10.0.0.77"


def test():
    fabric = Fabric(flood="BCD", learning=False)
    for guest in fabric.guests.values():
        guest.namespace.ip(f"link set dev eth0 address {ENDPOINT}")
        guest.add_address("eth0", f"{ADDRESS}/24")
    fabric.vm1.namespace.ip(f"neighbour replace {ADDRESS} lladdr {ENDPOINT} dev eth0 nud permanent")
    fabric.a.row(VNI, ENDPOINT, fabric.hosts["B"].address)
    stream = Stream(fabric.vm1.namespace, fabric.vm1.ipv4,
                    [guest.namespace for guest in fabric.guests.values()], ADDRESS)
    stream.wait_for_progress(0)

    places = "CDB" * 6
    for name in places:
        step(f"replace: the endpoint is at {name}")
        event = fabric.a.ctl("fdb", "replace", ENDPOINT, "vni", VNI, "vtep", fabric.hosts[name].address)
        check(0 < event["visible_us"] < 1e6, f"the time until every worker saw the row is told: {event}")
        stream.wait_for_progress("BCD".index(name), count=50)

    arrived = stream.finish()
    step("each datagram arrived at one place, and each place's are in order")
    check_equal(sorted(number for numbers in arrived for number in numbers), list(range(stream.sent)), "datagrams")
    for numbers in arrived:
        check_equal(numbers, sorted(numbers), "order at one place")
    step("the numbers of one stay form one run: no frame took the old way after a replace had been answered")
    stays = sum(1 for numbers in arrived for before, after in zip([-2, *numbers], numbers) if after != before + 1)
    check_equal(stays, len(places) + 1, "stays")


run(test)
