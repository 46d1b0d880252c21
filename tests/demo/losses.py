"""The main job's books: which counter explains which loss. No network is needed.

Counters are made up here as ferryd, the kernel and the guest would give them; the report must put each drop to the flow
and the cause that it belongs to, explain no more than is missing, and leave the rest to be seen.
"""

import sys
from types import SimpleNamespace

from support.outcome import check_equal, finish, step
from support.sandbox import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "examples/move-a-vm/lib"))
from move_a_vm.losses import Loss, difference, explain, share_out  # noqa: E402
from move_a_vm.moves import Move, measure  # noqa: E402
from move_a_vm.report import before_stop, longest_overlap_ms, longest_stall_ms  # noqa: E402
from move_a_vm.traffic import Counts  # noqa: E402

P, Q = "172.16.0.3", "172.16.0.4"
DEVICES = ["S/underlay", "U/to-S", "D/underlay", "U/to-D", "P/underlay", "P/vxlan100", "U/to-P", "Q/underlay", "Q/sender",
           "Q/attachment", "U/to-Q"]


def topology():
    hosts = {name: SimpleNamespace(name=name, address=f"172.16.0.{number}")
             for number, name in enumerate("SDPQ", start=1)}
    return SimpleNamespace(source=hosts["S"], destination=hosts["D"], linux_peer=hosts["P"], ferry_peer=hosts["Q"])


def counts(sent=1000, heard=1000, answered=None, back=None, **guest):
    """One flow: sent by the peer, heard and answered by the guest, and back at the peer."""
    answered = heard if answered is None else answered
    return Counts({"sent": sent, "received": answered if back is None else back, "socket_drops": 0},
                  {"received": heard, "answers_sent": answered, "socket_drops": 0, **guest})


def books(ferry=None, kernel=None, guest=None, p=None, q=None, tcp=False):
    """Returns each flow's lost_by, without what is 0."""
    no_drops = {device: {"rx": 0, "tx": 0} for device in DEVICES}
    losses = explain(topology(), {"S": {}, "D": {}, "Q": {}, **(ferry or {})}, {**no_drops, **(kernel or {})}, guest or {},
                     {"P": p or counts(), "Q": q or counts()}, tcp)
    return {f"{peer} {way}": {name: frames for name, frames in
                              {**loss.by, "unaccounted": loss.unaccounted()}.items() if frames}
            for (peer, way), loss in losses.items()}


def nanoseconds(seconds):
    return [[round(at * 1e9) for at in ends] for ends in seconds]


