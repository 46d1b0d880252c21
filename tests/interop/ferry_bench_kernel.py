"""ferry-bench measures Linux's own VXLAN device, by AF_PACKET, and a pair of veths, so that what it takes for right is not ferry's alone.

    ferry-bench plain0 ── to-bench ── bridge ── vxlan 172.16.0.1 ── ul0 ── ul0 ferry-bench, VTEPs 172.16.0.2 and .3     VNI 100
"""

import json
import subprocess

from support.benched_host import FERRY_BENCH, VNI, endpoint
from support.hosts import underlay_mac
from support.netns import Namespace, bridge, veth
from support.outcome import check, check_equal, step
from support.sandbox import SCRATCH, run

VTEP, REMOTES = "172.16.0.1", ["172.16.0.2", "172.16.0.3"]
ENDPOINTS = 8
FAULTS = ("repeated", "reordered", "corrupted", "not_vxlan", "wrong_port", "wrong_vni", "wrong_remote", "bad_outer")


def bench(namespace: Namespace, ports: list[str], *options) -> list[dict]:
    """Measures loss at up to 5,000 frames a second; returns the trials, of which every frame that came must be right."""
    result = SCRATCH / "result.json"
    words = [FERRY_BENCH, *(word for number, port in enumerate(ports) for word in ("--port", f"net_af_packet{number},iface={port}")),
             "--endpoints", ENDPOINTS, "--remotes", 2, "--max-rate", "5k", "--duration", 0.1, "--tests", "loss", "--settle", 2, "--wait", 30,
             "--json", result, *options]
    process = namespace.start(*words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said, _ = process.communicate(timeout=100)
    check_equal(process.returncode, 0, f"exit code of ferry-bench, which said:\n{said}")
    trials = [trial for case in json.loads(result.read_text(encoding="utf-8"))["results"] for trial in case["losses"]]
    for trial in trials:
        check_equal({name: trial[name] for name in FAULTS}, dict.fromkeys(FAULTS, 0), "faults of a trial")
    check(sum(trial["received"] for trial in trials) > 0, f"frames came: {trials}")
    return trials


def test():
    tester, kernel = Namespace("tester"), Namespace("kernel")
    step("two veths on a cable, two threads")
    veth(tester, "left", tester, "right", mtu=1600)
    bench(tester, ["left", "right"], "--traffic", "plain", "--sizes", "64,1518", "--threads", 2)

    veth(tester, "plain0", kernel, "to-bench")
    veth(tester, "ul0", kernel, "ul0", mtu=1600, b_mac=underlay_mac(VTEP))
    kernel.ip(f"address add {VTEP}/24 dev ul0")
    bridge(kernel, "br")
    kernel.ip(f"link add name vx type vxlan id {VNI} local {VTEP} dstport 4789 nolearning")
    kernel.ip("link set dev vx mtu 1500 master br up")
    kernel.ip("link set dev to-bench master br")
    for remote in REMOTES:
        kernel.ip(f"neigh add {remote} lladdr {underlay_mac(remote)} dev ul0")
    for number in range(ENDPOINTS):
        kernel.bridge(f"fdb add {endpoint(number)} dev vx dst {REMOTES[number % 2]} self static")
        kernel.bridge(f"fdb add {endpoint(number)} dev vx master static")

    step("Linux encapsulates")
    bench(tester, ["plain0", "ul0"], "--sizes", "64,1518,imix")
    step("Linux decapsulates")
    kernel.bridge("fdb flush dev vx master static")
    for number in range(ENDPOINTS):
        kernel.bridge(f"fdb replace {endpoint(number)} dev to-bench master static")
    bench(tester, ["ul0", "plain0"], "--traffic", "decap", "--vtep-mac", underlay_mac(VTEP), "--sizes", "64,1518,imix")

    step("a port that is too small for the frames is told")
    result = tester.start(FERRY_BENCH, "--port", "net_af_packet0,iface=plain0", "--traffic", "plain", "--sizes", 9000, "--wait", 0,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _, said = result.communicate(timeout=60)
    check_equal(result.returncode, 1, "exit code where nothing comes back")
    check("takes frames of 1514 bytes at most" in said and "none came back" in said, f"what it says: {said}")


run(test)
