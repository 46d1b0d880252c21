"""Hosts that die in a move, by kill -9: the old one before it has granted, the old one while it passes frames on, the new one
after it has been granted. The VM is reached again in each case, at once where a refused connection tells of the death.

    vm ── S ferryd ──┬── underlay ── Q ferryd ── q
    (or)─ D ferryd ──┘
"""

from support.moving_hosts import VM, MovingHosts
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI
from support.sandbox import run

HOLD = 5.0  # seconds: longer than any of this may take


def seconds_between(move: dict, first: str, second: str) -> float:
    times = {phase["name"]: phase["time_ns"] for phase in move["phases"]}
    return (times[second] - times[first]) / 1e9


def kept_term(bed: MovingHosts, name: str) -> int:
    """What the host has on disk."""
    return int((bed.hosts[name].folder / "state/term").read_text())


def check_only_lost(bed: MovingHosts, flow, first: str, second: str) -> None:
    """What arrived at the first host came before what arrived at the second; nothing came twice or out of order."""
    arrived = flow.finish()
    bed.check_at_most_once(arrived)
    check_equal(arrived.reordered, 0, "reordered datagrams")
    at_first, at_second = arrived.at(first), arrived.at(second)
    check(at_first and at_second and max(at_first) < min(at_second), f"all at {first} is older than all at {second}")
    check(arrived.sent - 1 in at_second, f"the last datagram arrives at {second}")


def test():
    bed = MovingHosts("SDQ", move={"hold_ms": int(HOLD * 1000), "arm_ms": 1500, "lease_ms": 20_000})
    s, d, q = (bed.hosts[name] for name in "SDQ")

    step("the old host dies with the VM's frames in its dock, before it is asked: the new one takes the VM at once")
    flow = bed.flow()
    flow.wait_for("S")
    bed.stop("S")
    s.kill()
    bed.remove_port("S")
    bed.start("D")
    taken = bed.wait_for_phase("D", "destination", "taken", HOLD)
    check_equal(taken["from"], s.address, "who should have granted it")
    took = seconds_between(taken, "ring_started", "taken")
    check(took < HOLD / 2, f"taken {took:.3f} s after its start")
    bed.wait_for_phase("Q", "sender", "turned_alone", HOLD)
    check_equal(q.vtep_of(VNI, VM), d.address, "Q's row")
    flow.wait_for("D")
    check_only_lost(bed, flow, "S", "D")
    bed.check_books()

    step("the old host starts again, without the VM, and knows where it is")
    s.start()
    flow = bed.flow()
    flow.wait_for("D")
    arrived = flow.finish()
    check_equal((arrived.lost, arrived.duplicated), ([], 0), "lost and duplicated datagrams")
    wait_until(lambda: all(peer["connected"] for peer in d.ctl("peers") if peer["vtep"] == s.address), "D's connection to S")

    step("the old host dies while a sender's frames still go by way of it: the sender turns by itself")
    flow = bed.flow()
    flow.wait_for("D")
    bed.move("D", "S")
    bed.wait_for_phase("Q", "sender", "turn_begun")
    flow.wait_for("S")  # by way of D
    d.kill()
    bed.remove_port("D")
    bed.wait_for_phase("Q", "sender", "turned_alone")
    check_equal(q.vtep_of(VNI, VM), s.address, "Q's row")
    flow.wait_for("S")
    check_only_lost(bed, flow, "D", "S")
    bed.check_books(excused=bed.ids("S", "destination"))  # what D has relayed, nobody knows

    step("the new host dies after it was granted; it starts again, and claims again in a higher term")
    d.start()
    wait_until(lambda: all(peer["connected"] for peer in d.ctl("peers")), "D's connections")
    flow = bed.flow()
    flow.wait_for("S")
    bed.move("S", "D")
    granted = bed.wait_for_phase("D", "destination", "grant_received")
    flow.wait_for("D")
    term = kept_term(bed, "D")
    d.kill()
    d.start()
    again = bed.wait_for_phase("D", "destination", "opened", HOLD)
    check("grant_received" in bed.phases("D", "destination"), f"S grants it again: {bed.phases('D', 'destination')}")
    before, after = ((move["version"]["term"], move["version"]["epoch"]) for move in (granted, again))
    check(after > before, f"the version rises: {before}, then {after}")
    check(kept_term(bed, "D") > term, f"D's term rises: {term}, then {kept_term(bed, 'D')}")
    flow.wait_for("D")
    arrived = flow.finish()
    bed.check_at_most_once(arrived)
    check(arrived.sent - 1 in arrived.at("D"), "the last datagram arrives")
    bed.stop_all()


run(test)
