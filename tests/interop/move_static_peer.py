"""A plain peer that never turns, because its row is static. The old host passes its frames on for as long as they come, and
says so. In the other direction the peer's kernel discards what comes from another VTEP than the row's: ferry does not get
round that; the VM's frames reach that peer when its row is changed.

    vm ── S ferryd ──┬── underlay ── P Linux, for which the VM stays behind S ── p
    (or)─ D ferryd ──┘
"""

from support.capture import Capture
from support.frames import ethernet, marker, send
from support.moving_hosts import ADDRESSES, SENDERS, VM, MovingHosts
from support.outcome import check, check_equal, step
from support.pair import VNI
from support.sandbox import run

LEASE = 2.5  # seconds; a relay tells of each sender about once a second


def test():
    bed = MovingHosts("SDQ", plain=True, move={"lease_ms": int(LEASE * 1000), "plain_ms": 50})
    bed.p.row(VNI, VM, ADDRESSES["S"])
    plain, ferry = bed.flow("P", 500), bed.flow("Q")
    for flow in (plain, ferry):
        flow.wait_for("S")

    step("the VM moves; Q turns, P does not")
    bed.move("S", "D")
    bed.wait_for_phase("Q", "sender", "turn_over")
    move = bed.wait_for_phase("S", "source", "never_turned", LEASE + 10)
    complained = [phase["host"] for phase in move["phases"] if phase["name"] == "never_turned"]
    check_equal(complained, [ADDRESSES["P"]], "who has never turned, in S's books")
    check_equal(bed.p.vtep_of(VNI, VM), ADDRESSES["S"], "P's row")

    step("S relays on, for longer than the lease")
    before = bed.moves("S", "source")[-1]["ledger"]["relayed"]
    plain.wait_for("D", int(500 * 2 * LEASE))
    after = bed.moves("S", "source")[-1]
    check(after["ledger"]["relayed"] >= before + 400, f"frames relayed meanwhile: {before}, then {after['ledger']['relayed']}")
    check(not after["closed"] and after["adds_up"] is None, f"its books stay open: {after}")

    def send_to_both() -> dict[str, bytes]:
        """Frames from the VM to P's guest and then to Q's."""
        marks = {name: marker(f"from the VM to {name}") for name in "PQ"}
        for name, mark in marks.items():
            send(bed.vms["D"].namespace, "eth0", ethernet(SENDERS[name][0], VM, mark))
        return marks

    step("P's kernel discards what the VM sends from D")
    captures = {name: Capture(bed.senders[name].namespace, "eth0") for name in "PQ"}
    marks = send_to_both()
    captures["Q"].wait_for(marks["Q"])
    check_equal(captures["P"].matching(marks["P"]), [], "frames at P's guest")

    step("P's row is changed: the VM's frames arrive, and S's books close")
    bed.p.row(VNI, VM, ADDRESSES["D"])
    captures["P"].wait_for(send_to_both()["P"])
    bed.wait_for_phase("S", "source", "closed", LEASE + 10)
    bed.wait_for_phase("D", "destination", "settled")
    arrived, ordered = plain.finish(), ferry.finish()
    check_equal((arrived.lost, arrived.duplicated), ([], 0), "P's lost and duplicated datagrams")
    check(arrived.reordered <= 2, f"P's reordered datagrams: {arrived.reordered}")
    check_equal((ordered.lost, ordered.duplicated, ordered.reordered), ([], 0, 0), "Q's lost, duplicated, reordered datagrams")
    bed.check_books()
    bed.stop_all()


run(test)
