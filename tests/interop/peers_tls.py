"""Ferry hosts believe only hosts that their authority has signed: no plain text, no certificate of another authority,
and no host that is not the one it is called as.

    guest 02::09 ── S ferryd 172.16.0.1 ──┐
    guest 02::09 ── X ferryd 172.16.0.5 ──┼── underlay ── D ferryd 172.16.0.2: which of the others does it believe?
    ...                                   ┘
"""

from support.capture import Capture
from support.certificates import Authority
from support.ferryd import FerryVtep
from support.hosts import Underlay
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run
from support.vhost_guest import VhostGuest

MAC = "02:00:00:00:00:09"
D = "172.16.0.2"


def host(underlay: Underlay, name: str, address: str, others: list[str], peers: dict) -> FerryVtep:
    made = FerryVtep(underlay, name, address)
    made.segment(VNI, others)
    made.config["peers"] = {"listen": f"{address}:4790", "hosts": [f"{other}:4790" for other in others], **peers}
    return made


def place_guest(at: FerryVtep) -> VhostGuest:
    """Starts a guest on the host and waits until the host knows."""
    guest = VhostGuest(f"guest-{at.name}", MAC)
    guest.start(at.guest_socket)
    wait_until(lambda: at.moves(MAC, "destination"), f"the ring's start on {at.name}")
    return guest


def connected(at: FerryVtep, to: str) -> bool:
    return next(peer for peer in at.ctl("peers") if peer["vtep"] == to)["connected"]


def test():
    underlay, authority = Underlay(), Authority("ours")
    d = host(underlay, "D", D, ["172.16.0.1", "172.16.0.5", "172.16.0.6", "172.16.0.7"], authority.tls("D", D))
    # D connects to all of them; what is tested is which of them it lets in.
    d.start()
    wire = Capture(underlay.namespace, "D")

    step("a host that the authority has signed is believed: it asks, and D answers")
    s = host(underlay, "S", "172.16.0.1", [D], authority.tls("S", "172.16.0.1"))
    s.guest_socket = s.vhost_port("guest", VNI, MAC)
    s.start()
    wait_until(lambda: connected(s, D) and connected(d, s.address), "the connections of S and D")
    place_guest(s)
    wait_until(lambda: s.row_of(VNI, MAC)["kind"] == "local" and s.moves(MAC, "destination")[0]["closed"], "S's claim")
    heard = wait_until(lambda: next(peer for peer in d.ctl("peers") if peer["vtep"] == s.address)["received"],
                       "S's messages at D")

    step("nobody on the wire can read it")
    # In a message the MAC is a field's tag and eight bytes, the lowest first.
    check_equal(wire.matching(b"\x11" + bytes.fromhex(MAC.replace(":", ""))[::-1] + bytes(2)), [],
                "frames with the MAC in a message")
    check(wire.matching(bytes([0x12, 0xB6])), "frames of port 4790 were captured")

    stranger = Authority("theirs")
    for name, address, what, peers in (
            ("X", "172.16.0.5", "in plain text", {"insecure": True}),
            ("Y", "172.16.0.6", "signed by another authority", stranger.tls("Y", "172.16.0.6")),
            ("Z", "172.16.0.7", "signed by another authority, trusting ours",
             {**stranger.tls("Z", "172.16.0.7"), "ca": str(authority.certificate)})):
        step(f"a host {what} is not")
        intruder = host(underlay, name, address, [D], peers)
        intruder.guest_socket = intruder.vhost_port("guest", VNI, MAC)
        intruder.start()
        guest = place_guest(intruder)
        wait_until(lambda: f"peer {D}:4790 is not reached" in intruder.log_text(), "its failure to reach D", 20)
        check(not connected(intruder, D), f"{name} is connected to D")
        told = {peer["vtep"]: peer for peer in d.ctl("peers")}
        check_equal((told[address]["received"], told[address]["heard"]), (0, False), f"what D heard of {name}")
        check(told[s.address]["received"] >= heard, "D still hears S")
        given = [phase for move in d.moves(MAC, "source") for phase in move["phases"] if phase["name"] == "granted"]
        check_equal(given, [], "what D gave away")
        guest.stop()
        intruder.stop()

    step("a host whose certificate is for another address is not spoken to")
    check(f"peer {s.address}:4790 is reached" in d.log_text(), "D had reached S")
    s.stop()
    s.config["peers"].update(authority.tls("S2", "172.16.0.99"))
    s.start()
    d.stop()
    d.config["peers"]["hosts"] = [f"{s.address}:4790"]
    d.log.write_text("")
    d.start()
    wait_until(lambda: f"peer {s.address}:4790 is not reached" in d.log_text(), "D's refusal to talk to S", 20)


run(test)
