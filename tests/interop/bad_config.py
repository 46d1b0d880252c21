"""`ferryd --check` says of a configuration what is wrong, where and what is allowed; a faulty one starts nothing."""

import os
import subprocess
from pathlib import Path

from support.ferryd import FERRYD, toml
from support.outcome import check, check_equal, step
from support.sandbox import SCRATCH, files_under_run, run

GOOD = toml({
    "host": {"name": "A", "vtep": "172.16.0.1"},                                 # lines 1 to 3
    "underlay": {"device": "net_null0"},                                         # 4, 5
    "vtep": [{"address": "172.16.0.2", "mac": "02:00:00:00:00:02"}],             # 6 to 8
    "segment": [{"vni": 100, "flood": ["172.16.0.2"]}],                          # 9 to 11
    "port": [{"name": "p0", "vni": 100, "macs": ["02:00:00:00:00:01"], "device": "net_null1"}],  # 12 to 16
})

# What is put for what, the line that must be named, the key, and a word of what is allowed.
FAULTS = [
    ('vtep = "172.16.0.1"', 'vtep = "172.16.0.256"', 3, "host.vtep", "IPv4"),
    ('vtep = "172.16.0.1"', 'vtep = "224.0.0.1"', 3, "host.vtep", "unicast"),
    ("vni = 100\nflood", "vni = 16777216\nflood", 10, "segment.vni", "16777215"),
    ("vni = 100\nflood", "vni = 101\nflood", 14, "port.vni", "100"),
    ('flood = ["172.16.0.2"]', 'flood = ["172.16.0.3"]', 11, "segment.flood", "172.16.0.3"),
    ('mac = "02:00:00:00:00:02"', 'mac = "02:00:00:00:00"', 8, "vtep.mac", "MAC"),
    ('device = "net_null1"', 'device = "net_null0"', 16, "port.device", "net_null0"),
    ('device = "net_null1"', 'devise = "net_null1"', 16, "port.devise", ""),
    ('name = "p0"', 'name = 5', 13, "port.name", "text"),
    ('[underlay]\ndevice = "net_null0"', "", None, "underlay.device", "DPDK"),
    ("[[segment]]", "[[segment]", 9, "", ""),
]


def check_config(text: str) -> tuple[int, str, Path]:
    path = SCRATCH / "ferryd.toml"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([str(FERRYD), "--check", "--config", str(path)], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr, path


def test():
    step("a good configuration")
    code, output, _ = check_config(GOOD)
    check_equal(code, 0, f"exit code of --check; it said {output}")
    for before, after, line, key, allowed in FAULTS:
        step(f"{after!r} instead of {before!r}")
        code, output, path = check_config(GOOD.replace(before, after, 1))
        check(code not in (0, -6, -11), f"exit code {code}: {output}")
        place = f"{path}:{line}:" if line else str(path)
        check(any(place in said and key in said and allowed in said for said in output.splitlines()),
              f"no line of the output names {place}, {key} and {allowed!r}:\n{output}")
    step("several faults are told at once")
    code, output, path = check_config(GOOD.replace("172.16.0.1", "x").replace('"p0"', "5"))
    check(f"{path}:3:" in output and f"{path}:13:" in output, output)
    step("a faulty configuration does not start, and leaves nothing")
    done = subprocess.run([str(FERRYD), "--config", str(path)], capture_output=True, text=True, timeout=30,
                          env={**os.environ, "NOTIFY_SOCKET": ""})
    check(done.returncode > 0 and f"{path}:3:" in done.stderr, f"exit code {done.returncode}: {done.stderr}")
    check_equal(files_under_run(), set(), "files left")
    step("a file that is not there")
    done = subprocess.run([str(FERRYD), "--check", "--config", "/nowhere.toml"], capture_output=True, text=True,
                          timeout=30)
    check(done.returncode > 0 and "/nowhere.toml" in done.stderr, f"exit code {done.returncode}: {done.stderr}")


run(test)
