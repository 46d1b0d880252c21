"""The underlay loses what it must not while a sender turns: its marked frames, by way of the old host. The sender's direct
frames wait for those for T_merge, once; the ledger counts it, and how many were lost.

    vm ── S ferryd ──┬── underlay ── Q ferryd ── q
    (or)─ D ferryd ──┘   from S marked frames are lost
"""

from support.moving_hosts import MovingHosts
from support.outcome import check, check_equal, step
from support.sandbox import run
from support.xdp import drops

DETOUR = 0x40            # the mark in the flags of a VXLAN header
VXLAN_FLAGS = 14 + 20 + 8
PORT = VXLAN_FLAGS - 6   # UDP destination port 4789, 0x12b5
MERGE = 0.3              # seconds: T_merge


def test():
    bed = MovingHosts("SDQ", move={"merge_ms": int(MERGE * 1000), "arm_ms": 300, "lease_ms": 1000})
    flow = bed.flow()
    flow.wait_for("S")
    with drops(bed.underlay.namespace, "S", [(PORT, 0xFF, 0x12), (PORT + 1, 0xFF, 0xB5), (VXLAN_FLAGS, DETOUR, DETOUR)]):
        step("the VM moves, and the sender's marked frames are lost")
        bed.move("S", "D")
        turned = bed.wait_for_phase("Q", "sender", "turned")
        late = bed.wait_for_phase("D", "destination", "stream_timed_out")
        bed.wait_for_phase("Q", "sender", "turn_over")
        flow.wait_for("D")
        marked = turned["ledger"]["marked"]
        passed = [phase["count"] for phase in late["phases"] if phase["name"] == "stream_timed_out"]
        check(marked > 50, f"frames that Q marked: {marked}")
        check_equal(passed, [0], "marked frames that D saw until it waited no longer, once")
    step("nothing else is lost, and the books say what was")
    bed.wait_for_phase("D", "destination", "settled", 15)
    source = bed.wait_for_phase("S", "source", "closed")
    arrived = flow.finish()
    destination = next(move for move in bed.moves("D", "destination") if move["id"] == late["id"])
    bed.check_at_most_once(arrived)
    check_equal((len(arrived.lost), arrived.reordered), (marked, 0), "lost and reordered datagrams")
    ledger = destination["ledger"]
    print(f"  {ledger}", flush=True)
    check_equal(ledger["relay_told"] - ledger["relay_received"], marked, "frames that S sent under its label and D did not get")
    check_equal((destination["adds_up"], source["adds_up"]), (False, True), "whether D's and S's books add up")
    arrivals = sorted(time for time, place, number in arrived.arrivals if place == "D" and number > max(arrived.lost))
    before = max(time for time, _, number in arrived.arrivals if number < min(arrived.lost))
    check(arrivals[0] - before < (0.3 + MERGE + 1) * 1e9, f"silence at the VM: {(arrivals[0] - before) / 1e6:.0f} ms")
    bed.stop_all()


run(test)
