"""A plain peer that never turns, because its row is static. The old host passes its frames on for as long as they come, and
says so. What the VM sends to it goes by way of the old host too, because the peer's kernel discards what comes from another
VTEP than the row's: so both directions work until the row is changed, and go directly from then on.

    vm ── S ferryd ──┬── underlay ── P Linux, for which the VM stays behind S ── p
    (or)─ D ferryd ──┘
"""

import socket

from support.capture import Capture
from support.frames import BROADCAST, ethernet, marker, send
from support.moving_hosts import ADDRESSES, SENDERS, VM, MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

LEASE = 2.5  # seconds; a relay tells of each sender about once a second


def test():
    bed = MovingHosts("SDQ", plain=True, move={"lease_ms": int(LEASE * 1000), "plain_ms": 50, "detour_ms": 500})
    bed.p.row(VNI, VM, ADDRESSES["S"])
    captures = {name: Capture(bed.senders[name].namespace, "eth0") for name in "PQ"}
    wire = Capture(bed.p.namespace, "ul0")

    def from_vm(to: str, count: int = 50, destination: str = "") -> list[bytes]:
        """Frames from the VM at D to the guest, or to `destination`; returns what each holds."""
        marks = [marker(f"from the VM to {to}") for _ in range(count)]
        for mark in marks:
            send(bed.vms["D"].namespace, "eth0", ethernet(destination or SENDERS[to][0], VM, mark))
        return marks

    def check_once(where: str, marks: list[bytes]) -> None:
        captures[where].wait_for(marks[-1])
        check_equal([len(captures[where].matching(mark)) for mark in marks], [1] * len(marks),
                    f"how often each frame came to {where}'s guest")

    def vteps_of(marks: list[bytes]) -> set[str]:
        """From which VTEPs they came to P, in which segment."""
        return {(socket.inet_ntoa(frame[26:30]), int.from_bytes(frame[46:49])) for frame in wire.frames()
                if any(mark in frame for mark in marks)}

    def detours() -> tuple[int, int]:
        """How many began and ended, in D's books."""
        phases = bed.phases("D", "destination")
        return phases.count("detour_begun"), phases.count("detour_ended")

    def ping() -> None:
        """From the VM at D to P's guest, whose MAC it has to ask for."""
        bed.vms["D"].forget_neighbours()
        bed.vms["D"].namespace.ping(SENDERS["P"][1])

    plain, ferry = bed.flow("P", 500), bed.flow("Q")
    for flow in (plain, ferry):
        flow.wait_for("S")

    step("the VM moves; Q turns, P does not; what the VM sends to P goes by way of S")
    bed.move("S", "D")
    bed.wait_for_phase("Q", "sender", "turn_over")
    for host, role, phase in (("S", "source", "detour_offered"), ("D", "destination", "detour_begun")):
        move = bed.wait_for_phase(host, role, phase)
        who = [at["host"] for at in move["phases"] if at["name"] == phase]
        check_equal(who, [ADDRESSES["P"]], f"{phase} in {host}'s books")

    step("both directions work: each frame comes once, P's from S, Q's from D")
    for _ in range(3):
        marks = from_vm("P")
        check_once("P", marks)
        check_equal(vteps_of(marks), {(ADDRESSES["S"], VNI)}, "the VTEPs from which the VM's frames come to P")
        check_once("Q", from_vm("Q"))
        marks = from_vm("all", 20, BROADCAST)
        check_once("P", marks)
        check_once("Q", marks)
        check_equal(vteps_of(marks), {(ADDRESSES["S"], VNI)}, "the VTEPs from which the VM's broadcasts come to P")
    ping()

    step("S relays on, for longer than the lease, and says who has never turned")
    move = bed.wait_for_phase("S", "source", "never_turned", LEASE + 10)
    complained = [phase["host"] for phase in move["phases"] if phase["name"] == "never_turned"]
    check_equal(complained, [ADDRESSES["P"]], "who has never turned, in S's books")
    check_equal(bed.p.vtep_of(VNI, VM), ADDRESSES["S"], "P's row")
    before = bed.moves("S", "source")[-1]["ledger"]["relayed"]
    plain.wait_for("D", int(500 * 2 * LEASE))
    after = bed.moves("S", "source")[-1]
    check(after["ledger"]["relayed"] >= before + 400, f"frames relayed meanwhile: {before}, then {after['ledger']['relayed']}")
    check(not after["closed"] and after["adds_up"] is None, f"its books stay open: {after}")
    check_once("P", from_vm("P"))

    step("P's row is changed: the detour ends, and both directions go directly")
    bed.p.row(VNI, VM, ADDRESSES["D"])
    bed.wait_for_phase("D", "destination", "detour_ended")
    marks = from_vm("P") + from_vm("P", 20, BROADCAST)
    check_once("P", marks)
    check_equal(vteps_of(marks), {(ADDRESSES["D"], VNI)}, "the VTEPs from which the VM's frames come to P")
    ping()
    relayed = bed.moves("S", "source")[-1]["ledger"]["relayed"]  # what was under way then has come
    plain.wait_for("D", 500)
    check_equal(bed.moves("S", "source")[-1]["ledger"]["relayed"], relayed, "frames relayed since then")

    step("S's books close")
    bed.wait_for_phase("S", "source", "closed", LEASE + 10)
    bed.wait_for_phase("D", "destination", "settled")
    check_equal(detours(), (1, 1), "detours that began and ended")
    arrived, ordered = plain.finish(), ferry.finish()
    check_equal((arrived.lost, arrived.duplicated), ([], 0), "P's lost and duplicated datagrams")
    check(arrived.reordered <= 2, f"P's reordered datagrams: {arrived.reordered}")
    check_equal((ordered.lost, ordered.duplicated, ordered.reordered), ([], 0, 0), "Q's lost, duplicated, reordered datagrams")

    step("P's row is changed back: S's row still relays, and the detour begins again; changed again: it ends")
    bed.p.row(VNI, VM, ADDRESSES["S"])
    plain = bed.flow("P", 500)
    wait_until(lambda: detours() == (2, 1), "a second detour", 10)
    marks = from_vm("P") + from_vm("P", 20, BROADCAST)
    check_once("P", marks)
    check_equal(vteps_of(marks), {(ADDRESSES["S"], VNI)}, "the VTEPs from which the VM's frames come to P")
    bed.p.row(VNI, VM, ADDRESSES["D"])
    wait_until(lambda: detours() == (2, 2), "the end of the second detour", 10)
    marks = from_vm("P")
    check_once("P", marks)
    check_equal(vteps_of(marks), {(ADDRESSES["D"], VNI)}, "the VTEPs from which the VM's frames come to P")
    arrived = plain.finish()
    check_equal((arrived.lost, arrived.duplicated), ([], 0), "P's lost and duplicated datagrams")
    bed.check_books()
    bed.stop_all()


run(test)
