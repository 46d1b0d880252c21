"""What a switch adds to a frame's way: ferry-bench sends and takes frames on memif ports, and one program is between
them, on the other CPU. The loads are parts of ferryd's highest rate with hardly any loss, the same for all programs.

    ferry-bench ── memif ── testpmd io, ferryd or Open vSwitch ── memif ── ferry-bench
"""

import json
import subprocess
from dataclasses import dataclass
from statistics import median

from support.ferryd import BUILD
from support.moving_vm import come_first

from . import frames
from .cases import LATENCY as CASE
from .cases import VM_MAC
from .results import NAMES, TITLES
from .switch import CONTROL_CPU, Cannot, Switch

FERRY_BENCH = BUILD / "bench/nic/ferry-bench"
LOADS = (10, 50, 90)                     # percent
PARTS = ("p50", "p99", "p99.9")


class BenchFailed(Exception):
    """ferry-bench measured nothing; the text is what it wrote."""


@dataclass
class Bench:
    """ferry-bench at a switch's ports."""
    switch: Switch
    seconds: float

    def run(self, *options) -> dict:
        """Its first result."""
        result = self.switch.folder / "ferry-bench.json"
        ports = [word for number, side in enumerate(("guest", "underlay")) for word in
                 ("--port", f"net_memif{number},role=client,{self.switch.memif(side)}")]
        words = [FERRY_BENCH, *ports, "--traffic", "plain" if self.switch.name == "io" else "encap", "--threads", 1,
                 "--cpus", CONTROL_CPU, "--sizes", CASE.sizes[0], "--endpoints", CASE.endpoints,
                 "--remotes", CASE.remotes, "--vni", frames.VNI, "--vtep", frames.VTEP, "--remote", frames.FIRST_REMOTE,
                 "--remote-mac", frames.text_of(frames.GATEWAY_MAC),
                 "--endpoint-mac", frames.text_of(frames.remote_mac(0)), "--host-mac", frames.text_of(VM_MAC),
                 "--rx-queues", self.switch.sending_queues,
                 "--duration", self.seconds, "--settle", 0.5, "--json", result, *options]
        bench = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, start_new_session=True)
        come_first(bench.pid)
        said, _ = bench.communicate(timeout=300)
        if bench.returncode != 0:
            raise BenchFailed(said.strip().splitlines()[-1] if said.strip() else "ferry-bench says nothing")
        return json.loads(result.read_text(encoding="utf-8"))["results"][0]

    def highest_rate(self) -> float:
        found = self.run("--tests", "throughput", "--precision", 5)
        if not found["pdr"]:
            raise BenchFailed("no rate comes through without loss")
        return found["pdr"]["rate"]

    def at(self, rate: float) -> dict:
        """The trial at this rate."""
        return self.run("--tests", "loss", "--max-rate", round(rate))["losses"][0]


def measure(kinds: list[type[Switch]], folder, hugepages: bool, rounds: int, seconds: float, say):
    """Returns lines for machines, and why programs have none."""
    reasons: dict[str, str] = {}
    told: dict[tuple[int, str], list[dict]] = {}
    highest = 0.0
    for number in range(rounds):
        for kind in sorted(kinds, key=lambda kind: kind.name != "ferry"):  # whose highest rate the others are given
            if kind.name in reasons:
                continue
            switch = None
            try:
                switch = kind(CASE, folder, hugepages)
                switch.start()
                bench = Bench(switch, seconds)
                highest = highest or bench.highest_rate()
                for load in LOADS:
                    told.setdefault((load, kind.name), []).append(bench.at(highest * load / 100))
                p99 = told[LOADS[-1], kind.name][-1]["latency_ns"]["p99"] / 1000
                say(f"{CASE.name}: round {number + 1} of {rounds}: {kind.name} at {LOADS[-1]} % of "
                    f"{highest / 1e6:.2f} million a second: p99 {p99:.1f} microseconds")
            except (Cannot, BenchFailed) as reason:
                reasons[kind.name] = str(reason)
            finally:
                if switch is not None:
                    switch.end()
            if not highest:
                return [], reasons
    return [line_of(load, part, told, highest, reasons) for load in LOADS for part in PARTS], reasons


def line_of(load: int, part: str, told: dict, highest: float, reasons: dict) -> dict:
    seen = {name: [trial["latency_ns"][part] / 1000 for trial in told.get((load, name), [])] for name in NAMES}
    line = {"case": f"{CASE.name}-{load}%-{part}", "unit": "us",
            **{name: round(median(values), 2) if values else None for name, values in seen.items()}}
    for name in NAMES[1:]:
        if line["ferry"] and line[name]:
            line[f"ratio_{name}"] = round(line[name] / line["ferry"], 3)
    line["frames_a_second"] = {name: round(highest * load / 100) for name, values in seen.items() if values}
    line["loss"] = {name: round(median([trial["lost"] / trial["sent"] for trial in told[load, name]]), 6)
                    for name, values in seen.items() if values}
    line["spread"] = {name: round((max(values) - min(values)) / median(values), 3)
                      for name, values in seen.items() if values}
    return {**line, "skipped": reasons} if reasons else line


def tables(lines: list[dict]) -> list[dict]:
    return [{"title": "Latency of 64-byte frames, microseconds", "columns":
             ["case", *(TITLES[name] for name in NAMES), *(f"lost by {TITLES[name]}, %" for name in NAMES)],
             "rows": [[line["case"], *(line[name] for name in NAMES),
                       *(100 * line["loss"][name] if name in line["loss"] else None for name in NAMES)]
                      for line in lines],
             "note": "From ferry-bench's sending to its taking, both memif ports included; loads are parts of ferryd's "
                     "highest rate."}] if lines else []


def plots(lines: list[dict]) -> list[dict]:
    def points(name: str, load: int) -> list:
        return [[float(line["case"].rpartition("-p")[2]), line[name]] for line in lines if f"-{load}%-" in line["case"]]

    return [{"title": f"Latency at {load} % of ferryd's highest rate", "kind": "line",
             "x": {"label": "percentile", "scale": "percentile"}, "y": {"label": "microseconds", "scale": "log"},
             "series": [{"name": TITLES[name], "points": points(name, load)}
                        for name in NAMES if any(line[name] for line in lines)]} for load in LOADS] if lines else []
