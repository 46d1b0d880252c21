"""The main job on AF_XDP: S, D and Q take from the kernel what is VXLAN for them and nothing else, and a TCP session to S's
kernel over the same interface goes on while a VM moves.
"""

from support.af_xdp import need_af_xdp
from support.main_job import check_flows, check_host_session, check_ledgers, check_lossless, check_nothing_left, run_job
from support.outcome import check_equal, step
from support.sandbox import run

MOVES = 2


def test():
    need_af_xdp()
    step(f"{MOVES} moves")
    report, before = run_job("--moves", str(MOVES), "--rate", "500", "--underlay", "af_xdp")
    check_equal(report["moves"], MOVES, "moves")

    step("the flows")
    check_flows(report)
    check_lossless(report)

    step("the host's own TCP")
    check_host_session(report)

    step("the ledgers")
    check_ledgers(report, MOVES)
    check_nothing_left(before)


run(test)