def test():
    nothing = {"P to vm": {}, "P from vm": {}, "Q to vm": {}, "Q from vm": {}}

    step("nothing lost, nothing to explain")
    check_equal(books(), nothing, "books")

    step("ferryd's drops by VTEP go to that peer's flow, under the report's words")
    seen = books({"S": {f"vtep {P}": {"dock_full": 5, "split_horizon": 2}, f"vtep {Q}": {"hold_expired": 4}},
                  "D": {f"vtep {P}": {"ring_full": 3}}}, p=counts(heard=990), q=counts(heard=996))
    check_equal(seen, {**nothing, "P to vm": {"dock_full": 5, "ring_full": 3, "no_row": 2}, "Q to vm": {"hold_expired": 4}},
                "books")

    step("what the new host dropped of the old one's relay is shared out")
    seen = books({"D": {"vtep 172.16.0.1": {"label_unknown": 6}}}, p=counts(heard=998), q=counts(heard=996))
    check_equal(seen, {**nothing, "P to vm": {"label_unknown": 2}, "Q to vm": {"label_unknown": 4}}, "books")

    step("the drops of a flow's own socket are the guest's")
    check_equal(books(q=counts(heard=993, socket_drops=7)), {**nothing, "Q to vm": {"in_guest": 7}}, "books")

    step("what no counter explains is unaccounted")
    check_equal(books(p=counts(heard=990)), {**nothing, "P to vm": {"unaccounted": 10}}, "books")

    step("more drops than losses show as a negative number")
    seen = books({"S": {f"vtep {P}": {"dock_full": 3}}}, p=counts(heard=999))
    check_equal(seen["P to vm"], {"dock_full": 3, "unaccounted": -2}, "books of P to vm")

    step("where TCP runs beside the datagrams a drop may have been a segment")
    seen = books({"S": {f"vtep {Q}": {"ring_full": 3}, f"vtep {P}": {"ring_full": 1}}}, p=counts(heard=999),
                 q=counts(heard=999), tcp=True)
    check_equal(seen, {**nothing, "P to vm": {"ring_full": 1}, "Q to vm": {"ring_full": 1}}, "books")

    step("a kernel's counter explains what is missing, and no more")
    seen = books(kernel={"P/underlay": {"rx": 50, "tx": 0}}, p=counts(back=980))
    check_equal(seen, {**nothing, "P from vm": {"underlay": 20}}, "books")

    step("a counter that both peers share is shared out in proportion")
    seen = books({"S": {"kernel underlay": 40}}, p=counts(heard=970), q=counts(heard=990))
    check_equal(seen, {**nothing, "P to vm": {"underlay": 30}, "Q to vm": {"underlay": 10}}, "books")

    step("what Q's ferryd dropped explains both ways of Q's traffic, and nothing of P's")
    seen = books({"Q": {"all": {"transmit_failed": 5}}}, p=counts(heard=999), q=counts(heard=997, back=995))
    check_equal(seen, {**nothing, "P to vm": {"unaccounted": 1}, "Q to vm": {"underlay": 3}, "Q from vm": {"underlay": 2}},
                "books")

    step("a reason that the report has no word for keeps its own")
    seen = books({"D": {f"vtep {P}": {"handover_full": 6}}}, p=counts(heard=994))
    check_equal(seen["P to vm"], {"handover_full": 6}, "books of P to vm")

    step("announcements that nobody took do not look like losses")
    check_equal(books({"D": {f"vtep {P}": {"flood_empty": 9}}}, {"P/vxlan100": {"rx": 5, "tx": 0}}), nothing, "books")

    step("shares add up to the counter when they do not divide evenly")
    losses = [Loss(1), Loss(1), Loss(1)]
    share_out(losses, "underlay", 2)
    check_equal(sum(loss.by["underlay"] for loss in losses), 2, "shared out")

    step("differences of counters: what appears later counts from 0")
    check_equal(difference({"a": {"x": 1}}, {"a": {"x": 3, "y": 2}, "b": {"z": 1}}),
                {"a": {"x": 2, "y": 2}, "b": {"z": 1}}, "difference")

    def at(name, seconds, **more):
        return {"name": name, "time_ns": seconds * 1e9, **more}

    step("a move's times and ledgers come from the ring events of its own hosts and its own time")
    moves = [Move("S", "D", 10.0, 20), Move("D", "S", 15.0, cancelled=True), Move("D", "S", 20.0, 20)]

    def told(role, *phases, drops=None, **more):
        return {"role": role, "phases": [{"name": name, "time_ns": int(at * 1e9)} for name, at in phases],
                "ledger": {"drops": drops or {}}, "adds_up": True, "network_added_ms": None, **more}

    measure(moves, {
        "S": [told("source", ("ring_stopped", 11.0), ("granted", 11.015), drops={"dock_full": 2}, docked_us=80.0),
              told("destination", ("ring_started", 21.02), adds_up=None)],
        "D": [told("destination", ("ring_started", 11.0125), drops={"dock_expired": 1}, network_added_ms=0.25),
              told("source", ("ring_stopped", 15.5), ("ring_started", 15.75), ("replayed", 15.75)),
              told("source", ("ring_stopped", 21.0), ("granted", 21.03))],
        "Q": [told("sender", ("turn_begun", 11.02))]})
    check_equal([round(move.downtime_ms, 3) for move in moves], [12.5, 250.0, 20.0], "downtimes")
    check_equal([move.network_added_ms for move in moves], [0.25, None, None], "network added")
    check_equal([move.dropped() for move in moves], [3, 0, 0], "dropped, by the ledgers")
    check_equal([move.adds_up() for move in moves], [True, True, None], "whether the ledgers add up")
    check_equal([sorted(move.told) for move in moves], [["destination", "sender", "source"], ["source"],
                                                        ["destination", "source"]], "who tells")

    step("of a stall, what the VM was stopped for does not count, and counts once")
    stalls = [[10.99, 11.03], [15.4, 15.8], [17.0, 17.06]]
    pauses = [[11.0, 11.0125], [15.5, 15.75]]
    check_equal(longest_stall_ms(nanoseconds(stalls), nanoseconds(pauses)), 150.0, "longest stall beyond a pause")
    overlapping = [[15.45, 15.74], [15.7, 15.79], [16.99, 17.04]]
    check_equal(longest_stall_ms(nanoseconds(stalls), nanoseconds(pauses + overlapping)), 60.0, "beyond times that overlap")
    check_equal(longest_stall_ms([], nanoseconds(pauses)), 0.0, "no stall")

    step("a stall that ends while QEMU migrates and before the ring stops is not of ferry's making")
    check_equal(before_stop(nanoseconds([[9.9, 10.1], [10.9, 11.01], [12.0, 15.2], [15.6, 15.7]]), moves[:2]),
                (nanoseconds([[9.9, 10.1], [12.0, 15.2]]), nanoseconds([[10.9, 11.01], [15.6, 15.7]])), "before, and others")

    step("ferry holds frames from the ring's start until the dock is open, and from the turn until the barrier is passed")
    move = Move("S", "D", 15.0, stopped_at=15.5, started_at=15.75, told={
        "destination": {"phases": [at("opened", 15.76), at("stream_passed", 15.7, host=P), at("stream_passed", 15.79, host=Q)]},
        "sender": {"phases": [at("turned", 15.785)]}})
    check_equal(move.held_ns(Q), nanoseconds([[15.75, 15.76], [15.785, 15.79]]), "when frames of Q are held")
    check_equal(longest_overlap_ms(nanoseconds(stalls), move.held_ns(Q)), 10.0, "of a stall, what lies in such a time")
    check_equal(longest_overlap_ms(nanoseconds(stalls), []), 0.0, "no such time")
    move.cancelled = True
    check_equal(move.held_ns(Q), [], "a VM that stayed")


finish(test)
