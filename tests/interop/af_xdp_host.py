"""The host keeps its interface: ferryd's underlay on AF_XDP, and the kernel's own traffic on the same interface.

    vm1 ── A ferryd (net_af_xdp) ── ul0 ── underlay ── B Linux ── vm2        VNI 100
           A's kernel ───────────────┘                 B's kernel            TCP, ping, ARP, VXLAN that is not ferry's
"""

from support.af_xdp import need_af_xdp
from support.ferryd import STEERING_PROGRAM
from support.host_side import Session, host_is_reachable, what_is_not_ferrys_goes_to_the_kernel
from support.outcome import check, check_equal, step
from support.pair import Pair
from support.sandbox import SCRATCH, run
from support.traffic import Stream
from support.xdp import drops


def steering(pair: Pair) -> dict:
    return pair.a.ctl("port", "show")[0]["steering"]


def attached(pair: Pair) -> bool:
    return "xdp" in pair.a.namespace.ip("link show dev ul0")


def refuses(pair: Pair, *sentences: str, **underlay) -> None:
    """A ferryd with another socket, and `underlay` in its configuration, does not start, and says why."""
    before = pair.a.config
    pair.a.config = {**before, "api": {"socket": str(SCRATCH / "another.sock")}, "port": [],
                     "dpdk": {**before["dpdk"], "file_prefix": "another"}, "underlay": {**before["underlay"], **underlay}}
    done = pair.a.run_another()
    pair.a.config = before
    check_equal(done.returncode, 1, f"the exit code; it said {done.stderr}")
    for sentence in sentences:
        check(sentence in done.stderr, f"it says {sentence!r}: {done.stderr}")


def test():
    need_af_xdp()
    pair = Pair(underlay_device="net_af_xdp0,iface=ul0")
    step("ferryctl says how the port gets its frames")
    first = steering(pair)
    check_equal({**first, "program": 0}, {"mode": "native", "zero_copy": False, "program": 0}, "steering of a veth")
    check(f"id {first['program']}" in pair.a.namespace.ip("-d link show dev ul0"), "the kernel's number of the program")

    step("TCP, ping and ARP to the host on the interface, while VXLAN flows through ferryd")
    session = Session(pair)
    stream = Stream(pair.vm2.namespace, pair.vm2.ipv4, [pair.vm1.namespace], pair.vm1.ipv4, rate=500)
    stream.wait_for_progress()
    session.check()
    host_is_reachable(pair)
    what_is_not_ferrys_goes_to_the_kernel(pair)

    step("a second ferryd leaves the first one's interface alone")
    refuses(pair, "another ferryd has its underlay on the interface ul0")
    stream.wait_for_progress()

    step("after a kill -9 the host is reachable all the same")
    pair.a.kill()
    check(attached(pair), "the program is still there")
    session.check()
    host_is_reachable(pair)
    step("the next start takes over")
    pair.a.start()
    check(steering(pair)["program"] != first["program"], "the program is a new one")
    stream.wait_for_progress()
    session.check()
    host_is_reachable(pair)

    step("a clean stop leaves no program")
    pair.a.stop()
    check(not attached(pair), "ul0 has no XDP program")
    session.check()
    session.finish()

    step("a program that the device's arguments name chooses by itself")
    device = pair.a.config["underlay"]["device"]
    pair.a.config["underlay"]["device"] = f"{device},xdp_prog={STEERING_PROGRAM}"
    pair.a.start()
    check(attached(pair) and "steering" not in pair.a.ctl("port", "show")[0], "ul0 has a program that is not ferryd's affair")
    pair.a.stop()
    check(not attached(pair), "ul0 has no XDP program again")
    pair.a.config["underlay"]["device"] = device

    step("what is missing or in the way is named")
    refuses(pair, "/nowhere/steer.bpf.o", "cannot be read", "underlay.xdp_program", xdp_program="/nowhere/steer.bpf.o")
    refuses(pair, "CAP_BPF", xdp_program=str(pair.a.log))
    check(not attached(pair), "a start that failed left no program")
    with drops(pair.a.namespace, "ul0", []):
        refuses(pair, "an XDP program that is not ferry's", "ip link set dev ul0 xdp off")
        check(attached(pair), "another's program stays")


run(test)
