"""A host that is renumbered, and one whose peers go from one VXLAN port to another, while traffic flows: ferryd takes VXLAN at
further addresses and ports as long as it is told to, on AF_PACKET and on AF_XDP, whose program is told by its map.

    vm1 ── A ferryd 172.16.0.1, .9 ── underlay ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

from support.af_xdp import need_af_xdp
from support.capture import Capture
from support.outcome import Skip, check, check_equal, step
from support.pair import VNI, Pair
from support.sandbox import run
from support.traffic import Stream

OWN, SECOND, OLD_PORT = "172.16.0.1", "172.16.0.9", 8472
ETHERNET, ICMP = 14, 1


def sends_to(pair: Pair, address: str, port: int = 4789) -> None:
    """From now on B sends there what is for vm1."""
    pair.b.namespace.bridge(f"fdb replace {pair.vm1.mac} dev vx{VNI} dst {address} port {port} self static")


def arrived_at(wire: Capture) -> set[tuple[str, int]]:
    """The addresses and UDP ports to which B sent VXLAN."""
    places = set()
    for frame in wire.frames():
        if frame[12:14] == b"\x08\x00" and frame[23] == 17 and frame[26:30] == bytes((172, 16, 0, 2)):
            places.add((".".join(map(str, frame[30:34])), int.from_bytes(frame[36:38], "big")))
    return places


def refused(pair: Pair, words: str, *arguments) -> None:
    done = pair.a.try_ctl("local", *arguments)
    check_equal(done.returncode, 2, f"exit code of ferryctl local {arguments}")
    said = done.stdout + done.stderr
    check(words in said, f"{words!r} in {said}")


def renumber(pair: Pair) -> None:
    check_equal(pair.a.ctl("local", "show"), [{"address": OWN, "port": 4789}], "local VTEPs")
    pair.vm2.namespace.ping(pair.vm1.ipv4)
    sends_to(pair, OWN)
    wire = Capture(pair.underlay.namespace, "A")
    stream = Stream(pair.vm2.namespace, pair.vm2.ipv4, [pair.vm1.namespace], pair.vm1.ipv4, rate=1000)
    stream.wait_for_progress()

    step("a second address, and another port of the first one")
    pair.a.ctl("local", "add", SECOND)
    pair.a.ctl("local", "add", f"{OWN}:{OLD_PORT}")
    check_equal(pair.a.ctl("local", "show"), [{"address": OWN, "port": 4789}, {"address": SECOND, "port": 4789},
                                              {"address": OWN, "port": OLD_PORT}], "local VTEPs")
    for address, port in ((SECOND, 4789), (OWN, OLD_PORT), (OWN, 4789)):
        sends_to(pair, address, port)
        stream.wait_for_progress()
    stream.check_complete()
    check_equal(arrived_at(wire), {(OWN, 4789), (SECOND, 4789), (OWN, OLD_PORT)}, "where B sent to")
    check(not any(frame[12:14] == b"\x08\x00" and frame[ETHERNET + 9] == ICMP for frame in wire.frames()),
          "A's kernel answers none of it with ICMP")

    step("what is taken away is not ferry's any more, and the rest stays")
    pair.a.ctl("local", "del", SECOND)
    sends_to(pair, SECOND)
    check(not pair.vm2.namespace.reaches(pair.vm1.ipv4), "by an address that is none of ferry's vm2 reaches vm1")
    sends_to(pair, OWN, OLD_PORT)
    pair.vm2.namespace.ping(pair.vm1.ipv4)

    step("what cannot be is refused")
    refused(pair, "already", "add", f"{OWN}:{OLD_PORT}")
    refused(pair, "already", "add", OWN)
    refused(pair, "remote VTEP", "add", pair.b.address)
    refused(pair, "172.16.0.77", "add", "172.16.0.77")
    refused(pair, "no further local VTEP", "del", SECOND)
    refused(pair, "host.vtep", "del", OWN)
    pair.a.ctl("local", "del", f"{OWN}:{OLD_PORT}")
    sends_to(pair, OWN)
    pair.vm2.namespace.ping(pair.vm1.ipv4)


def test():
    pair = Pair()
    pair.a.namespace.ip(f"address add {SECOND}/24 dev ul0")
    pair.b.namespace.ip(f"link set dev vx{VNI} type vxlan nolearning")
    renumber(pair)
    step("as configured, from the start")
    pair.a.stop()
    pair.a.config["host"]["also"] = [SECOND]
    pair.a.start()
    sends_to(pair, SECOND)
    pair.vm2.namespace.ping(pair.vm1.ipv4)
    pair.a.stop()
    try:
        need_af_xdp()
    except Skip as skipped:
        print(f"without AF_XDP: {skipped}")
        return
    step("on AF_XDP")
    pair.a.config["underlay"]["device"] = "net_af_xdp0,iface=ul0"
    pair.a.config["host"]["also"] = []
    pair.a.start()
    sends_to(pair, OWN)
    renumber(pair)
    pair.a.stop()


run(test)
