"""An underlay that ferryd has alone, and the host's own interface on it: a tap that gets what is not ferryd's.

    vm1 ── A ferryd ── net_tap ── underlay ── B Linux ── vm2        VNI 100
           A's kernel ── host0 ┘              B's kernel            TCP, ping, ARP, LLDP, VXLAN that is not ferry's

DPDK's tap stands for a NIC of DPDK's: its kernel end is a port of the underlay's bridge, and A has no other way there.
"""

import socket

from support.capture import Capture
from support.frames import ethernet, marker, send
from support.host_side import A, B, Session, host_is_reachable, what_is_not_ferrys_goes_to_the_kernel
from support.hosts import underlay_mac
from support.netns import mac_of
from support.outcome import check, check_equal, step, wait_until
from support.pair import Pair
from support.sandbox import SCRATCH, run
from support.traffic import Stream

HOST, MTU, LLDP = "host0", 1500, 0x88CC  # net_tap of DPDK 22.11 sends no longer packets
UNDERLAY = {"device": f"net_tap0,iface=nic0,mac={underlay_mac(A)}", "mtu": MTU}


def plug_nic_in(pair: Pair) -> None:
    """Makes the kernel end of A's NIC the underlay bridge's port A."""
    wire = pair.underlay.namespace
    pair.a.namespace.ip("link set dev nic0 netns underlay name A")
    wire.ip("link set dev A address 02:00:00:00:00:99 mtu 1600 master br up")
    wire.bridge(f"fdb add {underlay_mac(A)} dev A master static sticky")


def host_status(pair: Pair) -> dict:
    return pair.a.ctl("port", "show")[0]["host_interface"]


def interfaces(pair: Pair) -> set[str]:
    return {line.split(":")[1].split("@")[0].strip() for line in pair.a.namespace.ip("-o link show").splitlines()}


def refused_another(pair: Pair, sentence: str, host_interface: str) -> None:
    """A second ferryd with this host interface does not start, and says why."""
    before = pair.a.config
    pair.a.config = {**before, "api": {"socket": str(SCRATCH / "another.sock")}, "port": [],
                     "dpdk": {**before["dpdk"], "file_prefix": "another"},
                     "underlay": {"device": "net_null0", "host_interface": host_interface}}
    done = pair.a.run_another()
    pair.a.config = before
    check_equal(done.returncode, 1, f"the exit code; it said {done.stderr}")
    check(sentence in done.stderr, f"it says {sentence!r}: {done.stderr}")


def any_ethertype_crosses(pair: Pair) -> None:
    b_mac = mac_of(pair.b.namespace, "ul0")
    for sender, device, receiver, seen_on, destination, source in (
            (pair.b, "ul0", pair.a, HOST, underlay_mac(A), b_mac), (pair.a, HOST, pair.b, "ul0", b_mac, underlay_mac(A))):
        arrived = Capture(receiver.namespace, seen_on)
        frame = ethernet(destination, source, marker(f"LLDP from {sender.name}"), LLDP)
        send(sender.namespace, device, frame)
        check_equal(len(arrived.wait_for(frame)), 1, f"copies of {sender.name}'s LLDP frame, unchanged")


def full_size_packets_cross(pair: Pair) -> None:
    pair.b.namespace.ping(A, "-M", "do", "-s", MTU - 28, count=2)
    step("a packet that is as large as the wire allows reaches a socket of A's kernel")
    with pair.a.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as into, \
            pair.b.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        into.settimeout(5)
        into.bind((A, 5000))
        out.sendto(bytes(1572), (A, 5000))
        check_equal(len(into.recv(2000)), 1572, "bytes of the datagram")


def test():
    pair = Pair(underlay={**UNDERLAY, "host_interface": HOST}, workers={"count": 2})
    pair.underlay.namespace.ip("link del dev A")  # with A's ul0
    plug_nic_in(pair)
    step("the host's interface has the NIC's MAC and the underlay's MTU, and is on")
    check_equal(mac_of(pair.a.namespace, HOST), underlay_mac(A), "the MAC of the host's interface")
    check(f"mtu {MTU}" in pair.a.namespace.ip(f"link show dev {HOST}"), "the MTU of the host's interface")
    pair.a.namespace.ip(f"address add {A}/24 dev {HOST}")
    check_equal((host_status(pair)["name"], host_status(pair)["state"]), (HOST, "up"), "what ferryctl says of it")

    step("TCP, ping and ARP to the host, while VXLAN flows through ferryd")
    session = Session(pair)
    stream = Stream(pair.vm2.namespace, pair.vm2.ipv4, [pair.vm1.namespace], pair.vm1.ipv4, rate=500)
    stream.wait_for_progress()
    session.check()
    host_is_reachable(pair, HOST)
    pair.vm1.namespace.ping(pair.vm2.ipv4, count=2)
    what_is_not_ferrys_goes_to_the_kernel(pair, HOST)
    step("ferryd reaches other VTEPs by the kernel's routes and neighbours on the host's interface")
    pair.a.ctl("vtep", "change", B)
    wait_until(lambda: any(vtep.get("via") == B and vtep["state"] == "resolved" for vtep in pair.a.ctl("vtep", "show")),
               "the kernel's next hop", 60)
    pair.vm1.namespace.ping(pair.vm2.ipv4, count=2)
    any_ethertype_crosses(pair)
    full_size_packets_cross(pair)
    stream.wait_for_progress()
    session.finish()
    counted = host_status(pair)
    check(counted["in_frames"] > 100 and counted["out_frames"] > 100, f"ferryctl counts what crossed: {counted}")
    check_equal(counted["drops"], {}, "drops on the way to the host")

    step("what the host's kernel does not take is a counted drop")
    pair.a.namespace.ip(f"link set dev {HOST} down")
    check_equal(host_status(pair)["state"], "down", "what ferryctl says of an interface that is off")
    send(pair.b.namespace, "ul0", ethernet(underlay_mac(A), mac_of(pair.b.namespace, "ul0"), marker(), LLDP))
    wait_until(lambda: host_status(pair)["drops"].get("transmit_failed", 0) >= 1, "a counted drop")
    stream.wait_for_progress()

    step("another ferryd does not share it, nor take an interface that is no tap")
    pair.a.namespace.ip(f"link set dev {HOST} up")
    refused_another(pair, "is the tap of another process", HOST)
    refused_another(pair, "is no tap of several queues", "lo")

    step("without the interface, which somebody deletes, VXLAN goes on")
    pair.a.namespace.ip(f"link del dev {HOST}")
    stream.wait_for_progress()
    check_equal(host_status(pair)["state"], "down", "what ferryctl says of an interface that is gone")
    stream.finish()

    step("a stop leaves neither")
    pair.a.stop()
    check(not interfaces(pair) & {HOST, "nic0"}, f"A has neither interface: {interfaces(pair)}")

    step("an interface that was there before keeps its address after a stop")
    pair.a.namespace.ip("tuntap add dev keep0 mode tap multi_queue")
    pair.a.namespace.ip(f"address add {A}/24 dev keep0")
    pair.a.config["underlay"]["host_interface"] = "keep0"
    for _ in range(2):
        pair.a.start()
        plug_nic_in(pair)
        host_is_reachable(pair, "keep0")
        pair.vm1.namespace.ping(pair.vm2.ipv4, count=2)
        pair.a.stop()
        check(A in pair.a.namespace.ip("address show dev keep0"), "keep0 has A's address")


run(test)
