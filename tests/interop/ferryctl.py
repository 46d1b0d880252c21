"""ferryctl against a running ferryd: JSON for everything, exit codes that mean something, help with examples.

    vm1 ── A ferryd 172.16.0.1 ── underlay ── B Linux 172.16.0.2 ── vm2        VNI 100
"""

import json
import re
import subprocess

from support.ferryd import FERRYCTL
from support.outcome import check, check_equal, step, wait_until
from support.pair import VNI, Pair
from support.sandbox import run

OBJECTS = {"fdb": ("show", "add", "del", "replace"), "vni": ("show", "add", "del"), "vtep": ("show", "add", "del"),
           "port": ("show", "add", "del"), "stats": ("show",), "moves": ("show",), "peers": ("show",)}
DONE, NOT_UNDERSTOOD, REFUSED, UNREACHABLE = range(4)


def ferryctl(*words, socket="/nowhere.sock") -> subprocess.CompletedProcess:
    return subprocess.run([str(FERRYCTL), "--socket", str(socket), *map(str, words)], capture_output=True, text=True,
                          timeout=30)


def test():
    pair = Pair()
    a = pair.a
    step("help, with examples that name the program, needs no ferryd")
    commands = [[name, verb] for name, verbs in OBJECTS.items() for verb in verbs]
    for words in ([], *([name] for name in OBJECTS), *commands):
        done = ferryctl(*words, "--help")
        check_equal(done.returncode, DONE, f"exit code of ferryctl {words} --help: {done.stderr}")
        example = rf"^ *ferryctl .*{words[0] if words else ''}"
        check(re.search(example, done.stdout, re.MULTILINE), f"an example in:\n{done.stdout}")

    step("every object is shown as text and as JSON, which hold the same")
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    a.wait_for_row(VNI, pair.vm2.mac, pair.b.address)
    a.ctl("fdb", "replace", "02:00:00:00:00:99", "vni", VNI, "vtep", pair.b.address)
    for name, holds in (("fdb", pair.vm2.mac), ("vni", "100"), ("vtep", pair.b.address), ("port", "to-vm1"),
                        ("stats", "encapsulated"), ("moves", ""), ("peers", "")):
        for form in ([], ["-j"], ["-j", "-p"]):
            done = ferryctl(*form, name, "show", socket=a.socket)
            check_equal(done.returncode, DONE, f"exit code of ferryctl {form} {name} show: {done.stderr}")
            check(holds in done.stdout, f"{holds} in:\n{done.stdout}")
            if form:
                json.loads(done.stdout)

    step("exit codes")
    endpoint, remote = "02:00:00:00:00:99", pair.b.address
    for code, words in ((NOT_UNDERSTOOD, ["fdb", "show", "vni", "many"]), (NOT_UNDERSTOOD, ["nonsense"]),
                        (NOT_UNDERSTOOD, []), (NOT_UNDERSTOOD, ["fdb", "add", "02:00:00:00:00"]),
                        (REFUSED, ["vni", "add", VNI]), (REFUSED, ["vni", "del", 4711]),
                        (REFUSED, ["port", "del", "nobody"]), (REFUSED, ["vtep", "del", remote]),
                        (REFUSED, ["fdb", "del", "02:00:00:00:00:98", "vni", VNI]),
                        (REFUSED, ["fdb", "add", endpoint, "vni", VNI, "vtep", remote]),
                        (REFUSED, ["fdb", "replace", endpoint, "vni", VNI, "vtep", "172.16.0.77"]),
                        (REFUSED, ["port", "add", "p", "vni", VNI, "device", "net_af_packet7,iface=nowhere"]),
                        (REFUSED, ["port", "add", "p", "vni", VNI, "device", "0000:01:00.0"])):
        done = ferryctl(*words, socket=a.socket)
        check_equal(done.returncode, code, f"exit code of ferryctl {words}: {done.stdout}{done.stderr}")
        check(done.stderr.startswith(("ferryctl: ", "Error")), f"what {words} says: {done.stderr}")
    check_equal(ferryctl("stats").returncode, UNREACHABLE, "exit code without ferryd")
    step("counters agree with what was sent")
    before = a.ctl("stats")["totals"]["encapsulated"]
    pair.vm1.namespace.ping(pair.vm2.ipv4)
    wait_until(lambda: a.ctl("stats")["totals"]["encapsulated"] >= before + 5, "five frames counted")
    a.stop()
    check_equal(ferryctl("stats", socket=a.socket).returncode, UNREACHABLE, "exit code after ferryd's end")


run(test)
