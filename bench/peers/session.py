"""All chosen cases, and what is told of them."""

import fnmatch
import sys
import time
from pathlib import Path

from support.sandbox import SCRATCH

from .cases import Case, all_cases
from .ferry import Ferryd
from .ovs import OpenVSwitch
from .testpmd import Testpmd
from .windows import Rates, measure

KINDS = [Testpmd, Ferryd, OpenVSwitch]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def chosen(patterns: str) -> list[Case]:
    return [case for case in all_cases()
            if any(fnmatch.fnmatchcase(case.name, pattern) for pattern in patterns.split(","))]


def tsc_hz() -> float:
    """Of the clock that cycles are told in: the kernel knows it, and says so in /proc/cpuinfo where it does not scale."""
    words = Path("/proc/cpuinfo").read_text(encoding="ascii")
    return next(float(line.split(":")[1]) for line in words.splitlines() if line.startswith("cpu MHz")) * 1e6


def line_of(case: Case, rates: dict[str, Rates], reasons: dict[str, str], hz: float) -> dict:
    cycles = {name: hz / seen.median for name, seen in rates.items()}
    line = {"case": case.name, "unit": case.unit, **{name: None for name in ("ferry", "ovs", "io")},
            **{name: round(value, 1) for name, value in cycles.items()}}
    for name in ("io", "ovs"):
        if name in cycles and "ferry" in cycles:
            line[f"ratio_{name}"] = round(cycles[name] / cycles["ferry"], 3)
    if "io" in cycles and "ferry" in cycles:
        line["beyond_io"] = round(cycles["ferry"] - cycles["io"], 1)
    line["spread"] = {name: round(seen.spread, 3) for name, seen in rates.items()}
    line["frames_a_second"] = {name: round(seen.median) for name, seen in rates.items()}
    if reasons:
        line["skipped"] = reasons
    return line


def measure_all(options) -> dict:
    hz = tsc_hz()
    lines = []
    for case in chosen(options.cases):
        began = time.monotonic()
        rates, reasons = measure(case, KINDS, SCRATCH, options.hugepages, options.rounds, options.seconds, say)
        for name, reason in reasons.items():
            say(f"{case.name}: skipped {name}: {reason}")
        lines.append(line_of(case, rates, reasons, hz))
        (SCRATCH / f"{case.name}.pcap").unlink(missing_ok=True)
        say(f"{case.name}: {time.monotonic() - began:.1f} s")
    return {"cases": lines}
