"""All chosen cases, and what is told of them."""

import sys
import time
from pathlib import Path

from support.outcome import Skip
from support.sandbox import SCRATCH

from . import latency
from .cases import LATENCY, chosen, matches
from .ferry import Ferryd
from .ovs import OpenVSwitch
from .results import compare, line_of, plots, tables
from .switch import CONTROL_CPU, WORKER_CPU
from .testpmd import Testpmd
from .windows import measure

KINDS = [Testpmd, Ferryd, OpenVSwitch]
KERNEL = ("the kernel's VXLAN was skipped: its device takes frames from the kernel's interfaces only, not from these "
          "ports, and the interfaces that all programs could have, over AF_PACKET, would be what is measured")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def tsc_hz() -> float:
    """Of the clock that cycles are told in. The kernel's BogoMIPS are twice its count of that clock."""
    words = Path("/proc/cpuinfo").read_text(encoding="ascii")
    return next(float(line.split(":")[1]) for line in words.splitlines() if line.startswith("bogomips")) / 2 * 1e6


def measure_all(options) -> dict:
    """A report in the words of bench/report/README.md."""
    if CONTROL_CPU == WORKER_CPU:
        raise Skip("needs two CPUs: one for the thread that forwards, one for everything else")
    hz, cases, lines, warnings = tsc_hz(), chosen(options.cases), [], []
    for case in cases:
        began = time.monotonic()
        rates, reasons, distance = measure(case, KINDS, SCRATCH, options.hugepages, options.rounds, options.seconds, say)
        for name, reason in reasons.items():
            say(f"{case.name}: skipped {name}: {reason}")
            if (text := f"{name} was skipped: {reason}") not in warnings:
                warnings.append(text)
        lines.append(line_of(case, rates, reasons, hz))
        if distance:
            lines[-1]["cpu_distance_ns"], left_out = distance
            if left_out:
                warnings.append(f"{case.name}: {left_out} of {options.rounds} rounds were left out: the VM's CPU was at another "
                                "distance from the worker's, as it is where a host moves the CPUs of a virtual machine")
        (SCRATCH / f"{case.name}.pcap").unlink()
        say(f"{case.name}: {time.monotonic() - began:.1f} s")
    compare(lines, cases)
    slow = []
    if matches(LATENCY.name, options.cases):
        slow, reasons = latency.measure(KINDS, SCRATCH, options.hugepages, min(options.rounds, 3), options.seconds, say)
        warnings += [f"{LATENCY.name}: {name} was skipped: {reason}" for name, reason in reasons.items()]
    return {"tables": tables(lines) + latency.tables(slow), "plots": plots(lines) + latency.plots(slow),
            "cases": lines + slow, "warnings": [*warnings, KERNEL]}
