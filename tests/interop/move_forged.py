"""Who may take an endpoint: no host without a certificate, none with another authority's, none that is not configured or
whose certificate is another's, none for a VNI that is not its own; and those that may, only where the VM has stopped. What
nobody has asked for, and what has been said before, changes nothing.

    vm ── S ferryd ──┬── underlay ──┬── Q ferryd ── q
          D ferryd ──┘              ├── X  says what it likes
                                    └── Y  the same, and may claim endpoints of other VNIs only
"""

from support.certificates import Authority
from support.host_client import HostClient
from support.moving_hosts import ADDRESSES, VM, MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

HIGH = {"term": 1_000_000, "epoch": 1_000_000, "host": 0xAC100005}
LABELS = {"flush_label": 0xF00100, "relay_label": 0xF00101}
CLAIM = {"claim": {"known": HIGH, **LABELS}}


def test():
    ours, theirs = Authority("ours"), Authority("theirs")
    bed = MovingHosts("SDQ", absent="XY", tls=ours, move={"hold_ms": 3000, "lease_ms": 2000},
                      peer_options=lambda here, there: {"vnis": ["200-299"]} if there == "Y" else {})
    s = bed.hosts["S"]
    x, y = bed.absent["X"], bed.absent["Y"]
    good = {name: ours.tls(name, ADDRESSES[name]) for name in "XY"}

    def connect(tls: dict | None, vtep: str = ADDRESSES["X"], to: str = "S") -> HostClient:
        return HostClient(x, f"{ADDRESSES[to]}:4790", "X", vtep, tls)

    def refused() -> int:
        return sum(peer["dropped"] for peer in s.ctl("peers") if peer["vtep"] == "0.0.0.0")

    def check_undisturbed() -> None:
        check_equal((s.row_of(VNI, VM) or {}).get("port"), "vm", "S's row of the VM")
        check_equal(bed.hosts["Q"].vtep_of(VNI, VM), s.address, "Q's row of the VM")

    flow = bed.flow()
    flow.wait_for("S")
    for what, tls in (("without a certificate", {"ca": good["X"]["ca"]}),
                      ("with another authority's certificate", {**theirs.tls("X", ADDRESSES["X"]), "ca": good["X"]["ca"]}),
                      ("in plain text", None)):
        step(f"a host {what} is not heard")
        check(connect(tls).refusal.startswith("UNAVAILABLE"), "refused before it says anything")
        check_undisturbed()
    for what, tls, vtep in (("that is not configured", ours.tls("Z", "172.16.0.77"), "172.16.0.77"),
                            ("that calls itself D", good["X"], ADDRESSES["D"])):
        step(f"a host {what} is refused, though the authority has signed its certificate")
        before = refused()
        check(connect(tls, vtep).refusal.startswith("PERMISSION_DENIED"), "refused")
        check_equal(refused() - before, 1, "refusals that S counts")
        check_undisturbed()

    step("a host that is let in claims a VM that runs: denied")
    client = connect(good["X"])
    check_equal(client.refusal, "", "X's refusal")
    client.say(VNI, VM, **CLAIM)
    wait_until(lambda: f"conflict ({ADDRESSES['X']})" in s.log_text(), "S telling of the conflict")
    check_undisturbed()

    step("it says what nobody has asked for")
    for to in ("S", "D", "Q"):
        forger = client if to == "S" else connect(good["X"], to=to)
        host = int.from_bytes(bytes(map(int, ADDRESSES["X"].split("."))), "big")
        for body in ({"grant": {"version": HIGH}}, {"moved": {"version": HIGH, "to": host}}, {"not_mine": {"known": HIGH}},
                     {"wait": {}}, {"deny": {"version": HIGH}}, {"drained": {"version": HIGH, "frames": 7}},
                     {"drained_ack": {"version": HIGH}}, {"turn_ack": {"version": HIGH}},
                     {"turned": {"version": HIGH, "stream": 1, "frames": 7}}, {"settled": {"version": HIGH, "stream": 1}},
                     {"turn_ended": {"version": HIGH, "stream": 1}}, {"turn_ended_ack": {"version": HIGH, "stream": 1}},
                     {"ask": {"known": HIGH}}, {"closed": {"version": HIGH, "relayed": 7}}, {"closed_ack": {"version": HIGH}},
                     {"turn": {"version": HIGH, "to": host, "stream": 1}}, {"probe": {"version": HIGH}},
                     {"probed": {"version": HIGH, "relays": True}},
                     {"detour": {"version": HIGH, "peer": 0xAC100009, "label": 0xF00101}}):
            forger.say(VNI, VM, **body)
            forger.say(VNI, VM, **body)
        if to != "S":
            check_equal(forger.ended(), "OK", f"the end of X's stream to {to}")
    bed.wait_for_phase("Q", "source", "refused")  # its row names S: nobody else turns it
    flow.wait_for("S", 200)
    check_undisturbed()
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")

    step("a host whose claims are for other VNIs is refused, though the VM has stopped")
    flow = bed.flow()
    flow.wait_for("S")
    outsider = HostClient(y, f"{s.address}:4790", "Y", ADDRESSES["Y"], good["Y"])
    check_equal(outsider.refusal, "", "Y's refusal")
    bed.stop("S")
    outsider.say(VNI, VM, **CLAIM)
    bed.wait_for_phase("S", "source", "refused")
    bed.start("S")
    flow.wait_for("S")
    check_undisturbed()
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")

    step("one that may has it when the VM stops; when it is back at S, the same claim said again is denied")
    bed.stop("S")
    client.say(VNI, VM, **CLAIM)
    bed.wait_for_phase("S", "source", "drained")
    bed.start("S")
    bed.wait_for_phase("S", "destination", "taken")  # X does not answer: its connection is refused
    flow = bed.flow()
    flow.wait_for("S")
    for _ in range(20):
        client.say(VNI, VM, **CLAIM)
    check_equal(client.ended(), "OK", "the end of X's stream")
    flow.wait_for("S", 200)
    check_undisturbed()
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated, arrived.reordered), ([], 0, 0), "lost, duplicated, reordered datagrams")
    bed.stop_all()


run(test)
