"""The main job on AF_XDP: S, D and Q take from the kernel what is VXLAN for them and nothing else, and a TCP session to S's
kernel over the same interface goes on while a VM moves.
"""

from support.af_xdp import need_af_xdp
from support.main_job import check_flows, check_host_session, check_ledgers, check_nothing_left, run_job
from support.outcome import check, check_equal, step
from support.sandbox import run

MOVES = 2


def test():
    need_af_xdp()
    step(f"{MOVES} moves")
    report, before = run_job("--moves", str(MOVES), "--rate", "500", "--underlay", "af_xdp")
    check_equal(report["moves"], MOVES, "moves")

    step("the flows")
    check_flows(report)
    for flow in report["flows"]:
        check_equal((flow["lost"], flow["duplicated"]), (0, 0), f"{flow['from']} to {flow['to']}: lost and twice")
        if "P" not in (flow["from"], flow["to"]):
            check_equal(flow["reordered"], 0, f"{flow['from']} to {flow['to']}: out of order")
    for stream in report["streams"]:
        check(stream["intact"], f"{stream['from']} to {stream['to']}: bytes intact: {stream}")

    step("the host's own TCP")
    check_host_session(report)

    step("the ledgers")
    check_ledgers(report, MOVES)
    check_nothing_left(before)


run(test)
