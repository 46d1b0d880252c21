"""ferry-bench measures a ferryd: nothing is faulty, and what it finds missing is what ferryd says it has dropped.

    ferry-bench port 1 ── vm side ── ferryd 172.16.0.1 ── underlay ── ferry-bench port 2, VTEPs 172.16.0.2 and .3     VNI 100
"""

import signal
import subprocess

from support.benched_host import VNI, BenchedHost, endpoint
from support.outcome import check, check_equal, step, wait_until
from support.sandbox import run

REMOTES = ["172.16.0.2", "172.16.0.3"]
ENDPOINTS = 16
SMALL = {"--endpoints": ENDPOINTS, "--remotes": 2, "--max-rate": "20k", "--duration": 0.1, "--precision": 20, "--wait": 30, "--sizes": 64}
FAULTS = ("repeated", "reordered", "stale", "corrupted", "not_vxlan", "wrong_port", "wrong_vni", "wrong_remote", "bad_outer")


def small(**changes) -> list:
    """Options of a short measurement, but for those that are given."""
    options = SMALL | {f"--{name}": value for name, value in changes.items()}
    return [word for option in options.items() for word in option]


def trials_of(result: dict) -> list[dict]:
    """Every trial that the JSON tells of."""
    case = result["results"][0]
    found = [case["ndr"], case["pdr"], *case.get("latency", []), *case.get("losses", []), *case.get("burst", {}).get("trials", [])]
    return [trial for trial in found if trial]


def check_sound(result: dict) -> None:
    """Frames come as they should, or not at all."""
    for trial in trials_of(result):
        check_equal({name: trial[name] for name in FAULTS}, dict.fromkeys(FAULTS, 0), "faults of a trial")
        check_equal(trial["received"] + trial["lost"], trial["sent"], "frames that came or are missing")
        check_equal(trial["sent"] + trial["unsent"], trial["intended"], "frames that were to be sent")


def measured(host: BenchedHost, *options, reverse: bool = False) -> dict:
    done = host.bench(*options, reverse=reverse)
    check_equal(done.returncode, 0, f"exit code of ferry-bench, which said:\n{done.stdout}{done.stderr}")
    result = host.result()
    check_sound(result)
    return result


def test():
    host = BenchedHost(REMOTES)
    for number in range(ENDPOINTS):
        host.ferryd.row(VNI, endpoint(number), REMOTES[number % 2])
    host.ferryd.start()

    step("everything is measured, and is in the table, the JSON and the page")
    page = host.folder / "page.html"
    result = measured(host, *small(attempts=10, settle=5, html=page))
    case = result["results"][0]
    check(case["pdr"], f"no rate with little loss was found: {result}")
    check(case["pdr"]["loss"] <= 0.005, f"loss at the PDR: {case['pdr']}")
    check_equal(len(case["latency"]), 3, "loads at which latency was measured")
    for trial in case["latency"]:
        times = [trial["latency_ns"][name] for name in ("min", "p50", "p99", "p99.9", "max")]
        check(0 < times[0] and times == sorted(times), f"latencies: {times}")
    check(case["losses"] and case["burst"]["trials"], "there are losses and bursts")
    names = [entry["case"] for entry in result["cases"]]
    check(f"64b-1c-ethip4udp--ethip4vxlan-l2bdscale1l2bd{ENDPOINTS}mac2vxlan-pdr" in names, f"names of cases: {names}")
    check(any("virtual" in warning for warning in result["warnings"]), "it warns of virtual ports")
    text = page.read_text(encoding="utf-8")
    check("/*DATA*/" not in text and names[0] in text, "the page holds the document")

    step("a mix of sizes, then the other way: VXLAN is sent, plain frames come")
    mix = measured(host, *small(sizes="imix", tests="loss", settle=5))
    check(sum(trial["received"] for trial in trials_of(mix)) > 0, "frames came")
    for number in range(ENDPOINTS):
        host.ferryd.ctl("fdb", "replace", endpoint(number), "vni", VNI, "port", "vm")
    back = measured(host, *small(sizes=512, tests="loss", settle=5, traffic="decap"), reverse=True)
    check(sum(trial["received"] for trial in trials_of(back)) > 0, "frames came")

    step("every second endpoint is unknown: half of the frames are lost, and ferryd has dropped them")
    for number in range(ENDPOINTS):
        host.ferryd.ctl("fdb", "replace", endpoint(number), "vni", VNI, "vtep", REMOTES[number % 2])
        if number % 2:
            host.ferryd.ctl("fdb", "del", endpoint(number), "vni", VNI)
    before = host.ferryd.drops().get("flood_empty", 0)
    lossy = measured(host, *small(tests="loss", settle=1))
    dropped = host.ferryd.drops()["flood_empty"] - before
    losses = lossy["results"][0]["losses"]
    check_equal(len(losses), 10, "loads at which something was lost")
    for trial in losses:
        check(trial["lost"] >= trial["sent"] // 2 - ENDPOINTS, f"half is lost: {trial}")
    check(dropped >= sum(trial["sent"] // 2 - ENDPOINTS for trial in losses), f"ferryd dropped {dropped}: {losses}")

    step("VXLAN of another VNI than expected is told")
    wrong = host.bench(*small(vni=101, wait=2))
    check_equal(wrong.returncode, 1, "exit code where nothing comes as expected")
    check("wrong_vni" in wrong.stderr and "--vni" in wrong.stderr, f"what it says: {wrong.stderr}")

    step("interrupted, it prints what it has")
    process = subprocess.Popen(host.command(*small(duration=60, tests="loss")), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    before = host.forwarded()
    wait_until(lambda: host.forwarded() > before + 1000, "a trial to be under way", 30)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    check_equal(process.returncode, 1, f"exit code after an interruption, which said:\n{said}")
    check(any("interrupted" in warning for warning in host.result()["warnings"]), "the JSON says so")
    host.ferryd.stop()


run(test)
